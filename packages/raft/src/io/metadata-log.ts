// The metadata log on disk: `__cluster_metadata-0` on a PartitionLog that syncs before it acknowledges, and the snapshots
// beside it. Kafka: KafkaRaftLog.
import type { AppendResult, LogDirectory, LogRegion, PartitionLog } from '@ottla/log';
import { LOG_CONFIG_DEFAULT } from '@ottla/log';
import type { Disk } from '@ottla/platform';
import { METADATA_TOPIC_ID } from '@ottla/protocol';
import { decodeBatches, type RecordBatch } from '@ottla/protocol/records';
import type { LogView } from '../quorum-options.ts';
import type { LogPosition } from '../replica.ts';
import { type QuorumRecord, VoterHistory } from '../voter-history.ts';
import { readQuorumRecord } from './control-records.ts';
import { readSnapshotFile, readSnapshotTimestamp } from './snapshot-file.ts';
import { SnapshotStore } from './snapshot-store.ts';

/** The log's topic; its partition is 0. */
export const METADATA_TOPIC = '__cluster_metadata';
/** Name of the log's folder. */
export const METADATA_LOG_FOLDER: string = `${METADATA_TOPIC}-0`;
const READ_BYTES = 1024 * 1024;

export interface MetadataLogSettings {
  /** `metadata.log.segment.bytes`. Default 1 GB. */
  readonly segmentBytes?: number;
  /** `metadata.log.segment.ms`. Default 7 days. */
  readonly segmentMs?: number;
  /** `metadata.max.retention.bytes`: log and snapshots beyond so much go, but for the newest snapshot. Default 100 MiB; −1 never. */
  readonly retentionBytes?: number;
  /** `metadata.max.retention.ms`: snapshots older than that go, but for the newest. Default 7 days; −1 never. */
  readonly retentionMs?: number;
}

const RETENTION_BYTES = 100 * 1024 * 1024;
const RETENTION_MS = 7 * 24 * 3_600_000;

export class MetadataLog implements LogView {
  readonly log: PartitionLog;
  readonly directory: string;
  /** What the log's control records say of the quorum, committed or not. */
  readonly voterHistory: VoterHistory = new VoterHistory();
  readonly #disk: Disk;
  readonly #snapshots: SnapshotStore;
  readonly #settings: MetadataLogSettings;
  /** The newest change that a leader asked for; one at a time. */
  #changing: Promise<unknown> = Promise.resolve();
  /** The newest round in which snapshots go. */
  #retiring: Promise<void> = Promise.resolve();

  private constructor(
    log: PartitionLog,
    disk: Disk,
    snapshots: SnapshotStore,
    settings: MetadataLogSettings,
  ) {
    this.log = log;
    this.directory = log.directory;
    this.#disk = disk;
    this.#snapshots = snapshots;
    this.#settings = settings;
  }

  /** Opens or creates the log; snapshots left half written are removed. */
  static async open(logs: LogDirectory, settings: MetadataLogSettings = {}): Promise<MetadataLog> {
    const { disk } = logs.context;
    const directory = `${logs.path}/${METADATA_LOG_FOLDER}`;
    await disk.mkdir(directory);
    const snapshots = await SnapshotStore.open(disk, directory);
    const log = await logs.openLog({
      topic: METADATA_TOPIC,
      partition: 0,
      config: {
        ...LOG_CONFIG_DEFAULT,
        flushMessages: 1,
        retentionMs: -1,
        maxMessageBytes: 8 * 1024 * 1024 + 64,
        segmentBytes: settings.segmentBytes ?? LOG_CONFIG_DEFAULT.segmentBytes,
        segmentMs: settings.segmentMs ?? LOG_CONFIG_DEFAULT.segmentMs,
        timestampAfterMaxMs: Infinity,
      },
    });
    const metadataFile = `${directory}/partition.metadata`;
    if ((await disk.stat(metadataFile)) === undefined)
      await disk.replaceFile(
        metadataFile,
        Buffer.from(`version: 0\ntopic_id: ${METADATA_TOPIC_ID}`),
      );
    const opened = new MetadataLog(log, disk, snapshots, settings);
    // After a crash the log may start where its first segment does: what is before the snapshot goes again.
    const oldest = snapshots.all.find(({ offset }) => offset >= log.logStartOffset);
    if (log.logStartOffset > 0 && oldest !== undefined && oldest.offset <= log.logEndOffset) {
      log.advanceHighWatermark(oldest.offset);
      await log.advanceLogStart(oldest.offset);
    }
    // Let go before a crash.
    snapshots.letGo(log.logStartOffset, -Infinity);
    await snapshots.deleteLeft(Infinity);
    // A snapshot that is ahead of the log replaces it: the log was lost, or the copy was cut short by a crash.
    const newest = opened.latestSnapshot;
    if (newest !== undefined && newest.offset > log.logEndOffset) await opened.startAt(newest);
    else await opened.#readHistory(newest);
    return opened;
  }

  get endOffset(): number {
    return this.log.logEndOffset;
  }

  get startOffset(): number {
    return this.log.logStartOffset;
  }

  /** Of the last record below `endOffset`; an append under way has given the log its epoch already. */
  get lastEpoch(): number {
    const latest = this.log.epochs.entries.findLast((entry) => entry.startOffset < this.endOffset);
    if (latest !== undefined) return latest.epoch;
    return this.latestSnapshot?.offset === this.endOffset ? (this.latestSnapshot?.epoch ?? 0) : 0;
  }

  endOffsetForEpoch(epoch: number): LogPosition | undefined {
    const { endOffset, lastEpoch, startOffset } = this;
    if (epoch >= lastEpoch) return { offset: endOffset, epoch: lastEpoch };
    const { epoch: found, endOffset: end } = this.log.endOffsetForEpoch(epoch);
    if (end > startOffset) return { offset: end, epoch: found };
    // Nothing so old is in the log: the snapshot that stands for what is before its start must say.
    const before = this.#snapshots.all.find((snapshot) => snapshot.offset === startOffset);
    return before !== undefined && before.epoch <= epoch ? before : undefined;
  }

  get latestSnapshot(): LogPosition | undefined {
    return this.#snapshots.latest;
  }

  /** Oldest first; the log starts at the end of one of them, or at 0. */
  get snapshots(): readonly LogPosition[] {
    return this.#snapshots.all;
  }

  /** Whether a snapshot can be read, be it on its way out. */
  hasSnapshot(id: LogPosition): boolean {
    return this.#snapshots.has(id);
  }

  snapshotPath(id: LogPosition): string {
    return this.#snapshots.path(id);
  }

  append(bytes: Buffer, epoch: number): Promise<AppendResult> {
    return this.log.appendAsLeader(bytes, { leaderEpoch: epoch, origin: 'coordinator' });
  }

  /** Appends what the leader gave. */
  async appendAsFollower(bytes: Buffer): Promise<void> {
    await this.#change(
      this.log.appendAsFollower(bytes).then(() => this.#learn(decodeBatches(bytes))),
    );
  }

  /** Cuts off everything at and above `offset`. */
  cutAt(offset: number): Promise<void> {
    return this.#change(
      this.log.truncateTo(offset).then(() => this.voterHistory.truncateTo(this.endOffset)),
    );
  }

  /** Resolves when nothing is on its way into the log, and it is not being cut. */
  async idle(): Promise<void> {
    await this.#changing.catch(() => undefined);
    await this.log.truncateTo(Infinity);
  }

  /** Snapshots go in one round after the other: none vanishes while another round looks into it. */
  #retire(round: () => Promise<void>): Promise<void> {
    const done = this.#retiring.then(round);
    this.#retiring = done.catch(() => undefined);
    return done;
  }

  #change<T>(change: Promise<T>): Promise<T> {
    this.#changing = change;
    return change;
  }

  /** Batches from `offset` (inclusive) up to `endOffset` (exclusive), about a megabyte at a time by default; empty at the end. */
  async read(
    offset: number,
    endOffset: number,
    maxBytes: number = READ_BYTES,
  ): Promise<RecordBatch[]> {
    const region = await this.log.read({
      offset,
      maxBytes,
      endOffset,
      minOneBatch: true,
    });
    return [...decodeBatches(await drain(region))].filter((batch) => batch.lastOffset < endOffset);
  }

  /** What the newest snapshot says of the quorum, then what the log says behind it. */
  async #readHistory(snapshot: LogPosition | undefined): Promise<void> {
    if (snapshot !== undefined)
      this.voterHistory.restart(snapshot.offset, await this.#quorumOf(snapshot));
    for (let offset = Math.max(this.startOffset, snapshot?.offset ?? 0); offset < this.endOffset;) {
      const batches = await this.read(offset, this.endOffset);
      const last = batches.at(-1);
      if (last === undefined) break;
      this.#learn(batches);
      offset = last.nextOffset;
    }
  }

  /** What a snapshot says of the quorum. */
  async #quorumOf(id: LogPosition): Promise<QuorumRecord> {
    const { voters, kraftVersion } = await readSnapshotFile(this.#disk, this.snapshotPath(id));
    return {
      ...(voters === undefined ? {} : { voters }),
      ...(kraftVersion === undefined ? {} : { kraftVersion }),
    };
  }

  #learn(batches: Iterable<RecordBatch>): void {
    for (const batch of batches) {
      if (!batch.isControlBatch) continue;
      for (const record of batch.records()) {
        const said = readQuorumRecord(record);
        if (said !== undefined) this.voterHistory.add(record.offset, said);
      }
    }
  }

  /** Notes a snapshot that is on disk now. */
  addSnapshot(id: LogPosition): void {
    this.#snapshots.add(id);
    this.voterHistory.forgetBefore(id.offset);
  }

  /**
   * Lets go of the oldest snapshots, and of the log before what then is the oldest, while they are too many bytes or too
   * old. The newest snapshot stays, and with it everything that it does not hold.
   *
   * @param nowMs milliseconds since 1970
   */
  clean(nowMs: number): Promise<void> {
    return this.#retire(() => this.#clean(nowMs));
  }

  async #clean(nowMs: number): Promise<void> {
    const { log } = this;
    for (;;) {
      const [oldest, next] = this.#snapshots.all;
      if (oldest === undefined || next === undefined || next.offset > log.highWatermark) break;
      if (!(await this.#isDue(oldest, nowMs))) break;
      await log.advanceLogStart(next.offset);
      this.#snapshots.letGo(next.offset, nowMs);
    }
    await this.#snapshots.deleteLeft(nowMs);
  }

  async #isDue(oldest: LogPosition, nowMs: number): Promise<boolean> {
    const { retentionBytes = RETENTION_BYTES, retentionMs = RETENTION_MS } = this.#settings;
    if (retentionBytes >= 0) {
      const sizeBytes = this.log.sizeBytes + (await this.#snapshots.sizeBytes());
      if (sizeBytes > retentionBytes) return true;
    }
    if (retentionMs < 0) return false;
    const timestampMs = await readSnapshotTimestamp(this.#disk, this.snapshotPath(oldest));
    return nowMs - timestampMs > retentionMs;
  }

  /** The log becomes empty at a snapshot's end. */
  async startAt(id: LogPosition): Promise<void> {
    const quorum = await this.#quorumOf(id);
    // It is known before the log begins behind it, so that nobody looks in vain for what is before.
    this.#snapshots.add(id);
    await this.#change(
      this.log
        .truncateFullyAndStartAt(id.offset)
        .then(() => this.voterHistory.restart(id.offset, quorum)),
    );
    await this.#retire(() => {
      this.#snapshots.letGo(id.offset, -Infinity);
      return this.#snapshots.deleteLeft(Infinity);
    });
  }
}

/** All bytes of a region. */
export async function drain(region: LogRegion): Promise<Buffer> {
  const parts: Buffer[] = [];
  let taken = 0;
  try {
    while (taken < region.sizeBytes) {
      const chunk = await region.next(region.sizeBytes - taken);
      parts.push(Buffer.from(chunk.bytes));
      taken += chunk.bytes.length;
      chunk.release();
    }
  } finally {
    region.release();
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
