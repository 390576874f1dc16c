// The side of a test that writes. Kafka: TestInputTopic (KIP-470).
import { type Headers, NO_HEADERS } from '../processor/record.ts';
import type { AnySerde } from '../topology/node-definition.ts';

/** A record for a test to write. */
export interface TestRecord<K, V> {
  readonly key: K | null;
  readonly value: V | null;
  /** Milliseconds since 1970. Default: the topic's own clock, which then moves on. */
  readonly timestamp?: number;
  readonly headers?: Headers;
}

/** The clock of an input topic. */
export interface InputTopicTime {
  /** Milliseconds since 1970. Default: the driver's wall clock. */
  readonly startMs?: number;
  /** How far the clock moves with each record that brings no time of its own. Default 0. */
  readonly autoAdvanceMs?: number;
}

/** Takes bytes in; the driver's. */
export type PipeBytes = (
  topic: string,
  key: Uint8Array | null,
  value: Uint8Array | null,
  timestamp: number,
  headers: Headers,
) => void;

export class TestInputTopic<K, V> {
  readonly name: string;
  readonly #serdes: { readonly key: AnySerde; readonly value: AnySerde };
  readonly #pipe: PipeBytes;
  readonly #autoAdvanceMs: number;
  #timeMs: number;

  /** Made by `TopologyTestDriver.createInputTopic`. */
  constructor(
    name: string,
    serdes: { readonly key: AnySerde; readonly value: AnySerde },
    pipe: PipeBytes,
    startMs: number,
    autoAdvanceMs: number,
  ) {
    if (!(autoAdvanceMs >= 0)) throw new RangeError('autoAdvanceMs must not be negative');
    this.name = name;
    this.#serdes = serdes;
    this.#pipe = pipe;
    this.#timeMs = startMs;
    this.#autoAdvanceMs = autoAdvanceMs;
  }

  /** Moves the clock of this topic. @throws RangeError for a negative step */
  advanceTime(stepMs: number): void {
    if (!(stepMs >= 0)) throw new RangeError('a topic’s time cannot go back');
    this.#timeMs += stepMs;
  }

  /**
   * Writes one record, and lets the topology work until there is nothing left to do. Where a store has to wait, that goes on
   * after the call: `await driver.settled()`.
   *
   * @throws StreamsError when the topology fails on it
   */
  pipeInput(
    key: K | null,
    value: V | null,
    options: { readonly timestamp?: number; readonly headers?: Headers } = {},
  ): void {
    const timestamp = options.timestamp ?? this.#takeTime();
    const topic = this.name;
    const keyBytes = key === null ? null : this.#serdes.key.serialize(key, { topic, side: 'key' });
    const valueBytes =
      value === null ? null : this.#serdes.value.serialize(value, { topic, side: 'value' });
    this.#pipe(topic, keyBytes, valueBytes, timestamp, options.headers ?? NO_HEADERS);
  }

  /** `pipeInput` for each, in order. */
  pipeRecords(records: Iterable<TestRecord<K, V>>): void {
    for (const { key, value, ...options } of records) this.pipeInput(key, value, options);
  }

  #takeTime(): number {
    const now = this.#timeMs;
    this.#timeMs += this.#autoAdvanceMs;
    return now;
  }
}
