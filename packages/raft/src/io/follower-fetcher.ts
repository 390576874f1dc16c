// The pull side of replication: while this node follows (or looks for a leader as an observer), one fetch after the other.
// Kafka: KafkaRaftClient.pollFollower, handleFetchResponse, handleFetchSnapshotResponse.
import type { Logger, Platform, Timer } from '@ottla/platform';
import { ErrorCode, METADATA_TOPIC_ID } from '@ottla/protocol';
import {
  fetchRequest,
  fetchResponse,
  type FetchResponse,
  type PartitionData,
} from '@ottla/protocol/messages/fetch';
import {
  type FetchSnapshotRequest,
  fetchSnapshotRequest,
  fetchSnapshotResponse,
} from '@ottla/protocol/messages/fetch-snapshot';
import type { QuorumCore } from '../quorum-core.ts';
import {
  QUORUM_FETCH_SIZES_DEFAULT,
  QUORUM_TIMES_DEFAULT,
  type QuorumFetchSizes,
  type QuorumTimes,
  REQUEST_TIMEOUT_MS,
  RETRY_BACKOFF_MS,
} from '../quorum-options.ts';
import type { Voter } from '../replica.ts';
import type { KnownNodes } from './known-nodes.ts';
import { METADATA_TOPIC, type MetadataLog } from './metadata-log.ts';
import type { RaftTransport, RequestKind } from './raft-transport.ts';
import { Refusals } from './refusals.ts';
import { SnapshotDownload } from './snapshot-download.ts';

export interface FollowerFetcherOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly clusterId: string;
  readonly core: QuorumCore;
  readonly log: MetadataLog;
  readonly transport: RaftTransport;
  readonly times?: QuorumTimes;
  readonly fetchSizes?: QuorumFetchSizes;
  readonly nodes: KnownNodes;
  /** The core was given an event: perform what it asks for. */
  readonly stepped: () => Promise<void>;
}

const MAX_WAIT_MS = 500;
/** For a node that is asked who leads: it need not wait for anything before it answers. Twice as long after each failure. */
const ASK_TIMEOUT_MS = 500;
const FETCH: RequestKind<ReturnType<typeof fetchRequest.create>, FetchResponse> = {
  request: fetchRequest,
  response: fetchResponse,
};
/** Errors after which the rest of a snapshot will never come. */
const GONE: ReadonlySet<number> = new Set([
  ErrorCode.SNAPSHOT_NOT_FOUND,
  ErrorCode.POSITION_OUT_OF_RANGE,
]);
const FETCH_SNAPSHOT = { request: fetchSnapshotRequest, response: fetchSnapshotResponse };

export class FollowerFetcher {
  readonly #options: FollowerFetcherOptions;
  readonly #maxWaitMs: number;
  readonly #retryMs: number;
  readonly #sizes: QuorumFetchSizes;
  readonly #refusals: Refusals;
  /** The round of fetches that counts; an earlier one has no say any more. */
  #round = 0;
  #isRunning = false;
  /** Whom the round takes for the leader, while it waits for an answer; that node may be gone, and never answer. */
  #asking: string | undefined;
  #isClosed = false;
  #retry: Timer | undefined;
  /** An observer whose leader did not answer asks somebody else next, who may know a new one (as Kafka's observers do). */
  #isLeaderDoubtful = false;
  #askTimeoutMs = ASK_TIMEOUT_MS;
  /** `controller.quorum.request.timeout.ms` */
  readonly #timeoutMs: number;
  /** A snapshot of which some pieces are there. */
  #download: SnapshotDownload | undefined;

  constructor(options: FollowerFetcherOptions) {
    this.#options = options;
    this.#sizes = options.fetchSizes ?? QUORUM_FETCH_SIZES_DEFAULT;
    this.#refusals = new Refusals(options.platform.clock, options.logger, options.clusterId);
    const times: QuorumTimes = options.times ?? QUORUM_TIMES_DEFAULT;
    const { fetchTimeoutMs, retryBackoffMs = RETRY_BACKOFF_MS } = times;
    this.#timeoutMs = times.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#retryMs = retryBackoffMs;
    // An idle leader must have answered well before this node takes it for gone: as in Kafka, after a quarter of that time.
    this.#maxWaitMs = Math.min(MAX_WAIT_MS, fetchTimeoutMs / 4);
  }

  /** Starts fetching when there is somebody to fetch from. */
  wake(): void {
    // A new leader shall not wait for the answer of the old one, nor of a node that was asked before it was known: it needs
    // this node's fetches to commit, and to stay.
    const isOverdue = this.#asking !== undefined && this.#asking !== this.#believed();
    if (this.#isRunning && !isOverdue) return;
    if (this.#isClosed || this.#source() === undefined) return;
    if (this.#retry !== undefined && !isOverdue) return;
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#isRunning = true;
    this.#round += 1;
    void this.#run(this.#round);
  }

  close(): void {
    this.#isClosed = true;
    this.#retry?.cancel();
  }

  async #run(round: number): Promise<void> {
    const { logger } = this.#options;
    try {
      for (
        let source = this.#source();
        source !== undefined && !this.#isClosed && round === this.#round;
        source = this.#source()
      ) {
        if (!(await this.#fetch(source, round))) break;
      }
    } catch (error) {
      if (round === this.#round) this.#isLeaderDoubtful = !this.#isLeaderDoubtful;
      this.#askTimeoutMs = Math.min(2 * this.#askTimeoutMs, this.#timeoutMs);
      logger.debug('a fetch of the metadata log failed', { error: String(error) });
    }
    if (round !== this.#round) return;
    this.#asking = undefined;
    this.#isRunning = false;
    if (this.#isClosed) return;
    this.#retry = this.#options.platform.timers.set(this.#retryMs, () => {
      this.#retry = undefined;
      this.wake();
    });
  }

  /** The leader; who has none asks any node it knows, as whom it believes to vote may be gone (KIP-853). */
  #source(): Voter | undefined {
    const { core, nodes, platform } = this.#options;
    const { role } = core;
    // Who only doubts its leader asks for votes; to the leader a fetch would say that it is followed.
    const isLooking =
      role.role === 'unattached' || (role.role === 'prospective' && role.leaderId === undefined);
    if (role.role !== 'follower' && !isLooking) return undefined;
    const leader = role.role === 'follower' ? nodes.get(role.leaderId) : undefined;
    if (leader !== undefined && (core.isVoter || !this.#isLeaderDoubtful)) return leader;
    const others = nodes.others(core.self.id);
    return others.length === 0 ? leader : others[platform.random.below(others.length)];
  }

  #believed(): string {
    const { role, epoch } = this.#options.core;
    return `${epoch} ${role.role === 'follower' ? role.leaderId : 'nobody'}`;
  }

  /** One exchange. Returns false when it is better to wait a moment. */
  async #fetch(source: Voter, round: number): Promise<boolean> {
    const { core, log, transport, platform, clusterId } = this.#options;
    const { epoch, role } = core;
    // Whoever is not taken for the leader is only asked who is.
    const isLeader = role.role === 'follower' && role.leaderId === source.id;
    const maxWaitMs = isLeader ? this.#maxWaitMs : 0;
    if (this.#download?.epoch === epoch && core.role.role === 'follower')
      return this.#continue(this.#download, source, round);
    await this.#abandon();
    const request = fetchRequest.create({
      clusterId,
      // Since version 15 the replica is named here; `replicaId` cannot be sent any more.
      replicaState: { replicaId: core.self.id, replicaEpoch: -1 },
      maxWaitMs,
      maxBytes: this.#sizes.logBytesMax,
      topics: [
        {
          topic: METADATA_TOPIC,
          topicId: METADATA_TOPIC_ID,
          partitions: [
            {
              partition: 0,
              currentLeaderEpoch: epoch,
              fetchOffset: log.endOffset,
              lastFetchedEpoch: log.lastEpoch,
              logStartOffset: -1,
              partitionMaxBytes: this.#sizes.logBytesMax,
              replicaDirectoryId: core.self.directoryId,
              highWatermark: BigInt(Math.max(core.highWatermark, 0)),
            },
          ],
        },
      ],
    });
    this.#asking = this.#believed();
    const response = (await transport.send(
      source,
      FETCH,
      request,
      isLeader ? this.#timeoutMs + maxWaitMs : this.#askTimeoutMs,
    )) as FetchResponse<Buffer>;
    this.#askTimeoutMs = ASK_TIMEOUT_MS;
    const partition = response.responses[0]?.partitions[0];
    if (this.#isClosed || round !== this.#round) return false;
    this.#asking = undefined;
    if (partition === undefined || response.errorCode !== ErrorCode.NONE) {
      this.#isLeaderDoubtful = !this.#isLeaderDoubtful;
      this.#refusals.tell(source, response.errorCode);
      return false;
    }
    this.#isLeaderDoubtful = false;
    this.#refusals.forget(source);
    this.#options.nodes.learn(response.nodeEndpoints);
    const leader = partition.currentLeader;
    core.handleAnswer(
      {
        error: 'NONE',
        epoch: leader.leaderEpoch,
        leaderId: leader.leaderId < 0 ? undefined : leader.leaderId,
      },
      platform.clock.monotonicMs(),
    );
    // The answer is to the question that this node asked as a follower in that epoch, or to nobody.
    if (
      core.leaderId !== source.id ||
      core.epoch !== epoch ||
      partition.errorCode !== ErrorCode.NONE
    ) {
      await this.#options.stepped();
      return core.epoch !== epoch;
    }
    await this.#takingIn(source.id, epoch, async () => {
      // Only records that continue this log say that its beginning is the leader's.
      return (await this.#take(epoch, partition)) ? partition.highWatermark : -1;
    });
    await this.#options.stepped();
    return true;
  }

  /** The leader was heard; what it said takes as long as the disk takes. @param take resolves with the leader's high watermark */
  async #takingIn(leaderId: number, epoch: number, take: () => Promise<number>): Promise<void> {
    const { core, platform } = this.#options;
    const { clock } = platform;
    core.handleHeard(leaderId, epoch, clock.monotonicMs());
    void this.#options.stepped();
    let highWatermark = -1;
    try {
      highWatermark = await take();
    } finally {
      core.handleFetched(leaderId, epoch, highWatermark, clock.monotonicMs());
    }
  }

  /** Returns whether this node's log was a prefix of the leader's. */
  async #take(epoch: number, partition: PartitionData<Buffer>): Promise<boolean> {
    const { log } = this.#options;
    if (partition.snapshotId.endOffset >= 0) {
      const id = { offset: partition.snapshotId.endOffset, epoch: partition.snapshotId.epoch };
      const { disk } = this.#options.platform;
      this.#download = await SnapshotDownload.begin(disk, log.snapshotPath(id), id, epoch);
      return false;
    }
    if (partition.divergingEpoch.epoch >= 0) {
      const { epoch: divergingEpoch, endOffset } = partition.divergingEpoch;
      const own = log.endOffsetForEpoch(divergingEpoch);
      const cut = Math.min(endOffset, own?.offset ?? log.startOffset);
      if (cut < this.#options.core.highWatermark)
        throw new Error(`the leader would cut committed records at ${cut}`);
      await log.cutAt(cut);
      return false;
    }
    const records = partition.records;
    if (records === null || records.length === 0) return true;
    await log.appendAsFollower(Buffer.from(records));
    return true;
  }

  /** Asks for the next piece. What is lost on the way is asked for again; what the leader has no more is not. */
  async #continue(download: SnapshotDownload, source: Voter, round: number): Promise<boolean> {
    const { core, log, transport, platform, logger } = this.#options;
    const { id, epoch, position } = download;
    const request = this.#snapshotRequest(download);
    this.#asking = this.#believed();
    const response = await transport.send(source, FETCH_SNAPSHOT, request, this.#timeoutMs);
    if (this.#isClosed || round !== this.#round) return false;
    this.#asking = undefined;
    const piece = response.topics[0]?.partitions[0];
    if (piece === undefined || response.errorCode !== ErrorCode.NONE) return false;
    const { leaderEpoch, leaderId } = piece.currentLeader;
    core.handleAnswer(
      { error: 'NONE', epoch: leaderEpoch, leaderId: leaderId < 0 ? undefined : leaderId },
      platform.clock.monotonicMs(),
    );
    await this.#options.stepped();
    const bytes = piece.unalignedRecords as Buffer;
    if (piece.errorCode !== ErrorCode.NONE || piece.position !== position || bytes.length === 0) {
      if (GONE.has(piece.errorCode)) await this.#abandon();
      return false;
    }
    await this.#takingIn(source.id, epoch, async () => {
      await download.write(bytes);
      return -1;
    });
    if (download.position < piece.size) return true;
    this.#download = undefined;
    try {
      await download.finish();
    } catch (error) {
      logger.warn('a snapshot from the leader is damaged', { ...id, error: String(error) });
      return false;
    }
    await log.startAt(id);
    return true;
  }

  #snapshotRequest({ id, epoch, position }: SnapshotDownload): FetchSnapshotRequest {
    const { core, clusterId } = this.#options;
    const partition = {
      partition: 0,
      currentLeaderEpoch: epoch,
      snapshotId: { endOffset: id.offset, epoch: id.epoch },
      position,
      replicaDirectoryId: core.self.directoryId,
    };
    return fetchSnapshotRequest.create({
      clusterId,
      replicaId: core.self.id,
      maxBytes: this.#sizes.snapshotBytesMax,
      topics: [{ name: METADATA_TOPIC, partitions: [partition] }],
    });
  }

  async #abandon(): Promise<void> {
    const download = this.#download;
    this.#download = undefined;
    await download?.abandon();
  }
}
