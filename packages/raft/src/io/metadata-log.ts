// The metadata log on disk: `__cluster_metadata-0` on a PartitionLog that syncs before it acknowledges, and the snapshots
// beside it. Kafka: KafkaRaftLog.
import type { AppendResult, LogDirectory, LogRegion, PartitionLog } from '@ottla/log';
import { LOG_CONFIG_DEFAULT } from '@ottla/log';
import type { Disk } from '@ottla/platform';
import { METADATA_TOPIC_ID } from '@ottla/protocol';
import { decodeBatches, type RecordBatch } from '@ottla/protocol/records';
import type { LogView } from '../quorum-options.ts';
import type { LogPosition } from '../replica.ts';
import { VoterHistory } from '../voter-history.ts';
import { readQuorumRecord } from './control-records.ts';
import { parseSnapshotFileName, readSnapshotFile, snapshotFileName } from './snapshot-file.ts';

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
}

export class MetadataLog implements LogView {
  readonly log: PartitionLog;
  readonly directory: string;
  /** What the log's control records say of the quorum, committed or not. */
  readonly voterHistory: VoterHistory = new VoterHistory();
  readonly #disk: Disk;
  #snapshots: LogPosition[];
  /** The newest change that a leader asked for; one at a time. */
  #changing: Promise<unknown> = Promise.resolve();

  private constructor(log: PartitionLog, disk: Disk, snapshots: LogPosition[]) {
    this.log = log;
    this.directory = log.directory;
    this.#disk = disk;
    this.#snapshots = snapshots;
  }

  /** Opens or creates the log; snapshots left half written are removed. */
  static async open(logs: LogDirectory, settings: MetadataLogSettings = {}): Promise<MetadataLog> {
    const { disk } = logs.context;
    const directory = `${logs.path}/${METADATA_LOG_FOLDER}`;
    await disk.mkdir(directory);
    const snapshots: LogPosition[] = [];
    for (const name of await disk.readdir(directory)) {
      if (name.endsWith('.part') || name.endsWith('.tmp'))
        await disk.remove(`${directory}/${name}`);
      const id = parseSnapshotFileName(name);
      if (id !== undefined) snapshots.push(id);
    }
    snapshots.sort((a, b) => a.offset - b.offset);
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
    const opened = new MetadataLog(log, disk, snapshots);
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
    const before = this.#snapshots.find((snapshot) => snapshot.offset === startOffset);
    return before !== undefined && before.epoch <= epoch ? before : undefined;
  }

  get latestSnapshot(): LogPosition | undefined {
    return this.#snapshots.at(-1);
  }

  get snapshots(): readonly LogPosition[] {
    return this.#snapshots;
  }

  snapshotPath(id: LogPosition): string {
    return `${this.directory}/${snapshotFileName(id)}`;
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

  #change<T>(change: Promise<T>): Promise<T> {
    this.#changing = change;
    return change;
  }

  /** Batches from `offset` (inclusive) up to `endOffset` (exclusive), about a megabyte at a time; empty at the end. */
  async read(offset: number, endOffset: number): Promise<RecordBatch[]> {
    const region = await this.log.read({
      offset,
      maxBytes: READ_BYTES,
      endOffset,
      minOneBatch: true,
    });
    return [...decodeBatches(await drain(region))].filter((batch) => batch.lastOffset < endOffset);
  }

  /** What the newest snapshot says of the quorum, then what the log says behind it. */
  async #readHistory(snapshot: LogPosition | undefined): Promise<void> {
    if (snapshot !== undefined) await this.#restartHistory(snapshot);
    for (let offset = Math.max(this.startOffset, snapshot?.offset ?? 0); offset < this.endOffset;) {
      const batches = await this.read(offset, this.endOffset);
      const last = batches.at(-1);
      if (last === undefined) break;
      this.#learn(batches);
      offset = last.nextOffset;
    }
  }

  async #restartHistory(id: LogPosition): Promise<void> {
    const { voters, kraftVersion } = await readSnapshotFile(this.#disk, this.snapshotPath(id));
    this.voterHistory.restart(id.offset, {
      ...(voters === undefined ? {} : { voters }),
      ...(kraftVersion === undefined ? {} : { kraftVersion }),
    });
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

  /** Notes a snapshot that is on disk now, and lets go of what it makes superfluous: older snapshots, whole old segments. */
  async addSnapshot(id: LogPosition): Promise<void> {
    const older = this.#snapshots.filter((snapshot) => snapshot.offset < id.offset);
    this.#snapshots = [id];
    for (const snapshot of older) await this.#disk.remove(this.snapshotPath(snapshot));
    this.voterHistory.forgetBefore(id.offset);
    if (id.offset > this.log.logStartOffset && id.offset <= this.log.highWatermark)
      await this.log.advanceLogStart(id.offset);
  }

  /** The log becomes empty at a snapshot's end. */
  async startAt(id: LogPosition): Promise<void> {
    await this.#change(
      this.log.truncateFullyAndStartAt(id.offset).then(() => this.#restartHistory(id)),
    );
    this.#snapshots = [...this.#snapshots.filter((snapshot) => snapshot.offset < id.offset), id];
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
