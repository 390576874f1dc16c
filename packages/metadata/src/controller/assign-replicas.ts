// AssignReplicasToDirs: a broker says in which of its log directories its replicas live.
// Kafka: ReplicationControlManager.handleAssignReplicasToDirs; KIP-858.
import { ErrorCode, type Uuid } from '@ottla/protocol';
import type {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse,
} from '@ottla/protocol/messages/assign-replicas-to-dirs';
import { topicById } from '../image/metadata-image.ts';
import type { MetadataRecord } from '../metadata-record.ts';
import { ApiError, errorFieldsOf } from './api-error.ts';
import { type DecisionScope, gatesOf, isRegistered, registeredBroker } from './decision-scope.ts';
import type { ControllerResult } from './operations.ts';
import { decidePartition, isDirectoryOnline } from './partition-decision.ts';
import { inSlices, type Steps } from './slices.ts';

type DirectoryResult = AssignReplicasToDirsResponse['directories'][number];
type TopicResult = DirectoryResult['topics'][number];

/** Decides on an AssignReplicasToDirs request; each replica succeeds or fails for itself. */
export function assignReplicasToDirs(
  scope: DecisionScope,
  request: AssignReplicasToDirsRequest,
): ControllerResult<AssignReplicasToDirsResponse> {
  const { errorCode } = errorFieldsOf(() => {
    if (!gatesOf(scope).isDirectoryAssignmentSupported) {
      throw new ApiError(
        ErrorCode.UNSUPPORTED_VERSION,
        'Directory assignment is not supported yet.',
      );
    }
    registeredBroker(scope, request.brokerId, request.brokerEpoch);
  });
  const response: AssignReplicasToDirsResponse = { throttleTimeMs: 0, errorCode, directories: [] };
  if (errorCode !== ErrorCode.NONE) return { records: [], response };
  return inSlices(scope, { steps: assignments(request, response), response: () => response });
}

function* assignments(
  request: AssignReplicasToDirsRequest,
  response: AssignReplicasToDirsResponse,
): Steps {
  const { brokerId, directories } = request;
  for (const { id: directory, topics } of directories) {
    const topicResults: TopicResult[] = [];
    response.directories.push({ id: directory, topics: topicResults });
    for (const { topicId, partitions } of topics) {
      const partitionResults: TopicResult['partitions'] = [];
      topicResults.push({ topicId, partitions: partitionResults });
      for (const { partitionIndex } of partitions) {
        yield (scope) => {
          const records: MetadataRecord[] = [];
          // Meanwhile it may have begun anew, with other directories: whoever asks must ask again.
          if (!isRegistered(scope, request)) {
            response.errorCode = ErrorCode.STALE_BROKER_EPOCH;
            return [];
          }
          const { errorCode } = errorFieldsOf(() => {
            const replica = { brokerId, topicId, partitionIndex };
            records.push(...assignOne(scope, replica, directory));
          });
          partitionResults.push({ partitionIndex, errorCode });
          return records;
        };
      }
    }
  }
}

interface Replica {
  readonly brokerId: number;
  readonly topicId: Uuid;
  readonly partitionIndex: number;
}

/** One record with the directory and, when that directory is offline, with what follows from it. */
function assignOne(
  scope: DecisionScope,
  { brokerId, topicId, partitionIndex }: Replica,
  directory: Uuid,
): readonly MetadataRecord[] {
  const topic = topicById(scope.image, topicId);
  if (topic === undefined) throw new ApiError(ErrorCode.UNKNOWN_TOPIC_ID);
  const partition = topic.partitions[partitionIndex];
  if (partition === undefined) throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  if (!partition.replicas.includes(brokerId)) throw new ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER);
  const found = { topic, partitionId: partitionIndex, partition };
  const directories = new Map([[brokerId, directory]]);
  const record = isDirectoryOnline(scope, brokerId, directory)
    ? decidePartition(scope, found, { election: 'online', directories })
    : decidePartition(scope, found, {
        directories,
        leaving: brokerId,
        isr: partition.isr.filter((id) => id !== brokerId),
      });
  return record === undefined ? [] : [record];
}
