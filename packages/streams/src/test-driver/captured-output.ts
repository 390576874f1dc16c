// What a topology under test writes: kept by topic, and handed back to the driver once. Kafka: MockProducer.
import type { MaybePromise } from '../processor/processor.ts';
import type { OutputRecord, RecordCollector } from '../task/record-collector.ts';

export class CapturedOutput implements RecordCollector {
  /** By topic, in the order first written to. */
  readonly #unread: Map<string, OutputRecord[]> = new Map();
  #fresh: OutputRecord[] = [];

  send(record: OutputRecord): MaybePromise {
    const records = this.#unread.get(record.topic);
    if (records === undefined) this.#unread.set(record.topic, [record]);
    else records.push(record);
    this.#fresh.push(record);
  }

  /** Every topic has one. */
  partitionCount(): number {
    return 1;
  }

  flush(): MaybePromise {}

  close(): MaybePromise {}

  /** What was written since the last call. */
  takeFresh(): readonly OutputRecord[] {
    const fresh = this.#fresh;
    if (fresh.length > 0) this.#fresh = [];
    return fresh;
  }

  /** Every topic that was ever written to. */
  get topics(): Set<string> {
    return new Set(this.#unread.keys());
  }

  /** Records that were not read yet; empty when there are none. */
  unread(topic: string): OutputRecord[] {
    return this.#unread.get(topic) ?? [];
  }
}
