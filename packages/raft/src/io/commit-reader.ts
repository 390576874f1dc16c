// Hands committed batches to the listener, in order, and a leader's claim only behind everything before its epoch.
// Kafka: KafkaRaftClient.ListenerContext.
import type { Logger, Platform } from '@ottla/platform';
import type { RecordBatch } from '@ottla/protocol/records';
import type { LogPosition } from '../replica.ts';
import type { MetadataLog } from './metadata-log.ts';
import { type ReadSnapshot, readSnapshotFile } from './snapshot-file.ts';

/** A committed batch of data records. */
export interface CommittedBatch {
  readonly baseOffset: number;
  readonly epoch: number;
  /** Milliseconds since 1970. */
  readonly appendTimestampMs: number;
  readonly values: readonly Buffer[];
  readonly sizeBytes: number;
}

export interface LoadedSnapshot {
  readonly id: LogPosition;
  readonly lastContainedLogTimestampMs: number;
  readonly values: readonly Buffer[];
}

export interface KnownLeader {
  /** −1 when nobody is known to lead. */
  readonly leaderId: number;
  readonly epoch: number;
  /** This node leads and may append. */
  readonly isLocal: boolean;
}

export interface QuorumNodeListener {
  /** Each batch once, in order; control batches are left out. */
  handleCommit(batches: readonly CommittedBatch[]): void;
  /** Replaces everything told before. */
  handleSnapshot(snapshot: LoadedSnapshot): void;
  handleLeaderChange(leader: KnownLeader): void;
}

/** What is told in one turn, but for a single batch that is larger: some hundred records. */
const PIECE_BYTES = 64 * 1024;

interface Claim extends KnownLeader {
  /** Told once everything below (exclusive) was delivered. */
  readonly afterOffset: number;
}

export class CommitReader {
  readonly #log: MetadataLog;
  readonly #platform: Pick<Platform, 'disk' | 'timers'>;
  readonly #logger: Logger;
  readonly #failed: (error: unknown) => void;
  #listener: QuorumNodeListener | undefined;
  #delivered = -1;
  #highWatermark = 0;
  #claims: Claim[] = [];
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(
    log: MetadataLog,
    platform: Pick<Platform, 'disk' | 'timers'>,
    logger: Logger,
    failed: (error: unknown) => void,
  ) {
    this.#log = log;
    this.#platform = platform;
    this.#logger = logger;
    this.#failed = failed;
  }

  register(listener: QuorumNodeListener): void {
    this.#listener = listener;
    this.#wake();
  }

  committed(highWatermark: number): void {
    this.#highWatermark = Math.max(this.#highWatermark, highWatermark);
    this.#wake();
  }

  leaderChanged(
    change: { readonly leaderId: number | undefined; readonly epoch: number },
    selfId: number,
    logEndOffset: number,
  ): void {
    const isLocal = change.leaderId === selfId;
    // Own claim: behind the leader change record, which is the last one appended. Others': at once.
    this.#claims.push({
      leaderId: change.leaderId ?? -1,
      epoch: change.epoch,
      isLocal,
      afterOffset: isLocal ? logEndOffset : 0,
    });
    this.#wake();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  #wake(): void {
    if (this.#running !== undefined || this.#listener === undefined || this.#isClosed) return;
    this.#running = this.#deliver(this.#listener)
      .catch((error: unknown) => {
        // What could not be told now could not be told in the next turn either: nothing is told any more.
        this.#isClosed = true;
        this.#failed(error);
      })
      .finally(() => {
        this.#running = undefined;
        if (this.#hasWork()) this.#wake();
      });
  }

  #hasWork(): boolean {
    return this.#delivered < this.#highWatermark || this.#dueClaim() !== undefined;
  }

  async #deliver(listener: QuorumNodeListener): Promise<void> {
    if (this.#delivered < 0) await this.#begin(listener);
    for (;;) {
      if (this.#isClosed) return;
      const claim = this.#dueClaim();
      if (claim !== undefined) {
        this.#claims = this.#claims.filter((other) => other !== claim);
        listener.handleLeaderChange({
          leaderId: claim.leaderId,
          epoch: claim.epoch,
          isLocal: claim.isLocal,
        });
        continue;
      }
      if (this.#delivered >= this.#highWatermark) return;
      if (this.#delivered < this.#log.startOffset) await this.#begin(listener);
      else await this.#deliverBatches(listener);
      // Whoever is behind hears a piece at a time, and serves others in between.
      if (this.#delivered < this.#highWatermark)
        await new Promise<void>((resolve) => this.#platform.timers.yield(resolve));
    }
  }

  /** The first claim that is due, but none before an older one; a newer claim makes those void that still wait. */
  #dueClaim(): Claim | undefined {
    const isDue = (claim: Claim): boolean => claim.afterOffset <= Math.max(this.#delivered, 0);
    while (this.#claims.length > 1 && !isDue(this.#claims[0]!)) this.#claims.shift();
    const first = this.#claims[0];
    return first !== undefined && isDue(first) ? first : undefined;
  }

  async #begin(listener: QuorumNodeListener): Promise<void> {
    const id = this.#log.latestSnapshot;
    if (id === undefined || id.offset === 0) {
      this.#delivered = Math.max(this.#delivered, this.#log.startOffset);
      return;
    }
    const snapshot = await this.#readSnapshot(id);
    if (this.#isClosed) return;
    if (snapshot === undefined) return this.#begin(listener);
    listener.handleSnapshot({
      id,
      lastContainedLogTimestampMs: snapshot.lastContainedLogTimestampMs,
      values: snapshot.values,
    });
    this.#delivered = id.offset;
    this.#highWatermark = Math.max(this.#highWatermark, id.offset);
  }

  /** Undefined when the log began anew behind another one meanwhile, and this one went. */
  async #readSnapshot(id: LogPosition): Promise<ReadSnapshot | undefined> {
    try {
      return await readSnapshotFile(this.#platform.disk, this.#log.snapshotPath(id));
    } catch (error) {
      if (this.#log.latestSnapshot !== id) return undefined;
      throw error;
    }
  }

  /** Undefined when the log began anew behind a snapshot while it was read: the snapshot comes next. */
  async #readBatches(): Promise<RecordBatch[] | undefined> {
    try {
      return await this.#log.read(this.#delivered, this.#highWatermark, PIECE_BYTES);
    } catch (error) {
      if (this.#delivered < this.#log.startOffset) return undefined;
      throw error;
    }
  }

  async #deliverBatches(listener: QuorumNodeListener): Promise<void> {
    const batches = await this.#readBatches();
    if (batches === undefined) return;
    const last = batches.at(-1);
    if (last === undefined) {
      this.#logger.error('committed batches are missing from the metadata log', {
        offset: this.#delivered,
      });
      throw new Error(
        `nothing to read at ${this.#delivered} below the high watermark ${this.#highWatermark}`,
      );
    }
    const committed: CommittedBatch[] = [];
    for (const batch of batches) {
      if (batch.isControlBatch) continue;
      const values: Buffer[] = [];
      for (const record of batch.records()) if (record.value !== null) values.push(record.value);
      committed.push({
        baseOffset: batch.baseOffset,
        epoch: batch.partitionLeaderEpoch,
        appendTimestampMs: batch.maxTimestamp,
        values,
        sizeBytes: batch.sizeInBytes,
      });
    }
    this.#delivered = last.nextOffset;
    if (committed.length > 0) listener.handleCommit(committed);
  }
}
