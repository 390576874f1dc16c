// Output of all tasks of an instance through one producer. Kafka: RecordCollectorImpl, StreamsProducer.
import type { KafkaError, Producer } from '@ottla/client';
import { StreamsError } from '../errors.ts';
import type { MaybePromise } from '../processor/processor.ts';
import type { OutputRecord, RecordCollector } from '../task/record-collector.ts';

export class ProducerCollector implements RecordCollector {
  readonly #producer: Producer;
  readonly #acknowledged = new Map<string, number>();
  #failure: StreamsError | undefined;

  constructor(producer: Producer) {
    this.#producer = producer;
  }

  /** Behind the last record of ours that a partition has (exclusive); undefined: none yet. */
  acknowledged(topic: string, partition: number): number | undefined {
    return this.#acknowledged.get(`${topic}-${partition}`);
  }

  send(record: OutputRecord): MaybePromise {
    if (this.#failure !== undefined) throw this.#failure;
    const { topic, partition, key, value, timestamp, headers, origin } = record;
    return this.#producer.enqueue(
      {
        topic,
        ...(partition === undefined ? {} : { partition }),
        key,
        value,
        timestamp,
        ...(headers.length === 0
          ? {}
          : { headers: headers.map(({ key: name, value: bytes }) => [name, bytes] as const) }),
      },
      (error, metadata) => {
        if (error !== undefined) this.#fail(topic, origin, error);
        else if (metadata !== undefined)
          this.#acknowledged.set(`${topic}-${metadata.partition}`, metadata.offset + 1);
      },
    );
  }

  partitionCount(topic: string): number | Promise<number> {
    const partitions = this.#producer.partitionsFor(topic);
    return partitions instanceof Promise
      ? partitions.then((found) => found.length)
      : partitions.length;
  }

  async flush(): Promise<void> {
    await this.#producer.flush();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The producer belongs to the instance. */
  close(): void {
    // Nothing of its own is open.
  }

  #fail(topic: string, origin: string, cause: KafkaError): void {
    this.#failure ??= new StreamsError(
      'PRODUCTION_FAILED',
      `${origin} could not write to ${topic}: ${cause.message}`,
      { cause, retriable: cause.retriable },
    );
  }
}
