// The node where records leave a task: serialised, with their topic and partitions chosen. Kafka: SinkNode, RecordCollectorImpl.
import type { SerdeContext } from '@ottla/serdes';
import type { MaybePromise } from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import type { StreamPartitioner, TopicNameExtractor } from '../processor/sink-routing.ts';
import type { AnySerde } from '../topology/node-definition.ts';
import type { TaskHost, TaskNode } from './task-host.ts';

export class SinkNode implements TaskNode {
  readonly name: string;
  readonly context: undefined = undefined;
  readonly #host: TaskHost;
  readonly #topic: string | TopicNameExtractor;
  readonly #key: AnySerde;
  readonly #value: AnySerde;
  readonly #partitioner: StreamPartitioner | undefined;
  #keyContext: SerdeContext = { topic: '', side: 'key' };
  #valueContext: SerdeContext = { topic: '', side: 'value' };

  constructor(
    name: string,
    host: TaskHost,
    writes: {
      readonly topic: string | TopicNameExtractor;
      readonly key: AnySerde;
      readonly value: AnySerde;
      readonly partitioner: StreamPartitioner | undefined;
    },
  ) {
    this.name = name;
    this.#host = host;
    this.#topic = writes.topic;
    this.#key = writes.key;
    this.#value = writes.value;
    this.#partitioner = writes.partitioner;
  }

  init(): void {}

  process(record: Record<unknown, unknown>): MaybePromise {
    const topic =
      typeof this.#topic === 'string' ? this.#topic : this.#chooseTopic(this.#topic, record);
    if (topic !== this.#keyContext.topic) {
      this.#keyContext = { topic, side: 'key' };
      this.#valueContext = { topic, side: 'value' };
    }
    let key: Uint8Array | null = null;
    let value: Uint8Array | null = null;
    let side: 'key' | 'value' = 'key';
    try {
      if (record.key !== null && record.key !== undefined)
        key = this.#key.serialize(record.key, this.#keyContext);
      side = 'value';
      if (record.value !== null && record.value !== undefined)
        value = this.#value.serialize(record.value, this.#valueContext);
    } catch (error) {
      return this.#host.unserializable(this.name, topic, side, record, error);
    }
    if (this.#partitioner !== undefined)
      return this.#sendByPartitioner(this.#partitioner, topic, record, key, value);
    return this.#send(topic, undefined, record, key, value);
  }

  close(): void {}

  #chooseTopic(extract: TopicNameExtractor, record: Record<unknown, unknown>): string {
    const { topic, partition, offset } = this.#host.recordContext;
    return extract(record.key, record.value, {
      timestamp: record.timestamp,
      headers: record.headers,
      recordMetadata: topic === undefined ? undefined : { topic, partition, offset },
    });
  }

  #send(
    topic: string,
    partition: number | undefined,
    { timestamp, headers }: Record<unknown, unknown>,
    key: Uint8Array | null,
    value: Uint8Array | null,
  ): MaybePromise {
    const { collector } = this.#host;
    return collector.send({ topic, partition, key, value, timestamp, headers, origin: this.name });
  }

  #sendByPartitioner(
    partitioner: StreamPartitioner,
    topic: string,
    record: Record<unknown, unknown>,
    key: Uint8Array | null,
    value: Uint8Array | null,
  ): MaybePromise {
    const count = this.#host.collector.partitionCount(topic);
    const send = (partitionCount: number): MaybePromise => {
      const chosen = partitioner(topic, record.key, record.value, partitionCount);
      if (chosen === undefined || typeof chosen === 'number')
        return this.#send(topic, chosen, record, key, value);
      if (chosen.length === 0) return this.#host.recordDropped();
      const waits = [...new Set(chosen)]
        .map((partition) => this.#send(topic, partition, record, key, value))
        .filter((wait) => wait !== undefined);
      return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
    };
    return typeof count === 'number' ? send(count) : count.then(send);
  }
}
