// The envelopes that Kafka's quorum requests put around the core's messages: one topic, one partition.
import { ErrorCode } from '@ottla/protocol';
import type {
  BeginQuorumEpochRequest,
  BeginQuorumEpochResponse,
} from '@ottla/protocol/messages/begin-quorum-epoch';
import {
  beginQuorumEpochRequest,
  beginQuorumEpochResponse,
} from '@ottla/protocol/messages/begin-quorum-epoch';
import type {
  EndQuorumEpochRequest,
  EndQuorumEpochResponse,
} from '@ottla/protocol/messages/end-quorum-epoch';
import {
  endQuorumEpochRequest,
  endQuorumEpochResponse,
} from '@ottla/protocol/messages/end-quorum-epoch';
import type { VoteRequest, VoteResponse } from '@ottla/protocol/messages/vote';
import { voteRequest, voteResponse } from '@ottla/protocol/messages/vote';
import type {
  Answer,
  BeginEpochMessage,
  EndEpochMessage,
  QuorumError,
  VoteAnswer,
  VoteMessage,
} from '../messages.ts';
import type { QuorumEndpoint, ReplicaKey } from '../replica.ts';
import { METADATA_TOPIC } from './metadata-log.ts';

const NOBODY = -1;

export function voteToWire(message: VoteMessage, to: ReplicaKey, clusterId: string): VoteRequest {
  return voteRequest.create({
    clusterId,
    voterId: to.id,
    topics: [
      {
        topicName: METADATA_TOPIC,
        partitions: [
          {
            partitionIndex: 0,
            replicaEpoch: message.epoch,
            replicaId: message.from.id,
            replicaDirectoryId: message.from.directoryId,
            voterDirectoryId: to.directoryId,
            lastOffsetEpoch: message.log.epoch,
            lastOffset: message.log.offset,
            preVote: message.preVote,
          },
        ],
      },
    ],
  });
}

/** Undefined when the request is not about exactly the metadata partition. */
export function voteFromWire(request: VoteRequest): VoteMessage | undefined {
  const partition = only(request.topics, (topic) => topic.topicName);
  if (partition === undefined) return undefined;
  return {
    kind: 'vote',
    from: { id: partition.replicaId, directoryId: partition.replicaDirectoryId },
    epoch: partition.replicaEpoch,
    log: { offset: partition.lastOffset, epoch: partition.lastOffsetEpoch },
    preVote: partition.preVote,
  };
}

export function voteAnswerToWire(answer: VoteAnswer): VoteResponse {
  return voteResponse.create({
    topics: [
      {
        topicName: METADATA_TOPIC,
        partitions: [{ partitionIndex: 0, ...answerFields(answer), voteGranted: answer.granted }],
      },
    ],
  });
}

export function voteAnswerFromWire(response: VoteResponse): VoteAnswer | undefined {
  const partition = only(response.topics, (topic) => topic.topicName);
  if (response.errorCode !== ErrorCode.NONE || partition === undefined) return undefined;
  return { ...answerFromFields(partition), granted: partition.voteGranted };
}

export function beginToWire(
  message: BeginEpochMessage,
  to: ReplicaKey,
  clusterId: string,
  leaderEndpoints: readonly QuorumEndpoint[],
): BeginQuorumEpochRequest {
  return beginQuorumEpochRequest.create({
    clusterId,
    voterId: to.id,
    topics: [
      {
        topicName: METADATA_TOPIC,
        partitions: [
          {
            partitionIndex: 0,
            voterDirectoryId: to.directoryId,
            leaderId: message.leaderId,
            leaderEpoch: message.epoch,
          },
        ],
      },
    ],
    leaderEndpoints: leaderEndpoints.map(({ name, host, port }) => ({ name, host, port })),
  });
}

export function beginFromWire(request: BeginQuorumEpochRequest): BeginEpochMessage | undefined {
  const partition = only(request.topics, (topic) => topic.topicName);
  if (partition === undefined) return undefined;
  return { kind: 'beginEpoch', leaderId: partition.leaderId, epoch: partition.leaderEpoch };
}

export function beginAnswerToWire(answer: Answer): BeginQuorumEpochResponse {
  return beginQuorumEpochResponse.create({
    topics: [
      { topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0, ...answerFields(answer) }] },
    ],
  });
}

export function endToWire(
  message: EndEpochMessage,
  clusterId: string,
  leaderEndpoints: readonly QuorumEndpoint[],
): EndQuorumEpochRequest {
  return endQuorumEpochRequest.create({
    clusterId,
    topics: [
      {
        topicName: METADATA_TOPIC,
        partitions: [
          {
            partitionIndex: 0,
            leaderId: message.leaderId,
            leaderEpoch: message.epoch,
            preferredSuccessors: message.successors.map((key) => key.id),
            preferredCandidates: message.successors.map((key) => ({
              candidateId: key.id,
              candidateDirectoryId: key.directoryId,
            })),
          },
        ],
      },
    ],
    leaderEndpoints: leaderEndpoints.map(({ name, host, port }) => ({ name, host, port })),
  });
}

export function endFromWire(request: EndQuorumEpochRequest): EndEpochMessage | undefined {
  const partition = only(request.topics, (topic) => topic.topicName);
  if (partition === undefined) return undefined;
  const successors =
    partition.preferredCandidates.length > 0
      ? partition.preferredCandidates.map((candidate) => ({
          id: candidate.candidateId,
          directoryId: candidate.candidateDirectoryId,
        }))
      : partition.preferredSuccessors.map((id) => ({ id, directoryId: '' }));
  return {
    kind: 'endEpoch',
    leaderId: partition.leaderId,
    epoch: partition.leaderEpoch,
    successors,
  };
}

export function endAnswerToWire(answer: Answer): EndQuorumEpochResponse {
  return endQuorumEpochResponse.create({
    topics: [
      { topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0, ...answerFields(answer) }] },
    ],
  });
}

/** What Begin- and EndQuorumEpoch answer. */
export function answerFromWire(
  response: BeginQuorumEpochResponse | EndQuorumEpochResponse,
): Answer | undefined {
  const topics: readonly { topicName: string; partitions: readonly WireAnswer[] }[] =
    response.topics;
  const partition = only(topics, (topic) => topic.topicName);
  return response.errorCode !== ErrorCode.NONE || partition === undefined
    ? undefined
    : answerFromFields(partition);
}

interface WireAnswer {
  readonly errorCode: number;
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

function answerFields(answer: Answer): {
  errorCode: number;
  leaderId: number;
  leaderEpoch: number;
} {
  return {
    errorCode: ErrorCode[answer.error],
    leaderId: answer.leaderId ?? NOBODY,
    leaderEpoch: answer.epoch,
  };
}

function answerFromFields(fields: WireAnswer): Answer {
  const error = fields.errorCode === ErrorCode.NONE ? 'NONE' : nameOf(fields.errorCode);
  return {
    error,
    epoch: fields.leaderEpoch,
    leaderId: fields.leaderId < 0 ? undefined : fields.leaderId,
  };
}

const KNOWN: readonly QuorumError[] = [
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'NOT_LEADER_OR_FOLLOWER',
  'BROKER_NOT_AVAILABLE',
];

function nameOf(code: number): QuorumError {
  return KNOWN.find((name) => ErrorCode[name] === code) ?? 'INVALID_REQUEST';
}

/** The one partition of the one topic, when it is the metadata partition. */
function only<T, P>(
  topics: readonly (T & { readonly partitions: readonly P[] })[],
  nameOfTopic: (topic: T) => string,
): P | undefined {
  const topic = topics[0];
  if (topics.length !== 1 || topic === undefined || nameOfTopic(topic) !== METADATA_TOPIC)
    return undefined;
  return topic.partitions.length === 1 ? topic.partitions[0] : undefined;
}
