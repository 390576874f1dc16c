// AlterPartition: a leader asks for another ISR. Kafka: ReplicationControlManager.alterPartition; KIP-497.
import { ErrorCode } from '@ottla/protocol';
import type {
  AlterPartitionRequest,
  AlterPartitionResponse,
} from '@ottla/protocol/messages/alter-partition';
import type { PartitionChangeRecord } from '@ottla/protocol/messages/partition-change-record';
import { topicById, type TopicImage } from '../image/metadata-image.ts';
import {
  changePartition,
  LeaderRecoveryState,
  NO_LEADER_CHANGE,
  type PartitionImage,
} from '../image/partition-image.ts';
import type { MetadataRecord } from '../metadata-record.ts';
import { errorFieldsOf, NO_ERROR } from './api-error.ts';
import {
  type DecisionScope,
  isUncleanElectionEnabled,
  metadataVersionOf,
  registeredBroker,
} from './decision-scope.ts';
import { canLead } from './leadership.ts';
import type { ControllerResult } from './operations.ts';
import { partitionChangeRecord } from './partition-change.ts';

type TopicData = AlterPartitionRequest['topics'][number];
type PartitionData = TopicData['partitions'][number];
type PartitionResult = AlterPartitionResponse['topics'][number]['partitions'][number];

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
  const error = errorFieldsOf(() => registeredBroker(scope, request.brokerId, request.brokerEpoch));
  if (error !== NO_ERROR) {
    return { records: [], response: { throttleTimeMs: 0, errorCode: error.errorCode, topics: [] } };
  }
  const records: MetadataRecord[] = [];
  const topics = request.topics.map((topicData) => {
    const topic = topicById(scope.image, topicData.topicId);
    const partitions = topicData.partitions.map((data) =>
      topic === undefined
        ? refused(data, ErrorCode.UNKNOWN_TOPIC_ID)
        : alterOne(scope, request.brokerId, topic, data, records),
    );
    return { topicId: topicData.topicId, partitions };
  });
  const response = { throttleTimeMs: 0, errorCode: ErrorCode.NONE, topics };
  return { records, response, isAtomic: false };
}

function alterOne(
  scope: DecisionScope,
  leaderId: number,
  topic: TopicImage,
  data: PartitionData,
  records: MetadataRecord[],
): PartitionResult {
  const partition = topic.partitions[data.partitionIndex];
  if (partition === undefined) return refused(data, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const isr = isrOf(data);
  const errorCode = refusal(scope, leaderId, partition, data, isr);
  if (errorCode !== undefined) return refused(data, errorCode);
  const record = partitionChangeRecord({
    topicId: topic.id,
    partitionId: data.partitionIndex,
    partition,
    metadataVersion: metadataVersionOf(scope),
    election: isUncleanElectionEnabled(scope, topic.name) ? 'unclean' : 'online',
    isAcceptableLeader: (id) => canLead(scope, partition, id),
    targetIsr: isr.map(({ brokerId }) => brokerId),
    targetLeaderRecoveryState: data.leaderRecoveryState,
  });
  if (record === undefined) return accepted(data, partition);
  records.push(record);
  const change = record.value as PartitionChangeRecord;
  if (change.leader !== leaderId && change.leader !== NO_LEADER_CHANGE) {
    return refused(data, ErrorCode.NEW_LEADER_ELECTED);
  }
  return accepted(data, changePartition(partition, change));
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

function isEligible(scope: DecisionScope, { brokerId, brokerEpoch }: IsrMember): boolean {
  const broker = scope.image.cluster.brokers.get(brokerId);
  if (broker === undefined || broker.inControlledShutdown || broker.fenced) return false;
  return brokerEpoch === -1 || brokerEpoch === broker.brokerEpoch;
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
