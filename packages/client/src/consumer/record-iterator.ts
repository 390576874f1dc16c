// The async iteration over records: where the next one is at hand, it costs one resolved promise and no waiting. Asking for
// the next record says that the one before is done; leaving the loop does not, for a throw leaves it too.
import { KafkaError } from '../errors.ts';
import type { TopicType } from '../topic-type.ts';
import type { ConsumerRecord } from './fetched-records.ts';
import type { PartitionReader } from './partition-reader.ts';
import type { RecordSource } from './record-source.ts';

/** Turns a record of bytes into what the user gets. */
export type RecordConverter<T> = (record: ConsumerRecord) => T;

export class RecordIterator<T> implements AsyncIterableIterator<T, undefined, undefined> {
  readonly #source: RecordSource;
  readonly #convert: RecordConverter<T> | undefined;
  readonly #topic: string | undefined;
  readonly #signal: AbortSignal | undefined;
  #reader: PartitionReader | undefined;
  #isDone = false;
  /** Calls of `next` that must wait are answered in order. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param convert undefined when `T` is the record itself */
  constructor(
    source: RecordSource,
    options: {
      readonly convert?: RecordConverter<T>;
      readonly topic?: string;
      readonly signal?: AbortSignal | undefined;
    },
  ) {
    this.#source = source;
    this.#convert = options.convert;
    this.#topic = options.topic;
    this.#signal = options.signal;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const reader = this.#reader;
    if (reader === undefined || this.#source.isInterrupted || this.#signal?.aborted === true)
      return this.#nextInOrder();
    try {
      reader.finish();
      const record = reader.take();
      if (record === undefined) {
        this.#reader = undefined;
        return this.#nextInOrder();
      }
      this.#source.turn.give();
      return Promise.resolve({ done: false, value: this.#toUser(reader, record) });
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Ends the iteration; the consumer can be iterated again and goes on with the next record. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
  }

  #end(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#reader = undefined;
    this.#source.turn.stop();
  }

  #nextInOrder(): Promise<IteratorResult<T, undefined>> {
    const next = this.#last.then(() => this.#nextSlowly());
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #nextSlowly(): Promise<IteratorResult<T, undefined>> {
    if (this.#isDone) return { done: true, value: undefined };
    this.#source.ask();
    try {
      const found = await this.#source.waitFor(() => this.#take(), this.#signal);
      if (found === undefined || this.#isDone) {
        this.#end();
        return { done: true, value: undefined };
      }
      return { done: false, value: found };
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  #take(): T | undefined {
    for (;;) {
      const reader = this.#source.nextReady(this.#topic);
      if (reader === undefined) return undefined;
      const record = reader.take();
      if (record === undefined) continue;
      this.#reader = reader;
      this.#source.give(reader);
      return this.#toUser(reader, record);
    }
  }

  #toUser(reader: PartitionReader, record: ConsumerRecord): T {
    if (this.#convert === undefined) return record as T;
    try {
      return this.#convert(record);
    } catch (error) {
      // Not handed out: it comes again, unless the user seeks past it.
      reader.seek(record.offset);
      throw error;
    }
  }
}

/** Reads bytes by a topic's types. */
export function converterOf<K, V>(
  type: TopicType<K, V>,
): RecordConverter<ConsumerRecord<K | null, V | null>> {
  const { name: topic } = type;
  const read = <T>(
    side: 'key' | 'value',
    bytes: Buffer | null,
    record: ConsumerRecord,
  ): T | null => {
    if (bytes === null) return null;
    try {
      return type[side].deserialize(bytes, { topic, side }) as unknown as T;
    } catch (error) {
      throw new KafkaError(
        'DESERIALIZATION',
        `the ${side} of ${topic}-${record.partition} at offset ${record.offset} is not what '${type[side].name}' reads: ${(error as Error).message}. Seek past it to go on`,
        false,
        { topic, partition: record.partition, cause: error },
      );
    }
  };
  return (record) => ({
    ...record,
    key: read<K>('key', record.key, record),
    value: read<V>('value', record.value, record),
  });
}
