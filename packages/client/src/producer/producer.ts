// The producer: takes records within bounded memory, gathers them into batches, and sees to it that each is written once and
// in order, or that its sender hears why not. Idempotent by default, acks=all. Kafka: KafkaProducer; KIP-98, KIP-679.
import type { RecordHeader } from '@ottla/protocol/records';
import { Cluster } from '../connection/cluster.ts';
import { UsageError } from '../errors.ts';
import type { PartitionMetadata, TopicMetadata } from '../metadata/cluster-metadata.ts';
import { resolveOptions } from '../options.ts';
import type { TopicType } from '../topic-type.ts';
import { AdmissionLine } from './admission.ts';
import { type Delivery, DeliveryGroup, type OnDelivery, type RecordMetadata } from './delivery.ts';
import { FlushGate } from './flush-gate.ts';
import type { HeldPartition } from './held-partition.ts';
import { MemoryBound } from './memory-bound.ts';
import type { Outcome } from './outcome.ts';
import { StickyPartitioner } from './partitioner.ts';
import {
  type ProducerOptions,
  resolveProducerOptions,
  type ResolvedProducerOptions,
} from './producer-options.ts';
import {
  type ProducerRecord,
  requireTimestamp,
  sizeOf,
  toBuffer,
  toHeaders,
} from './producer-record.ts';
import { ProducerTopic } from './producer-topic.ts';
import { RecordAccumulator } from './record-accumulator.ts';
import { Sender } from './sender.ts';
import { TypedProducer } from './typed-producer.ts';

export interface SendOptions {
  /** Ends the waiting. A record that was taken before may be written all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** A record that could not be taken at once. */
interface WaitingRecord {
  readonly partition: number | undefined;
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
  readonly sizeBytes: number;
  readonly delivery: Delivery;
}

export class Producer {
  readonly #options: ResolvedProducerOptions;
  readonly #cluster: Cluster;
  readonly #sender: Sender;
  readonly #accumulator: RecordAccumulator;
  readonly #memory: MemoryBound;
  readonly #gate = new FlushGate();
  readonly #topics = new Map<string, ProducerTopic<WaitingRecord>>();
  /** Records that wait for their topic or for memory. */
  readonly #entries = new Set<Promise<void>>();
  #flushCount = 0;
  #closing: Promise<void> | undefined;
  #isAborted = false;

  constructor(options: ProducerOptions) {
    this.#options = resolveProducerOptions(options);
    this.#cluster = new Cluster(resolveOptions(options));
    const { platform, requestTimeoutMs: timeoutMs } = this.#cluster.options;
    this.#memory = new MemoryBound(this.#options.bufferMemoryBytes, platform);
    this.#sender = new Sender(this.#cluster, { ...this.#options.sender, timeoutMs }, (outcome) =>
      this.#settled(outcome),
    );
    this.#accumulator = new RecordAccumulator({
      format: this.#options.format,
      deliveryTimeoutMs: this.#options.deliveryTimeoutMs,
      clock: platform.clock,
      gate: this.#gate,
      wake: (queue) => {
        this.#cluster.refreshWhenOld(this.#topics.keys());
        this.#sender.wake(queue);
      },
    });
  }

  /**
   * Sends a record; resolves when the broker has it as `acks` says. Waits while the memory is full.
   * @throws KafkaError: see the README; the signal's reason
   */
  send(record: ProducerRecord, { signal }: SendOptions = NO_OPTIONS): Promise<RecordMetadata> {
    return new Promise((resolve, reject) => {
      if (signal === undefined) {
        this.#take(record, (error, metadata) => {
          if (error === undefined) resolve(metadata!);
          else reject(error);
        })?.catch(reject);
        return;
      }
      signal.throwIfAborted();
      const onAbort = (): void => reject(signal.reason as Error);
      const settle = (error: unknown, metadata?: RecordMetadata): void => {
        signal.removeEventListener('abort', onAbort);
        if (metadata === undefined) reject(error as Error);
        else resolve(metadata);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#take(record, settle, signal)?.catch(settle);
    });
  }

  /**
   * Sends many records and waits once.
   * @throws the first error; the others may have been written
   */
  async sendBatch(
    records: readonly ProducerRecord[],
    { signal }: SendOptions = NO_OPTIONS,
  ): Promise<{ readonly recordCount: number }> {
    signal?.throwIfAborted();
    const group = new DeliveryGroup();
    const waits: Promise<void>[] = [];
    for (const record of records) {
      group.expect();
      const wait = this.#take(record, group, signal);
      // What comes after it joins the line behind it at once: else another batch, waiting too, would get in between.
      if (wait !== undefined) waits.push(wait);
    }
    if (waits.length > 0) await allTaken(waits);
    await untilAborted(group.done(), signal);
    return { recordCount: records.length };
  }

  /**
   * Takes a record without a promise of its own: the fast path. Records of a partition are written in the order of the calls.
   *
   * @returns nothing when the record was taken; else a promise to wait for: resolved when it was taken, rejected when it
   *   cannot be (no such topic, memory not free in time, closed), and then `onDelivery` is not called
   */
  enqueue(record: ProducerRecord, onDelivery?: OnDelivery): void | Promise<void> {
    return this.#take(record, onDelivery);
  }

  /** A producer of one topic, with its types. */
  topic<K, V>(type: TopicType<K, V>): TypedProducer<K, V> {
    return new TypedProducer(this, type);
  }

  /** The topic's partitions, in order: at once when they are known, else a promise. @throws as `send` for an unknown topic */
  partitionsFor(
    topic: string,
  ): readonly PartitionMetadata[] | Promise<readonly PartitionMetadata[]> {
    const known = this.#cluster.metadata.topics.get(topic);
    if (known?.errorCode === 0) return known.partitions;
    const { allowAutoTopicCreation, maxBlockMs } = this.#options;
    return this.#cluster
      .topic(topic, allowAutoTopicCreation, maxBlockMs)
      .then(({ partitions }) => partitions);
  }

  /**
   * Partitions whose records are not acknowledged yet, for how long, and why: to tell somebody who waits. Those that wait for
   * their topic to be known or for memory are not among them.
   */
  held(): readonly HeldPartition[] {
    return this.#sender.held();
  }

  /** Sends everything now and waits for it, what still waits for its topic or for memory included. */
  async flush(): Promise<void> {
    this.#flushCount += 1;
    this.#hurry();
    try {
      await Promise.allSettled(this.#entries);
      await this.#gate.pass();
    } finally {
      this.#flushCount -= 1;
      this.#hurry();
    }
  }

  /**
   * Takes nothing more, sends what is left, waits for it, and disconnects.
   * @param options how long to wait: what is left then fails with `CLOSED`; default until each record's own time is over
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeoutMs);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(timeoutMs: number | undefined): Promise<void> {
    const { timers } = this.#cluster.options.platform;
    const timer = timeoutMs === undefined ? undefined : timers.set(timeoutMs, () => this.#abort());
    await this.flush();
    timer?.cancel();
    this.#abort();
    await this.#cluster.close();
  }

  #abort(): void {
    this.#isAborted = true;
    this.#sender.close(closedError());
    // Ends the look-ups that records wait for.
    void this.#cluster.close();
  }

  #take(record: ProducerRecord, delivery: Delivery, signal?: AbortSignal): void | Promise<void> {
    try {
      return this.#takeChecked(record, delivery, signal);
    } catch (misuse) {
      return Promise.reject(misuse as Error);
    }
  }

  /** @throws UsageError for what is no record, before anything is taken */
  #takeChecked(
    record: ProducerRecord,
    delivery: Delivery,
    signal: AbortSignal | undefined,
  ): void | Promise<void> {
    const topic = this.#topics.get(record.topic) ?? this.#addTopic(record.topic);
    const { partition } = record;
    const key = toBuffer(record.key);
    const value = toBuffer(record.value);
    const headers = toHeaders(record.headers);
    const sizeBytes = sizeOf(key, value, headers);
    const timestamp =
      record.timestamp === undefined
        ? this.#cluster.options.platform.clock.nowMs()
        : requireTimestamp(record.timestamp);
    const count = topic.partitionCount(this.#cluster.metadata);
    const isTaken =
      this.#closing === undefined &&
      count > 0 &&
      topic.line.isEmpty &&
      (partition === undefined || isPartition(partition, count)) &&
      sizeBytes <= this.#options.sender.maxRequestBytes &&
      this.#memory.tryTake(sizeBytes);
    if (!isTaken)
      return this.#wait(
        topic,
        { partition, timestamp, key, value, headers, sizeBytes, delivery },
        signal,
      );
    this.#accumulator.append(
      topic,
      partition,
      count,
      timestamp,
      key,
      value,
      headers,
      sizeBytes,
      delivery,
    );
    return undefined;
  }

  async #wait(
    topic: ProducerTopic<WaitingRecord>,
    record: WaitingRecord,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (this.#closing !== undefined) throw closedError();
    const entry = topic.line.wait(record, this.#options.maxBlockMs, signal);
    this.#entries.add(entry);
    try {
      await entry;
    } finally {
      this.#entries.delete(entry);
    }
  }

  #addTopic(name: string): ProducerTopic<WaitingRecord> {
    if (typeof name !== 'string' || name === '')
      throw new UsageError(`a record needs the name of a topic, not '${String(name)}'`);
    const { platform } = this.#cluster.options;
    const sticky = new StickyPartitioner(this.#options.format.batchSizeBytes, (bound) =>
      platform.random.below(bound),
    );
    const { allowAutoTopicCreation } = this.#options;
    const line: AdmissionLine<WaitingRecord, TopicMetadata> = new AdmissionLine(platform, {
      open: (timeoutMs) => this.#cluster.topic(name, allowAutoTopicCreation, timeoutMs),
      admit: (record, known, timeoutMs, signal) => this.#admit(record, known, timeoutMs, signal),
    });
    const topic = new ProducerTopic(name, sticky, line);
    this.#topics.set(name, topic);
    return topic;
  }

  /** @param opened the topic as it was when its line was opened: from one moment to the next it may be unknown again */
  async #admit(
    record: WaitingRecord,
    opened: TopicMetadata,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { partition, timestamp, key, value, headers, sizeBytes, delivery } = record;
    const { name } = opened;
    const topic = this.#topics.get(name)!;
    const mayHaveGrown =
      partition !== undefined &&
      Number.isInteger(partition) &&
      partition >= opened.partitions.length;
    const { allowAutoTopicCreation } = this.#options;
    const known = mayHaveGrown
      ? await this.#cluster.topicAnew(name, allowAutoTopicCreation, timeoutMs)
      : opened;
    const countBefore = known.partitions.length;
    this.#check(name, record, countBefore);
    if (!this.#memory.tryTake(sizeBytes)) {
      const granted = this.#memory.take(sizeBytes, timeoutMs, signal);
      this.#hurry();
      await granted.finally(() => this.#hurry());
    }
    if (this.#isAborted) {
      this.#memory.give(sizeBytes);
      throw closedError();
    }
    // While it waited, the topic may have got more partitions; a moment without metadata must not move its key.
    const count = Math.max(countBefore, topic.partitionCount(this.#cluster.metadata));
    this.#accumulator.append(
      topic,
      partition,
      count,
      timestamp,
      key,
      value,
      headers,
      sizeBytes,
      delivery,
    );
  }

  /** @throws UsageError for a record that cannot be sent */
  #check(name: string, { partition, sizeBytes }: WaitingRecord, count: number): void {
    const { maxRequestBytes } = this.#options.sender;
    if (partition !== undefined && !isPartition(partition, count))
      throw new UsageError(
        `topic ${name} has partitions 0 to ${count - 1}, not ${partition}`,
        'INVALID_ARGUMENT',
        { topic: name, partition },
      );
    if (sizeBytes > maxRequestBytes)
      throw new UsageError(
        `a record of ${sizeBytes} bytes for ${name} is larger than maxRequestBytes, ${maxRequestBytes}`,
        'MESSAGE_TOO_LARGE',
        { topic: name },
      );
  }

  /** Nothing lingers while a flush waits, or a record waits for the memory of those that linger. */
  #hurry(): void {
    this.#sender.isHurried = this.#flushCount > 0 || this.#memory.waitingCount > 0;
  }

  #settled(outcome: Outcome): void {
    if (outcome.kind === 'split') {
      this.#gate.enter(outcome.parts[0]!.generation, outcome.parts.length - 1);
      return;
    }
    const { batch } = outcome;
    this.#memory.give(batch.reservedBytes);
    if (outcome.kind === 'failed') batch.failed(outcome.errorOf);
    else batch.delivered(outcome.baseOffset, outcome.logAppendTimeMs);
    this.#gate.leave(batch.generation);
  }
}

const NO_OPTIONS: SendOptions = {};

function isPartition(partition: number, partitionCount: number): boolean {
  return Number.isInteger(partition) && partition >= 0 && partition < partitionCount;
}

function closedError(): UsageError {
  return new UsageError('the producer was closed', 'CLOSED');
}

async function untilAborted(done: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return done;
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    void done.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** @throws the first refusal, in the order of the records, when all are decided */
async function allTaken(waits: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(waits))
    if (outcome.status === 'rejected') throw outcome.reason as Error;
}
