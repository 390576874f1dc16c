// The records of one partition that wait for a task. The head is decoded already, because its time decides whose turn it
// is; the others are as they came. Kafka: RecordQueue, RecordDeserializer.
import type { ConsumerRecord } from '@ottla/client';
import type { RecordContext } from '../processor/internal-context.ts';
import { type Headers, NO_HEADERS } from '../processor/record.ts';
import type { SourceRecord, TimestampExtractor } from '../processor/timestamp-extractor.ts';
import type { SourceNode } from './source-node.ts';

/** A record that is next in its partition: decoded, with its time. */
export class StampedRecord implements RecordContext, SourceRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly headers: Headers;
  readonly rawKey: Buffer | null;
  readonly rawValue: Buffer | null;
  readonly key: unknown;
  readonly value: unknown;
  readonly leaderEpoch: number;
  /** Nothing to process: it stands for records that were left out, so that their offsets are committed. */
  readonly isLeftOut: boolean;

  constructor(
    raw: ConsumerRecord,
    key: unknown,
    value: unknown,
    timestamp: number,
    isLeftOut: boolean,
  ) {
    this.topic = raw.topic;
    this.partition = raw.partition;
    this.offset = raw.offset;
    this.timestamp = timestamp;
    this.headers = raw.headers.length === 0 ? NO_HEADERS : raw.headers;
    this.rawKey = raw.key;
    this.rawValue = raw.value;
    this.key = key;
    this.value = value;
    this.leaderEpoch = raw.leaderEpoch;
    this.isLeftOut = isLeftOut;
  }
}

/** What a queue needs of its task. */
export interface RecordQueueOwner {
  readonly wallClockMs: number;
  recordDropped(count?: number): void;
  /** Decides about bytes that do not fit. @throws StreamsError when they must not be passed over */
  undecodable(raw: ConsumerRecord, node: string, error: unknown): void;
}

export class RecordQueue {
  readonly topic: string;
  readonly partition: number;
  readonly source: SourceNode;
  /** Highest time of a record taken from here; −1 before the first. */
  partitionTime = -1;
  /** Offset of the last record processed; −1 before the first. */
  consumedOffset = -1;
  /** Where the consumer would read on when nothing is buffered; −1 when unknown. */
  nextOffset = -1;
  nextLeaderEpoch = -1;
  /** Records on the broker that are not here yet; undefined when not known. */
  lag: number | undefined = undefined;
  /** Wall clock until which an empty queue is waited for; undefined: not waited for. */
  idleDeadlineMs: number | undefined = undefined;
  isPaused = false;
  #head: StampedRecord | undefined = undefined;
  #waiting: ConsumerRecord[] = [];
  #first = 0;
  readonly #extractTimestamp: TimestampExtractor;
  readonly #owner: RecordQueueOwner;

  constructor(
    partition: { readonly topic: string; readonly partition: number },
    source: SourceNode,
    defaultExtractor: TimestampExtractor,
    owner: RecordQueueOwner,
  ) {
    this.topic = partition.topic;
    this.partition = partition.partition;
    this.source = source;
    this.#extractTimestamp = source.timestampExtractor ?? defaultExtractor;
    this.#owner = owner;
  }

  /** Records here, the head included. */
  get size(): number {
    return this.#waiting.length - this.#first + (this.#head === undefined ? 0 : 1);
  }

  /** The next record, if there is one. */
  get head(): StampedRecord | undefined {
    return this.#head;
  }

  /** @returns how many there are now */
  add(records: readonly ConsumerRecord[]): number {
    if (this.#first === this.#waiting.length) {
      this.#waiting = [...records];
      this.#first = 0;
    } else {
      // Under constant load the list never runs empty: what was taken goes before it is the larger part.
      if (this.#first > this.#waiting.length / 2) {
        this.#waiting.splice(0, this.#first);
        this.#first = 0;
      }
      for (const record of records) this.#waiting.push(record);
    }
    this.#updateHead();
    return this.size;
  }

  /** Takes the head, which must be there. */
  poll(): StampedRecord {
    const record = this.#head!;
    this.#head = undefined;
    if (record.timestamp > this.partitionTime) this.partitionTime = record.timestamp;
    this.#updateHead();
    return record;
  }

  /** Forgets everything that waits. */
  clear(): void {
    this.#waiting = [];
    this.#first = 0;
    this.#head = undefined;
    this.partitionTime = -1;
    this.lag = undefined;
    this.idleDeadlineMs = undefined;
  }

  #updateHead(): void {
    let leftOut: ConsumerRecord | undefined;
    while (this.#head === undefined && this.#first < this.#waiting.length) {
      const raw = this.#waiting[this.#first]!;
      this.#first += 1;
      this.#head = this.#decode(raw);
      leftOut = raw;
    }
    if (this.#head === undefined && leftOut !== undefined)
      this.#head = new StampedRecord(leftOut, undefined, undefined, -1, true);
  }

  /** Undefined when the record is to be left out. */
  #decode(raw: ConsumerRecord): StampedRecord | undefined {
    const { source } = this;
    let key: unknown = null;
    let value: unknown = null;
    try {
      if (raw.key !== null)
        key = source.keySerde.deserialize(raw.key, source.keyContext(raw.topic));
      if (raw.value !== null)
        value = source.valueSerde.deserialize(raw.value, source.valueContext(raw.topic));
    } catch (error) {
      this.#owner.undecodable(raw, source.name, error);
      return undefined;
    }
    const record = new StampedRecord(raw, key, value, raw.timestamp, false);
    const timestamp = this.#extractTimestamp(record, this.partitionTime, this.#owner.wallClockMs);
    if (timestamp === raw.timestamp && timestamp >= 0) return record;
    if (!(timestamp >= 0)) {
      this.#owner.recordDropped();
      return undefined;
    }
    return new StampedRecord(raw, key, value, timestamp, false);
  }
}
