// DescribeQuorum as the leader answers it: how far voters and observers are, and where the voters are reached. Kafka:
// RaftUtil.singletonDescribeQuorumResponse (KIP-595, KIP-836, KIP-853).
import { ErrorCode, errorInfo } from '@ottla/protocol';
import type {
  DescribeQuorumRequest,
  DescribeQuorumResponse,
} from '@ottla/protocol/messages/describe-quorum';
import { describeQuorumResponse } from '@ottla/protocol/messages/describe-quorum';
import type { ReplicaProgress } from '../fetch-progress.ts';
import type { QuorumCore } from '../quorum-core.ts';
import type { ReplicaKey } from '../replica.ts';
import { METADATA_TOPIC } from './metadata-log.ts';

type Topic = DescribeQuorumResponse['topics'][number];
type ReplicaState = Topic['partitions'][number]['currentVoters'][number];

/**
 * @param nowMs monotonic milliseconds, as the core counts
 * @param wallMs milliseconds since 1970, as the response tells
 */
export function describeQuorum(
  core: QuorumCore,
  request: DescribeQuorumRequest,
  nowMs: number,
  wallMs: number,
): DescribeQuorumResponse {
  const [topic] = request.topics;
  const isOurs =
    request.topics.length === 1 &&
    topic?.topicName === METADATA_TOPIC &&
    topic.partitions.length === 1 &&
    topic.partitions[0]?.partitionIndex === 0;
  if (!isOurs) return failed(request, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const { role, voters } = core;
  if (role.role !== 'leader') return failed(request, ErrorCode.NOT_LEADER_OR_FOLLOWER);
  const state = (key: ReplicaKey, progress: ReplicaProgress | undefined): ReplicaState =>
    replicaState(core.self.id, key, progress, wallMs - nowMs, wallMs);
  return describeQuorumResponse.create({
    errorMessage: null,
    topics: [
      {
        topicName: METADATA_TOPIC,
        partitions: [
          {
            partitionIndex: 0,
            errorCode: ErrorCode.NONE,
            errorMessage: null,
            leaderId: core.self.id,
            leaderEpoch: core.epoch,
            highWatermark: core.highWatermark > role.epochStartOffset ? core.highWatermark : -1,
            currentVoters: voters.voters.map((voter) =>
              state(voter, role.progress.of(voter, voters)),
            ),
            observers: role.progress
              .observers(voters, nowMs)
              .map((progress) => state(progress.key, progress)),
          },
        ],
      },
    ],
    nodes: voters.voters.map((voter) => ({
      nodeId: voter.id,
      listeners: voter.endpoints.map(({ name, host, port }) => ({ name, host, port })),
    })),
  });
}

function replicaState(
  leaderId: number,
  key: ReplicaKey,
  progress: ReplicaProgress | undefined,
  offsetMs: number,
  wallMs: number,
): ReplicaState {
  // Kept as monotonic times, told as wall clock; the leader has always just heard itself.
  const told = (ms: number | undefined): number =>
    key.id === leaderId ? wallMs : ms === undefined || ms < 0 ? -1 : Math.round(ms + offsetMs);
  return {
    replicaId: key.id,
    replicaDirectoryId: key.directoryId,
    logEndOffset: progress?.endOffset ?? -1,
    lastFetchTimestamp: told(progress?.lastFetchMs),
    lastCaughtUpTimestamp: told(progress?.lastCaughtUpMs),
  };
}

/** Every partition that was asked for, with the error. */
function failed(request: DescribeQuorumRequest, errorCode: number): DescribeQuorumResponse {
  const errorMessage = errorInfo(errorCode).description;
  return describeQuorumResponse.create({
    errorMessage: null,
    topics: request.topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode,
        errorMessage,
        leaderId: 0,
        leaderEpoch: 0,
        highWatermark: 0,
        currentVoters: [],
        observers: [],
      })),
    })),
  });
}
