// The pull side of replication: while this node follows (or looks for a leader as an observer), one fetch after the other.
// Kafka: KafkaRaftClient.pollFollower, handleFetchResponse, handleFetchSnapshotResponse.
import type { Logger, Platform, Timer } from '@ottla/platform';
import { ErrorCode, errorInfo, METADATA_TOPIC_ID } from '@ottla/protocol';
import {
  fetchRequest,
  fetchResponse,
  type FetchResponse,
  type PartitionData,
} from '@ottla/protocol/messages/fetch';
import {
  fetchSnapshotRequest,
  fetchSnapshotResponse,
} from '@ottla/protocol/messages/fetch-snapshot';
import type { QuorumCore } from '../quorum-core.ts';
import type { LogPosition, Voter } from '../replica.ts';
import type { KnownNodes } from './known-nodes.ts';
import { METADATA_TOPIC, type MetadataLog } from './metadata-log.ts';
import type { RaftTransport, RequestKind } from './raft-transport.ts';

export interface FollowerFetcherOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly clusterId: string;
  readonly core: QuorumCore;
  readonly log: MetadataLog;
  readonly transport: RaftTransport;
  readonly nodes: KnownNodes;
  /** The core was given an event: perform what it asks for. */
  readonly stepped: () => Promise<void>;
}

const MAX_WAIT_MS = 500;
const TIMEOUT_MS = 2_000;
const RETRY_MS = 20;
const MAX_BYTES = 8 * 1024 * 1024;
const SNAPSHOT_CHUNK_BYTES = 1024 * 1024;
const FETCH: RequestKind<ReturnType<typeof fetchRequest.create>, FetchResponse> = {
  request: fetchRequest,
  response: fetchResponse,
};
const FETCH_SNAPSHOT = { request: fetchSnapshotRequest, response: fetchSnapshotResponse };

export class FollowerFetcher {
  readonly #options: FollowerFetcherOptions;
  #isRunning = false;
  #isClosed = false;
  #retry: Timer | undefined;
  /** An observer whose leader did not answer asks somebody else next, who may know a new one (as Kafka's observers do). */
  #isLeaderDoubtful = false;

  constructor(options: FollowerFetcherOptions) {
    this.#options = options;
  }

  /** Starts fetching when there is somebody to fetch from. */
  wake(): void {
    if (
      this.#isRunning ||
      this.#isClosed ||
      this.#retry !== undefined ||
      this.#source() === undefined
    )
      return;
    this.#isRunning = true;
    void this.#run();
  }

  close(): void {
    this.#isClosed = true;
    this.#retry?.cancel();
  }

  async #run(): Promise<void> {
    const { logger } = this.#options;
    try {
      for (
        let source = this.#source();
        source !== undefined && !this.#isClosed;
        source = this.#source()
      ) {
        if (!(await this.#fetch(source))) break;
      }
    } catch (error) {
      this.#isLeaderDoubtful = !this.#isLeaderDoubtful;
      logger.debug('a fetch of the metadata log failed', { error: String(error) });
    }
    this.#isRunning = false;
    if (this.#isClosed) return;
    this.#retry = this.#options.platform.timers.set(RETRY_MS, () => {
      this.#retry = undefined;
      this.wake();
    });
  }

  /** The leader; an observer without one asks any voter, who names it. */
  #source(): Voter | undefined {
    const { core, nodes, platform } = this.#options;
    const { role } = core;
    if (role.role !== 'follower' && (role.role !== 'unattached' || core.isVoter)) return undefined;
    const leader = role.role === 'follower' ? nodes.get(role.leaderId) : undefined;
    if (leader !== undefined && (core.isVoter || !this.#isLeaderDoubtful)) return leader;
    const others = nodes.others(core.self.id);
    return others.length === 0 ? leader : others[platform.random.below(others.length)];
  }

  /** One exchange. Returns false when it is better to wait a moment. */
  async #fetch(source: Voter): Promise<boolean> {
    const { core, log, transport, platform, clusterId, logger } = this.#options;
    const epoch = core.epoch;
    const request = fetchRequest.create({
      clusterId,
      // Since version 15 the replica is named here; `replicaId` cannot be sent any more.
      replicaState: { replicaId: core.self.id, replicaEpoch: -1 },
      maxWaitMs: MAX_WAIT_MS,
      maxBytes: MAX_BYTES,
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
              partitionMaxBytes: MAX_BYTES,
              replicaDirectoryId: core.self.directoryId,
              highWatermark: BigInt(Math.max(core.highWatermark, 0)),
            },
          ],
        },
      ],
    });
    const response = (await transport.send(
      source,
      FETCH,
      request,
      TIMEOUT_MS + MAX_WAIT_MS,
    )) as FetchResponse<Buffer>;
    const partition = response.responses[0]?.partitions[0];
    if (this.#isClosed) return false;
    if (partition === undefined || response.errorCode !== ErrorCode.NONE) {
      this.#isLeaderDoubtful = !this.#isLeaderDoubtful;
      logger.warn(`node ${source.id} refuses to give the metadata log`, {
        error: errorInfo(response.errorCode).name,
      });
      return false;
    }
    this.#isLeaderDoubtful = false;
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
      core.role.role !== 'follower' ||
      core.epoch !== epoch ||
      partition.errorCode !== ErrorCode.NONE
    ) {
      await this.#options.stepped();
      return core.epoch !== epoch;
    }
    const continues = await this.#take(source, epoch, partition);
    // Only records that continue this log say that its beginning is the leader's.
    const highWatermark = continues ? partition.highWatermark : -1;
    core.handleFetched(source.id, epoch, highWatermark, platform.clock.monotonicMs());
    await this.#options.stepped();
    return true;
  }

  /** Returns whether this node's log was a prefix of the leader's. */
  async #take(source: Voter, epoch: number, partition: PartitionData<Buffer>): Promise<boolean> {
    const { log } = this.#options;
    if (partition.snapshotId.endOffset >= 0) {
      await this.#download(source, epoch, {
        offset: partition.snapshotId.endOffset,
        epoch: partition.snapshotId.epoch,
      });
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

  /** Fetches a snapshot piece by piece into a partial file, and begins the log anew behind it. */
  async #download(source: Voter, epoch: number, id: LogPosition): Promise<void> {
    const { core, log, transport, platform, clusterId } = this.#options;
    const path = log.snapshotPath(id);
    const partial = `${path}.part`;
    await platform.disk.remove(partial);
    const file = await platform.disk.open(partial, 'write');
    let position = 0;
    try {
      for (let size = Infinity; position < size;) {
        const request = fetchSnapshotRequest.create({
          clusterId,
          replicaId: core.self.id,
          maxBytes: SNAPSHOT_CHUNK_BYTES,
          topics: [
            {
              name: METADATA_TOPIC,
              partitions: [
                {
                  partition: 0,
                  currentLeaderEpoch: epoch,
                  snapshotId: { endOffset: id.offset, epoch: id.epoch },
                  position,
                  replicaDirectoryId: core.self.directoryId,
                },
              ],
            },
          ],
        });
        const response = await transport.send(source, FETCH_SNAPSHOT, request, TIMEOUT_MS);
        const partition = response.topics[0]?.partitions[0];
        const bytes = partition?.unalignedRecords as Buffer | undefined;
        if (
          partition === undefined ||
          bytes === undefined ||
          partition.errorCode !== ErrorCode.NONE ||
          bytes.length === 0
        )
          throw new Error(`no more of snapshot ${id.offset}-${id.epoch} at byte ${position}`);
        await file.write([bytes], position);
        position += bytes.length;
        size = partition.size;
        core.handleFetched(source.id, epoch, core.highWatermark, platform.clock.monotonicMs());
      }
      await file.datasync();
    } finally {
      await file.close();
    }
    await platform.disk.rename(partial, path);
    await platform.disk.syncDirectory(log.directory);
    await log.startAt(id);
  }
}
