// The producer: gathers records into batches by partition, within bounded memory, and hands closed batches to the sender.
// Idempotent by default, acks=all, ordered over retries. Kafka: KafkaProducer, RecordAccumulator; KIP-98, KIP-679.
import type { Timer } from '@ottla/platform';
import { Compression, RecordBatchBuilder, type RecordHeader } from '@ottla/protocol/records';
import { Cluster } from '../connection/cluster.ts';
import { type KafkaError, UsageError } from '../errors.ts';
import { type ClientOptions, resolveOptions } from '../options.ts';
import type { TopicType } from '../topic-type.ts';
import { MemoryBound } from './memory-bound.ts';
import type { CompressionType, PartitionBatch, RecordMetadata } from './partition-batch.ts';
import { Partitioner } from './partitioner.ts';
import { Sender } from './sender.ts';
import { TypedProducer } from './typed-producer.ts';

/** A value that goes out as bytes: text as UTF-8. */
export type Bytes = Uint8Array | string;

export interface ProducerRecord {
  readonly topic: string;
  /** Default: by key, or spread. */
  readonly partition?: number | undefined;
  readonly key?: Bytes | null | undefined;
  readonly value: Bytes | null;
  /** In order; a name may come twice. */
  readonly headers?: readonly (readonly [string, Bytes | null])[] | undefined;
  /** Milliseconds since 1970; default now. */
  readonly timestamp?: number | undefined;
}

export interface ProducerOptions extends ClientOptions {
  /** Whose copy counts: `all` in-sync replicas, the `leader`'s, or `none` (then offsets are −1). Default `all`. */
  readonly acks?: 'all' | 'leader' | 'none';
  /** No duplicates by retries; needs `acks: 'all'`. Default true with `all`. */
  readonly idempotent?: boolean;
  /** Default `none`. */
  readonly compression?: CompressionType;
  /** How long a batch may wait for company, milliseconds. Default 5. */
  readonly lingerMs?: number;
  /** Default 16,384. */
  readonly batchSizeBytes?: number;
  /** Records that wait or are under way; a `send` beyond waits. Default 32 MB. */
  readonly bufferMemoryBytes?: number;
  /** From `send` to success or failure, milliseconds. Default 120,000. */
  readonly deliveryTimeoutMs?: number;
  /** Default 1 MB. */
  readonly maxRequestBytes?: number;
  /** Whether an unknown topic may be created by the broker's rules. Default true. */
  readonly allowAutoTopicCreation?: boolean;
}

/** Told once for each record: an error, or where it is. Must not throw. */
export type OnDelivery = (
  error: KafkaError | undefined,
  metadata: RecordMetadata | undefined,
) => void;

const RECORD_OVERHEAD_BYTES = 24;

export class Producer {
  readonly #cluster: Cluster;
  readonly #sender: Sender;
  readonly #memory: MemoryBound;
  readonly #partitioner: Partitioner;
  readonly #open = new Map<string, PartitionBatch>();
  readonly #compression: CompressionType;
  readonly #lingerMs: number;
  readonly #batchSizeBytes: number;
  readonly #deliveryTimeoutMs: number;
  readonly #allowAutoTopicCreation: boolean;
  /** Sends that wait for their topic or for memory. */
  readonly #entries = new Set<Promise<unknown>>();
  /** The last `enqueue` that had to wait: later ones wait behind it. */
  #lastWait: Promise<void> | undefined;
  #flushCount = 0;
  #lingerTimer: Timer | undefined;
  #isClosed = false;

  constructor(options: ProducerOptions) {
    const acks = options.acks ?? 'all';
    const idempotent = options.idempotent ?? acks === 'all';
    if (idempotent && acks !== 'all')
      throw new UsageError(
        `an idempotent producer needs acks 'all', not '${acks}': set idempotent: false, or leave acks out`,
      );
    if (options.compression !== undefined && !(options.compression in Compression))
      throw new UsageError(
        `compression '${options.compression}' is none of ${Object.keys(Compression).join(', ')}`,
      );
    this.#cluster = new Cluster(resolveOptions(options));
    this.#memory = new MemoryBound(options.bufferMemoryBytes ?? 32 * 1024 * 1024);
    this.#partitioner = new Partitioner((bound) =>
      this.#cluster.options.platform.random.below(bound),
    );
    this.#compression = options.compression ?? 'none';
    this.#lingerMs = options.lingerMs ?? 5;
    this.#batchSizeBytes = options.batchSizeBytes ?? 16_384;
    this.#deliveryTimeoutMs = options.deliveryTimeoutMs ?? 120_000;
    this.#allowAutoTopicCreation = options.allowAutoTopicCreation ?? true;
    this.#sender = new Sender(
      this.#cluster,
      {
        acks: acks === 'all' ? -1 : acks === 'leader' ? 1 : 0,
        idempotent,
        maxRequestBytes: options.maxRequestBytes ?? 1024 * 1024,
        requestTimeoutMs: this.#cluster.options.requestTimeoutMs,
      },
      (batch) => this.#memory.give(batch.reservedBytes),
    );
  }

  /** Sends a record; resolves when the broker has it as `acks` says. Waits while the memory is full. */
  send(record: ProducerRecord): Promise<RecordMetadata> {
    return new Promise((resolve, reject) => {
      this.#entering(this.#admitAndAppend(record, resolve, reject)).catch(reject);
    });
  }

  /** Sends many records and waits once. @throws the first error; the others may have been written */
  async sendBatch(records: readonly ProducerRecord[]): Promise<{ readonly recordCount: number }> {
    if (records.length === 0) return { recordCount: 0 };
    let left = records.length;
    let failure: KafkaError | undefined;
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const done = (): void => {
      left -= 1;
      if (left === 0) finish();
    };
    const failed = (error: KafkaError): void => {
      failure ??= error;
      done();
    };
    await this.#entering(this.#appendAll(records, done, failed));
    await finished;
    if (failure !== undefined) throw failure;
    return { recordCount: records.length };
  }

  /**
   * Takes a record without a promise of its own: the fast path. Records of a partition are written in the order of the calls.
   *
   * @returns nothing when the record was taken; else a promise to wait for: resolved when it was taken, rejected when it
   *   cannot be (no such topic, memory not free in time, closed), and then `onDelivery` is not called
   */
  enqueue(record: ProducerRecord, onDelivery: OnDelivery = ignoreDelivery): void | Promise<void> {
    const resolve = (metadata: RecordMetadata): void => onDelivery(undefined, metadata);
    const reject = (error: KafkaError): void => onDelivery(error, undefined);
    if (this.#lastWait === undefined && !this.#needsWait(record)) {
      this.#append(record, sizeOf(record), resolve, reject);
      return undefined;
    }
    const before = this.#lastWait ?? Promise.resolve();
    const taken = this.#entering(before.then(() => this.#admitAndAppend(record, resolve, reject)));
    const settled = taken
      .catch(() => undefined)
      .then(() => {
        if (this.#lastWait === settled) this.#lastWait = undefined;
      });
    this.#lastWait = settled;
    return taken;
  }

  /** A producer of one topic, with its types. */
  topic<K, V>(type: TopicType<K, V>): TypedProducer<K, V> {
    return new TypedProducer(this, type);
  }

  /** Sends everything now and waits for it, what still waits for its topic or for memory included. */
  async flush(): Promise<void> {
    this.#flushCount += 1;
    try {
      for (const batch of this.#open.values()) this.#close(batch);
      await Promise.allSettled(this.#entries);
      await this.#sender.idle();
    } finally {
      this.#flushCount -= 1;
    }
  }

  /** Sends what is left, waits for it, and disconnects. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.flush();
    this.#isClosed = true;
    this.#lingerTimer?.cancel();
    this.#sender.close(new UsageError('the producer was closed', 'CLOSED'));
    await this.#cluster.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #admitAndAppend(
    record: ProducerRecord,
    resolve: (metadata: RecordMetadata) => void,
    reject: (error: KafkaError) => void,
  ): Promise<void> {
    const size = await this.#admit(record);
    this.#append(record, size, resolve, reject);
  }

  async #appendAll(
    records: readonly ProducerRecord[],
    done: () => void,
    failed: (error: KafkaError) => void,
  ): Promise<void> {
    for (const record of records) {
      const size = this.#needsWait(record) ? await this.#admit(record) : sizeOf(record);
      this.#append(record, size, done, failed);
    }
  }

  /** Keeps in mind what is on its way into the batches, for `flush`. */
  async #entering<T>(entry: Promise<T>): Promise<T> {
    this.#entries.add(entry);
    try {
      return await entry;
    } finally {
      this.#entries.delete(entry);
    }
  }

  #needsWait(record: ProducerRecord): boolean {
    if (this.#isClosed) return true;
    const topic = this.#cluster.metadata.topics.get(record.topic);
    if (topic === undefined || topic.errorCode !== 0) return true;
    return !this.#memory.tryTake(sizeOf(record));
  }

  async #admit(record: ProducerRecord): Promise<number> {
    if (this.#isClosed) throw new UsageError('the producer was closed', 'CLOSED');
    const topic = await this.#cluster.topic(record.topic, this.#allowAutoTopicCreation);
    if (
      record.partition !== undefined &&
      (record.partition < 0 || record.partition >= topic.partitions.length)
    )
      throw new UsageError(
        `topic ${record.topic} has partitions 0 to ${topic.partitions.length - 1}, not ${record.partition}`,
        'INVALID_ARGUMENT',
        { topic: record.topic, partition: record.partition },
      );
    const size = sizeOf(record);
    await this.#memory.take(size);
    return size;
  }

  #append(
    record: ProducerRecord,
    size: number,
    resolve: (metadata: RecordMetadata) => void,
    reject: (error: KafkaError) => void,
  ): void {
    const key = toBuffer(record.key ?? null);
    const value = toBuffer(record.value);
    const headers = toHeaders(record.headers);
    const partitions = this.#cluster.metadata.topics.get(record.topic)?.partitions.length ?? 1;
    const partition = record.partition ?? this.#partitioner.choose(record.topic, key, partitions);
    const timestamp = record.timestamp ?? this.#cluster.options.platform.clock.nowMs();
    const batch = this.#batchFor(record.topic, partition, key, value, headers);
    const index = batch.builder.recordCount;
    batch.builder.append(timestamp, key, value, headers);
    batch.reservedBytes += size;
    batch.waiters.push({ index, timestamp, resolve, reject });
    // While a flush waits, nothing lingers: what it waits for may need the memory of this batch.
    if (
      this.#flushCount > 0 ||
      this.#lingerMs === 0 ||
      batch.builder.estimatedBytes >= this.#batchSizeBytes
    )
      this.#close(batch);
    else this.#linger();
  }

  #batchFor(
    topic: string,
    partition: number,
    key: Buffer | null,
    value: Buffer | null,
    headers: readonly RecordHeader[],
  ): PartitionBatch {
    const name = `${topic}-${partition}`;
    const open = this.#open.get(name);
    if (open !== undefined && open.builder.hasRoomFor(key, value, headers)) return open;
    if (open !== undefined) this.#close(open);
    const now = this.#cluster.options.platform.clock.monotonicMs();
    const batch: PartitionBatch = {
      topic,
      partition,
      builder: new RecordBatchBuilder({
        compression: Compression[this.#compression],
        maxBytes: this.#batchSizeBytes,
      }),
      waiters: [],
      reservedBytes: 0,
      createdMs: now,
      deadlineMs: now + this.#deliveryTimeoutMs,
      bytes: undefined,
      baseSequence: -1,
      attempts: 0,
      notBeforeMs: 0,
    };
    this.#open.set(name, batch);
    return batch;
  }

  #close(batch: PartitionBatch): void {
    const name = `${batch.topic}-${batch.partition}`;
    if (this.#open.get(name) === batch) this.#open.delete(name);
    this.#partitioner.batchClosed(batch.topic, batch.partition);
    this.#sender.push(batch);
  }

  /** One timer for all batches: the oldest is the first that is due. */
  #linger(): void {
    if (this.#lingerTimer !== undefined) return;
    this.#lingerTimer = this.#cluster.options.platform.timers.set(this.#lingerMs, () => {
      this.#lingerTimer = undefined;
      const now = this.#cluster.options.platform.clock.monotonicMs();
      for (const batch of this.#open.values())
        if (now - batch.createdMs >= this.#lingerMs - 1) this.#close(batch);
      if (this.#open.size > 0) this.#linger();
    });
  }
}

function ignoreDelivery(): void {
  // The caller does not want to know.
}

function sizeOf(record: ProducerRecord): number {
  let size = RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of record.headers ?? []) size += name.length + (value?.length ?? 0) + 4;
  return size;
}

function toBuffer(bytes: Bytes | null): Buffer | null {
  if (bytes === null) return null;
  if (typeof bytes === 'string') return Buffer.from(bytes);
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const NO_HEADERS: readonly RecordHeader[] = [];

function toHeaders(headers: ProducerRecord['headers']): readonly RecordHeader[] {
  if (headers === undefined || headers.length === 0) return NO_HEADERS;
  return headers.map(([key, value]) => ({ key, value: toBuffer(value) }));
}
