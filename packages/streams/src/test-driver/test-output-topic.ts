// The side of a test that reads. Kafka: TestOutputTopic (KIP-470).
import type { Headers } from '../processor/record.ts';
import { StreamsError } from '../errors.ts';
import type { OutputRecord } from '../task/record-collector.ts';
import type { AnySerde } from '../topology/node-definition.ts';

/** A record that the topology wrote. */
export interface OutputTestRecord<K, V> {
  readonly key: K | null;
  readonly value: V | null;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly headers: Headers;
}

export class TestOutputTopic<K, V> {
  readonly name: string;
  readonly #serdes: { readonly key: AnySerde; readonly value: AnySerde };
  readonly #unread: (topic: string) => OutputRecord[];

  /** Made by `TopologyTestDriver.createOutputTopic`. */
  constructor(
    name: string,
    serdes: { readonly key: AnySerde; readonly value: AnySerde },
    unread: (topic: string) => OutputRecord[],
  ) {
    this.name = name;
    this.#serdes = serdes;
    this.#unread = unread;
  }

  /** How many records were written and not read yet. */
  get queueSize(): number {
    return this.#unread(this.name).length;
  }

  get isEmpty(): boolean {
    return this.queueSize === 0;
  }

  /** Takes the next record. @throws StreamsError when there is none */
  readRecord(): OutputTestRecord<K, V> {
    const record = this.#unread(this.name).shift();
    if (record === undefined)
      throw new StreamsError('INVALID_STATE', `there is nothing to read on topic ${this.name}`);
    return this.#decode(record);
  }

  /** Takes the next record's key and value. @throws StreamsError when there is none */
  readKeyValue(): readonly [K | null, V | null] {
    const { key, value } = this.readRecord();
    return [key, value];
  }

  /** Takes the next record's value. @throws StreamsError when there is none */
  readValue(): V | null {
    return this.readRecord().value;
  }

  /** Takes everything there is. */
  readRecords(): OutputTestRecord<K, V>[] {
    return this.#unread(this.name)
      .splice(0)
      .map((record) => this.#decode(record));
  }

  /** Takes everything there is. */
  readKeyValues(): (readonly [K | null, V | null])[] {
    return this.readRecords().map(({ key, value }) => [key, value]);
  }

  /** Takes everything there is. */
  readValues(): (V | null)[] {
    return this.readRecords().map(({ value }) => value);
  }

  /** Takes everything there is; of each key the last value, as a table would hold it. */
  readKeyValuesToMap(): Map<K | null, V | null> {
    return new Map(this.readKeyValues());
  }

  #decode({ topic, key, value, timestamp, headers }: OutputRecord): OutputTestRecord<K, V> {
    const read = (serde: AnySerde, bytes: Uint8Array | null, side: 'key' | 'value'): unknown =>
      bytes === null ? null : serde.deserialize(asBuffer(bytes), { topic, side });
    // What the serdes give is what the caller said that they give.
    return {
      key: read(this.#serdes.key, key, 'key') as K | null,
      value: read(this.#serdes.value, value, 'value') as V | null,
      timestamp,
      headers,
    };
  }
}

/** The same bytes as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
