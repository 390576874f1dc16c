// What the quorum answers to other nodes: votes, epochs, fetches of the log and of snapshots, and what it is asked about
// itself. Answers wait until what they promise is durable. Kafka: KafkaRaftClient.handleRequest.
import type { LogRegion } from '@ottla/log';
import { MemoryRegion } from '@ottla/log';
import type { Platform, Timer } from '@ottla/platform';
import { ErrorCode, METADATA_TOPIC_ID, ZERO_UUID } from '@ottla/protocol';
import type {
  BeginQuorumEpochRequest,
  BeginQuorumEpochResponse,
} from '@ottla/protocol/messages/begin-quorum-epoch';
import { beginQuorumEpochResponse } from '@ottla/protocol/messages/begin-quorum-epoch';
import type {
  DescribeQuorumRequest,
  DescribeQuorumResponse,
} from '@ottla/protocol/messages/describe-quorum';
import type {
  EndQuorumEpochRequest,
  EndQuorumEpochResponse,
} from '@ottla/protocol/messages/end-quorum-epoch';
import { endQuorumEpochResponse } from '@ottla/protocol/messages/end-quorum-epoch';
import type { FetchRequest, FetchResponse } from '@ottla/protocol/messages/fetch';
import { createPartitionData, fetchResponse } from '@ottla/protocol/messages/fetch';
import type {
  FetchSnapshotRequest,
  FetchSnapshotResponse,
} from '@ottla/protocol/messages/fetch-snapshot';
import {
  createResponsePartitionSnapshot,
  fetchSnapshotResponse,
} from '@ottla/protocol/messages/fetch-snapshot';
import type { VoteRequest, VoteResponse } from '@ottla/protocol/messages/vote';
import { voteResponse } from '@ottla/protocol/messages/vote';
import type { Answer, FetchDecision, FetchMessage } from '../messages.ts';
import { describeQuorum } from './describe-quorum.ts';
import { METADATA_TOPIC } from './metadata-log.ts';
import type { QuorumNode } from './quorum-node.ts';
import { VoterRequests } from './voter-requests.ts';
import {
  beginAnswerToWire,
  beginFromWire,
  endAnswerToWire,
  endFromWire,
  voteAnswerToWire,
  voteFromWire,
} from './wire-messages.ts';

const FETCH_BYTES_MAX = 8 * 1024 * 1024;

export class QuorumRequests {
  /** AddRaftVoter, RemoveRaftVoter, UpdateRaftVoter. */
  readonly voters: VoterRequests;
  readonly #node: QuorumNode;
  readonly #platform: Platform;
  readonly #clusterId: string;

  constructor(node: QuorumNode, platform: Platform, clusterId: string) {
    this.#node = node;
    this.#platform = platform;
    this.#clusterId = clusterId;
    this.voters = new VoterRequests(node, clusterId);
  }

  async vote(request: VoteRequest): Promise<VoteResponse> {
    const message = voteFromWire(request);
    const refusal = this.#refusal(request.clusterId, message);
    if (refusal !== undefined || message === undefined)
      return voteResponse.create({ errorCode: refusal ?? 0 });
    const { voterDirectoryId } = request.topics[0]!.partitions[0]!; // `message` is of it
    if (!this.#isMeant(request.voterId, voterDirectoryId))
      return voteAnswerToWire({ ...this.#wrongVoter(), granted: false });
    const answer = this.#node.core.handleVote(message, this.#node.nowMs);
    await this.#node.stepped();
    return voteAnswerToWire(answer);
  }

  async beginQuorumEpoch(request: BeginQuorumEpochRequest): Promise<BeginQuorumEpochResponse> {
    const message = beginFromWire(request);
    const refusal = this.#refusal(request.clusterId, message);
    if (refusal !== undefined || message === undefined)
      return beginQuorumEpochResponse.create({ errorCode: refusal ?? 0 });
    const { voterDirectoryId } = request.topics[0]!.partitions[0]!; // `message` is of it
    if (!this.#isMeant(request.voterId, voterDirectoryId))
      return beginAnswerToWire(this.#wrongVoter());
    const answer = this.#node.core.handleBeginEpoch(message, this.#node.nowMs);
    await this.#node.stepped();
    return beginAnswerToWire(answer);
  }

  async endQuorumEpoch(request: EndQuorumEpochRequest): Promise<EndQuorumEpochResponse> {
    const message = endFromWire(request);
    const refusal = this.#refusal(request.clusterId, message);
    if (refusal !== undefined || message === undefined)
      return endQuorumEpochResponse.create({ errorCode: refusal ?? 0 });
    const answer = this.#node.core.handleEndEpoch(message, this.#node.nowMs);
    await this.#node.stepped();
    return endAnswerToWire(answer);
  }

  /** A node that lost its disk has another directory id: it is not the voter that was asked (KIP-853). */
  #isMeant(voterId: number, directoryId: string): boolean {
    const { self } = this.#node.core;
    if (voterId < 0) return true;
    return voterId === self.id && (directoryId === ZERO_UUID || directoryId === self.directoryId);
  }

  #wrongVoter(): Answer {
    const { epoch, leaderId } = this.#node.core;
    return { error: 'INVALID_VOTER_KEY', epoch, leaderId };
  }

  #refusal(clusterId: string | null, message: unknown): number | undefined {
    if (clusterId !== null && clusterId !== this.#clusterId)
      return ErrorCode.INCONSISTENT_CLUSTER_ID;
    return message === undefined ? ErrorCode.INVALID_REQUEST : undefined;
  }

  /** Waits up to `maxWaitMs` for something new. The response's records are a region that the caller owns. */
  async fetch(request: FetchRequest): Promise<FetchResponse<LogRegion>> {
    const topic = request.topics[0];
    const wanted = topic?.partitions[0];
    const isOurs = topic?.topic === METADATA_TOPIC || topic?.topicId === METADATA_TOPIC_ID;
    if (
      request.topics.length !== 1 ||
      topic?.partitions.length !== 1 ||
      wanted === undefined ||
      !isOurs
    )
      return fetchResponse.create({
        errorCode: ErrorCode.INVALID_REQUEST,
      }) as FetchResponse<LogRegion>;
    if (request.clusterId !== null && request.clusterId !== this.#clusterId)
      return fetchResponse.create({
        errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID,
      }) as FetchResponse<LogRegion>;
    const replicaId = request.replicaId >= 0 ? request.replicaId : request.replicaState.replicaId;
    const message: FetchMessage = {
      kind: 'fetch',
      from: { id: replicaId, directoryId: wanted.replicaDirectoryId },
      epoch: wanted.currentLeaderEpoch,
      fetchOffset: wanted.fetchOffset,
      lastFetchedEpoch: wanted.lastFetchedEpoch,
    };
    const knownHighWatermark = Number(wanted.highWatermark);
    const decision = await this.#decide(
      message,
      knownHighWatermark,
      Math.min(request.maxWaitMs, 2 ** 31 - 1),
    );
    return this.#fetchAnswer(decision, topic.topic, Math.min(request.maxBytes, FETCH_BYTES_MAX));
  }

  async #decide(
    message: FetchMessage,
    knownHighWatermark: number,
    maxWaitMs: number,
  ): Promise<FetchDecision> {
    const { core, log } = this.#node;
    const decide = (): FetchDecision => core.handleFetch(message, this.#node.nowMs);
    let decision = decide();
    await this.#node.stepped();
    // What the replica has heard (KIP-1166); one that does not say is taken to have heard the present one.
    const heard = Number.isSafeInteger(knownHighWatermark)
      ? knownHighWatermark
      : core.highWatermark;
    const isNothingNew = (): boolean =>
      decision.kind === 'read' &&
      log.endOffset <= message.fetchOffset &&
      core.highWatermark <= heard;
    if (maxWaitMs > 0 && isNothingNew()) {
      const epoch = core.epoch;
      await this.#changed(
        maxWaitMs,
        () => !isNothingNew() || core.epoch !== epoch || core.role.role !== 'leader',
      );
      decision = decide();
      await this.#node.stepped();
    }
    return decision;
  }

  /** Resolves when `isDone` holds after a change, or the time is up. */
  #changed(maxWaitMs: number, isDone: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer | undefined = undefined;
      const stop = this.#node.onChange(() => {
        if (isDone()) finish();
      });
      const finish = (): void => {
        stop();
        timer?.cancel();
        resolve();
      };
      timer = this.#platform.timers.set(maxWaitMs, finish);
    });
  }

  async #fetchAnswer(
    decision: FetchDecision,
    topic: string,
    maxBytes: number,
  ): Promise<FetchResponse<LogRegion>> {
    const { core, log } = this.#node;
    const partition = {
      ...createPartitionData(),
      partitionIndex: 0,
      highWatermark: core.highWatermark,
      lastStableOffset: core.highWatermark,
      logStartOffset: log.startOffset,
      abortedTransactions: null,
      currentLeader: { leaderId: core.leaderId ?? -1, leaderEpoch: core.epoch },
      records: new MemoryRegion([], 0) as LogRegion,
    };
    if (decision.kind === 'error') partition.errorCode = ErrorCode[decision.error];
    else if (decision.kind === 'diverging')
      partition.divergingEpoch = {
        epoch: decision.diverging.epoch,
        endOffset: decision.diverging.offset,
      };
    else if (decision.kind === 'snapshot' || decision.offset < log.startOffset) {
      const id = log.latestSnapshot;
      if (id !== undefined) partition.snapshotId = { endOffset: id.offset, epoch: id.epoch };
    } else if (decision.offset < log.endOffset) {
      partition.records = await log.log.read({
        offset: decision.offset,
        maxBytes,
        endOffset: log.endOffset,
        minOneBatch: true,
      });
    }
    return {
      ...(fetchResponse.create() as FetchResponse<LogRegion>),
      responses: [{ topic, topicId: METADATA_TOPIC_ID, partitions: [partition] }],
      nodeEndpoints: this.#endpoints().map((endpoint) => ({ ...endpoint, rack: null })),
    };
  }

  async fetchSnapshot(request: FetchSnapshotRequest): Promise<FetchSnapshotResponse<Buffer>> {
    const wanted = request.topics[0]?.partitions[0];
    const isOurs = request.topics.length === 1 && request.topics[0]?.name === METADATA_TOPIC;
    if (wanted === undefined || !isOurs)
      return fetchSnapshotResponse.create({
        errorCode: ErrorCode.INVALID_REQUEST,
      }) as FetchSnapshotResponse<Buffer>;
    if (request.clusterId !== null && request.clusterId !== this.#clusterId)
      return fetchSnapshotResponse.create({
        errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID,
      }) as FetchSnapshotResponse<Buffer>;
    const { core } = this.#node;
    const partition = {
      ...createResponsePartitionSnapshot({
        snapshotId: { endOffset: wanted.snapshotId.endOffset, epoch: wanted.snapshotId.epoch },
        position: wanted.position,
        currentLeader: { leaderId: core.leaderId ?? -1, leaderEpoch: core.epoch },
      }),
      unalignedRecords: Buffer.alloc(0),
    };
    if (wanted.currentLeaderEpoch >= 0 && wanted.currentLeaderEpoch < core.epoch)
      partition.errorCode = ErrorCode.FENCED_LEADER_EPOCH;
    else if (wanted.currentLeaderEpoch > core.epoch)
      partition.errorCode = ErrorCode.UNKNOWN_LEADER_EPOCH;
    else if (core.role.role !== 'leader') partition.errorCode = ErrorCode.NOT_LEADER_OR_FOLLOWER;
    else {
      const from = { id: request.replicaId, directoryId: wanted.replicaDirectoryId };
      core.handleSnapshotFetch(from, this.#node.nowMs);
      await this.#readSnapshot(partition, Math.min(request.maxBytes, FETCH_BYTES_MAX));
    }
    return {
      ...(fetchSnapshotResponse.create() as FetchSnapshotResponse<Buffer>),
      topics: [{ name: METADATA_TOPIC, partitions: [partition] }],
      nodeEndpoints: this.#endpoints(),
    };
  }

  async #readSnapshot(
    partition: {
      errorCode: number;
      size: number;
      position: number;
      snapshotId: { endOffset: number; epoch: number };
      unalignedRecords: Buffer;
    },
    maxBytes: number,
  ): Promise<void> {
    const { log } = this.#node;
    const { endOffset, epoch } = partition.snapshotId;
    const id = { offset: endOffset, epoch };
    if (!log.hasSnapshot(id)) {
      partition.errorCode = ErrorCode.SNAPSHOT_NOT_FOUND;
      return;
    }
    const file = await this.#platform.disk.open(log.snapshotPath(id), 'read');
    try {
      partition.size = (await file.stat()).size;
      if (partition.position < 0 || partition.position >= partition.size) {
        partition.errorCode = ErrorCode.POSITION_OUT_OF_RANGE;
        return;
      }
      const bytes = Buffer.allocUnsafeSlow(Math.min(maxBytes, partition.size - partition.position));
      partition.unalignedRecords = bytes.subarray(0, await file.read(bytes, partition.position));
    } finally {
      await file.close();
    }
  }

  describeQuorum(request: DescribeQuorumRequest): DescribeQuorumResponse {
    const { core, nowMs } = this.#node;
    return describeQuorum(core, request, nowMs, this.#platform.clock.nowMs());
  }

  #endpoints(): { nodeId: number; host: string; port: number }[] {
    const { core } = this.#node;
    const leader = core.leaderId === undefined ? undefined : core.voters.get(core.leaderId);
    const endpoint = leader?.endpoints[0];
    if (leader === undefined || endpoint === undefined) return [];
    return [{ nodeId: leader.id, host: endpoint.host, port: endpoint.port }];
  }
}
