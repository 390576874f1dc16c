// The node where records of some topics enter a task. Kafka: SourceNode.
import type { SerdeContext } from '@ottla/serdes';
import type { MaybePromise } from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import type { TimestampExtractor } from '../processor/timestamp-extractor.ts';
import type { AnySerde } from '../topology/node-definition.ts';
import { NodeContext } from './node-context.ts';
import type { TaskHost, TaskNode } from './task-host.ts';

export class SourceNode implements TaskNode {
  readonly name: string;
  readonly context: NodeContext;
  readonly keySerde: AnySerde;
  readonly valueSerde: AnySerde;
  /** Undefined: the application's. */
  readonly timestampExtractor: TimestampExtractor | undefined;
  #topic = '';
  #keyContext: SerdeContext = { topic: '', side: 'key' };
  #valueContext: SerdeContext = { topic: '', side: 'value' };

  constructor(
    name: string,
    host: TaskHost,
    reads: {
      readonly key: AnySerde;
      readonly value: AnySerde;
      readonly timestampExtractor: TimestampExtractor | undefined;
    },
  ) {
    this.name = name;
    this.context = new NodeContext(name, host, new Set());
    this.keySerde = reads.key;
    this.valueSerde = reads.value;
    this.timestampExtractor = reads.timestampExtractor;
  }

  /** What a key's serde is told; one object for as long as the topic stays the same. */
  keyContext(topic: string): SerdeContext {
    if (topic !== this.#topic) this.#follow(topic);
    return this.#keyContext;
  }

  /** As `keyContext`, for values. */
  valueContext(topic: string): SerdeContext {
    if (topic !== this.#topic) this.#follow(topic);
    return this.#valueContext;
  }

  init(): void {}

  process(record: Record<unknown, unknown>): MaybePromise {
    return this.context.forward(record);
  }

  close(): void {}

  #follow(topic: string): void {
    this.#topic = topic;
    this.#keyContext = { topic, side: 'key' };
    this.#valueContext = { topic, side: 'value' };
  }
}
