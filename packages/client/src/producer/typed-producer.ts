// A producer of one topic that takes keys and values, not bytes.
import type { TopicType } from '../topic-type.ts';
import type { OnDelivery, RecordMetadata } from './delivery.ts';
import type { Producer } from './producer.ts';
import type { ProducerRecord } from './producer-record.ts';

/** A record before its key and value are bytes. */
export interface TypedRecord<K, V> {
  /** Default null: no key. */
  readonly key?: K | null | undefined;
  /** Null deletes the key in a compacted topic. */
  readonly value: V | null;
  readonly headers?: ProducerRecord['headers'] | undefined;
  /** Milliseconds since 1970; default now. */
  readonly timestamp?: number | undefined;
  /** Default: by key, or spread. */
  readonly partition?: number | undefined;
}

/** What `Producer.topic` gives. Closing is the producer's business. */
export class TypedProducer<K, V> {
  readonly topic: TopicType<K, V>;
  readonly #producer: Producer;

  constructor(producer: Producer, topic: TopicType<K, V>) {
    this.#producer = producer;
    this.topic = topic;
  }

  /** As `Producer.send`. @throws what the serde throws for a value that does not fit */
  async send(record: TypedRecord<K, V>): Promise<RecordMetadata> {
    return this.#producer.send(this.#toBytes(record));
  }

  /** As `Producer.enqueue`. @throws at once what the serde throws for a value that does not fit */
  enqueue(record: TypedRecord<K, V>, onDelivery?: OnDelivery): void | Promise<void> {
    return this.#producer.enqueue(this.#toBytes(record), onDelivery);
  }

  #toBytes({ key, value, ...rest }: TypedRecord<K, V>): ProducerRecord {
    const { name, key: keySerde, value: valueSerde } = this.topic;
    return {
      ...rest,
      topic: name,
      key:
        key === undefined || key === null
          ? null
          : keySerde.serialize(key, { topic: name, side: 'key' }),
      value: value === null ? null : valueSerde.serialize(value, { topic: name, side: 'value' }),
    };
  }
}
