// AlterPartition: a leader asks for another ISR. Kafka: ReplicationControlManager.alterPartition; KIP-497.
import { ErrorCode, type Uuid } from '@ottla/protocol';
import type {
  AlterPartitionRequest,
  AlterPartitionResponse,
} from '@ottla/protocol/messages/alter-partition';
import { topicById } from '../image/metadata-image.ts';
import {
  changePartition,
  LeaderRecoveryState,
  NO_LEADER_CHANGE,
  type PartitionImage,
} from '../image/partition-image.ts';
import type { MetadataRecord } from '../metadata-record.ts';
import { errorFieldsOf } from './api-error.ts';
import { type DecisionScope, isActive, registeredBroker } from './decision-scope.ts';
import type { ControllerResult } from './operations.ts';
import { decidePartition } from './partition-decision.ts';
import { inSlices, type Steps } from './slices.ts';

type PartitionData = AlterPartitionRequest['topics'][number]['partitions'][number];
type TopicResult = AlterPartitionResponse['topics'][number];
type PartitionResult = TopicResult['partitions'][number];

interface IsrMember {
  readonly brokerId: number;
  /** −1 when the leader does not know it. */
  readonly brokerEpoch: number;
}

/** Decides on an AlterPartition request; each partition succeeds or fails for itself. */
export function alterPartition(
  scope: DecisionScope,
  request: AlterPartitionRequest,
): ControllerResult<AlterPartitionResponse> {
  const { errorCode } = errorFieldsOf(() =>
    registeredBroker(scope, request.brokerId, request.brokerEpoch),
  );
  const topics: TopicResult[] = [];
  const response = { throttleTimeMs: 0, errorCode, topics };
  if (errorCode !== ErrorCode.NONE) return { records: [], response };
  return inSlices(scope, { steps: alterations(request, topics), response: () => response });
}

/** One step a partition, each of which adds its result. */
function* alterations(request: AlterPartitionRequest, topics: TopicResult[]): Steps {
  for (const { topicId, partitions } of request.topics) {
    const results: PartitionResult[] = [];
    topics.push({ topicId, partitions: results });
    for (const data of partitions) {
      yield (scope) => {
        const { result, record } = alterOne(scope, request, topicId, data);
        results.push(result);
        return record === undefined ? [] : [record];
      };
    }
  }
}

interface Alteration {
  readonly result: PartitionResult;
  readonly record?: MetadataRecord;
}

function alterOne(
  scope: DecisionScope,
  request: AlterPartitionRequest,
  topicId: Uuid,
  data: PartitionData,
): Alteration {
  const { brokerId: leaderId } = request;
  const topic = topicById(scope.image, topicId);
  if (topic === undefined) return { result: refused(data, ErrorCode.UNKNOWN_TOPIC_ID) };
  const partitionId = data.partitionIndex;
  const partition = topic.partitions[partitionId];
  if (partition === undefined) {
    return { result: refused(data, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) };
  }
  const isr = isrOf(data);
  const errorCode = refusal(scope, leaderId, partition, data, isr);
  if (errorCode !== undefined) return { result: refused(data, errorCode) };
  const record = decidePartition(
    scope,
    { topic, partitionId, partition },
    {
      isr: isr.map(({ brokerId }) => brokerId),
      leaderRecoveryState: data.leaderRecoveryState,
    },
  );
  if (record === undefined) return { result: accepted(data, partition) };
  const { leader } = record.value;
  // A change of the ISR may complete a reassignment that moves the leader as well. The record is written, and the
  // error tells who led to look for the new metadata.
  const isDeposed = leader !== leaderId && leader !== NO_LEADER_CHANGE;
  const result = isDeposed
    ? refused(data, ErrorCode.NEW_LEADER_ELECTED)
    : accepted(data, changePartition(partition, record.value));
  return { result, record };
}

/** Requests before version 3 do not know broker epochs. */
function isrOf({ newIsr, newIsrWithEpochs }: PartitionData): readonly IsrMember[] {
  if (newIsrWithEpochs.length > 0) return newIsrWithEpochs;
  return newIsr.map((brokerId) => ({ brokerId, brokerEpoch: -1 }));
}

/** Why the change is refused, or undefined. */
function refusal(
  scope: DecisionScope,
  leaderId: number,
  partition: PartitionImage,
  data: PartitionData,
  isr: readonly IsrMember[],
): number | undefined {
  // A leader that is ahead of us has heard of a newer controller.
  if (data.leaderEpoch > partition.leaderEpoch) return ErrorCode.NOT_CONTROLLER;
  if (data.partitionEpoch > partition.partitionEpoch) return ErrorCode.NOT_CONTROLLER;
  if (data.leaderEpoch < partition.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH;
  if (leaderId !== partition.leader) return ErrorCode.INVALID_REQUEST;
  if (data.partitionEpoch < partition.partitionEpoch) return ErrorCode.INVALID_UPDATE_VERSION;
  if (!isValidIsr(partition, isr)) return ErrorCode.INVALID_REQUEST;
  if (!isValidRecovery(partition, data, isr)) return ErrorCode.INVALID_REQUEST;
  if (!isr.every((member) => isEligible(scope, member))) return ErrorCode.INELIGIBLE_REPLICA;
  return undefined;
}

/** Not empty, no member twice, all of them replicas, the leader among them. */
function isValidIsr(partition: PartitionImage, isr: readonly IsrMember[]): boolean {
  const ids = new Set(isr.map(({ brokerId }) => brokerId));
  if (ids.size !== isr.length || !ids.has(partition.leader)) return false;
  return [...ids].every((id) => partition.replicas.includes(id));
}

/** Only a leader that is alone may still be recovering, and none begins to. */
function isValidRecovery(
  partition: PartitionImage,
  { leaderRecoveryState }: PartitionData,
  isr: readonly IsrMember[],
): boolean {
  const { RECOVERED, RECOVERING } = LeaderRecoveryState;
  if (leaderRecoveryState !== RECOVERED && leaderRecoveryState !== RECOVERING) return false;
  if (leaderRecoveryState === RECOVERED) return true;
  return isr.length <= 1 && partition.leaderRecoveryState === RECOVERING;
}

/** Fenced brokers, those that shut down and former incarnations do not join an ISR (KIP-841, KIP-903). */
function isEligible(scope: DecisionScope, { brokerId, brokerEpoch }: IsrMember): boolean {
  if (!isActive(scope, brokerId)) return false;
  return (
    brokerEpoch === -1 || brokerEpoch === scope.image.cluster.brokers.get(brokerId)?.brokerEpoch
  );
}

function accepted({ partitionIndex }: PartitionData, partition: PartitionImage): PartitionResult {
  return {
    partitionIndex,
    errorCode: ErrorCode.NONE,
    leaderId: partition.leader,
    leaderEpoch: partition.leaderEpoch,
    isr: [...partition.isr],
    leaderRecoveryState: partition.leaderRecoveryState,
    partitionEpoch: partition.partitionEpoch,
  };
}

function refused({ partitionIndex }: PartitionData, errorCode: number): PartitionResult {
  return {
    partitionIndex,
    errorCode,
    leaderId: 0,
    leaderEpoch: 0,
    isr: [],
    leaderRecoveryState: LeaderRecoveryState.RECOVERED,
    partitionEpoch: 0,
  };
}
