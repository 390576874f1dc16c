// ElectLeaders: preferred and unclean elections by hand. Kafka: ReplicationControlManager.electLeaders; KIP-460.
import { ErrorCode } from '@ottla/protocol';
import type {
  ElectLeadersRequest,
  ElectLeadersResponse,
} from '@ottla/protocol/messages/elect-leaders';
import type { TopicImage } from '../image/metadata-image.ts';
import { NO_LEADER } from '../image/partition-image.ts';
import type { MetadataRecord } from '../metadata-record.ts';
import { ApiError, errorFieldsOf } from './api-error.ts';
import type { DecisionScope } from './decision-scope.ts';
import type { Election } from './leader-election.ts';
import type { ControllerResult } from './operations.ts';
import { decidePartition } from './partition-decision.ts';
import { inSlices, type Steps } from './slices.ts';

type ElectionType = Extract<Election, 'preferred' | 'unclean'>;
type TopicResult = ElectLeadersResponse['replicaElectionResults'][number];

/** Kinds of election by their number on the wire. */
const ELECTION_TYPES: readonly ElectionType[] = ['preferred', 'unclean'];

interface Wanted {
  readonly topicName: string;
  readonly partitionIds: Iterable<number>;
}

/**
 * Decides on an ElectLeaders request; each partition succeeds or fails for itself. Without topics it is about all
 * partitions, and those whose leader is good already are not in the answer.
 */
export function electLeaders(
  scope: DecisionScope,
  request: ElectLeadersRequest,
): ControllerResult<ElectLeadersResponse> {
  const results: TopicResult[] = [];
  const response = {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    replicaElectionResults: results,
  };
  const election = ELECTION_TYPES[request.electionType];
  if (election === undefined) {
    return { records: [], response: { ...response, errorCode: ErrorCode.INVALID_REQUEST } };
  }
  const steps = elections(wantedOf(scope, request), election, {
    results,
    isNeededOnly: request.topicPartitions === null,
  });
  return inSlices(scope, { steps, response: () => response });
}

function wantedOf({ image }: DecisionScope, request: ElectLeadersRequest): Iterable<Wanted> {
  return request.topicPartitions === null
    ? everything(image.topics.byName.values())
    : request.topicPartitions.map(({ topic, partitions }) => ({
        topicName: topic,
        partitionIds: partitions,
      }));
}

function* everything(topics: Iterable<TopicImage>): Generator<Wanted> {
  for (const { name, partitions } of topics) {
    yield { topicName: name, partitionIds: partitions.keys() };
  }
}

function* elections(
  wanted: Iterable<Wanted>,
  election: ElectionType,
  to: { readonly results: TopicResult[]; readonly isNeededOnly: boolean },
): Steps {
  for (const { topicName, partitionIds } of wanted) {
    const partitionResult: TopicResult['partitionResult'] = [];
    to.results.push({ topic: topicName, partitionResult });
    for (const partitionId of partitionIds) {
      yield (scope) => {
        const records: MetadataRecord[] = [];
        const error = errorFieldsOf(() => {
          records.push(electOne(scope, topicName, partitionId, election));
        });
        if (error.errorCode !== ErrorCode.ELECTION_NOT_NEEDED || !to.isNeededOnly) {
          partitionResult.push({ partitionId, ...error });
        }
        return records;
      };
    }
  }
}

/** @throws ApiError when there is no such partition, nothing to do, or nobody to elect */
function electOne(
  scope: DecisionScope,
  topicName: string,
  partitionId: number,
  election: ElectionType,
): MetadataRecord {
  const topic = scope.image.topics.byName.get(topicName);
  if (topic === undefined) refuseUnknown(`No such topic as ${topicName}`);
  const partition = topic.partitions[partitionId];
  if (partition === undefined) refuseUnknown(`No such partition as ${topicName}-${partitionId}`);
  const isGood =
    election === 'preferred'
      ? partition.leader === partition.replicas[0]
      : partition.leader !== NO_LEADER;
  if (isGood) throw new ApiError(ErrorCode.ELECTION_NOT_NEEDED, NOT_NEEDED);
  const record = decidePartition(scope, { topic, partitionId, partition }, { election });
  if (record !== undefined) return record;
  if (election === 'preferred') {
    throw new ApiError(ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE, NO_PREFERRED);
  }
  throw new ApiError(ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE, NO_ELIGIBLE);
}

const NOT_NEEDED = 'Leader election not needed for topic partition.';
const NO_PREFERRED = 'The preferred leader was not available.';
const NO_ELIGIBLE = 'Eligible topic partition leaders are not available.';

function refuseUnknown(message: string): never {
  throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message);
}
