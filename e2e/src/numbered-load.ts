// A producer that sends numbered records of a dozen keys until told to stop, and what readers saw of them: nothing lost,
// nothing twice, the order of each key kept.
import { Consumer, type ConsumerRecord, Producer } from '@ottla/client';
import { expect } from 'vitest';
import { until } from './processes.ts';

const KEYS = 12;

/** Sends a few records at a time, from when it is made. */
export class NumberedLoad {
  readonly producer: Producer;
  readonly topic: string;
  readonly #bootstrapServers: string;
  /** Numbers that were given out, by key. */
  readonly counts: number[] = Array.from({ length: KEYS }, () => 0);
  acknowledged = 0;
  readonly failures: unknown[] = [];
  #isOver = false;
  readonly #loop: Promise<void>;

  constructor(bootstrapServers: string, topic: string) {
    this.#bootstrapServers = bootstrapServers;
    this.topic = topic;
    this.producer = new Producer({ bootstrapServers, requestTimeoutMs: 10_000 });
    this.#loop = this.#run();
  }

  get sent(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** Returns when some hundred more records were acknowledged. */
  async progress(what: string, limitMs = 60_000): Promise<void> {
    const before = this.acknowledged;
    await until(what, () => this.acknowledged > before + 300, limitMs);
  }

  /** Returns when everything was acknowledged or has failed. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#loop;
    await this.producer.flush();
    await this.producer.close();
  }

  /** Stops, and reads the topic from its beginning. */
  async expectNothingLost(partitions: number): Promise<void> {
    await this.stop();
    expect(this.failures).toEqual([]);
    expect(this.acknowledged).toBe(this.sent);
    (await readAll(this.#bootstrapServers, this.topic, partitions, this.sent)).expectComplete(
      this.counts,
    );
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#isOver; turn += 1) {
      const key = turn % KEYS;
      const record = { topic: this.topic, key: `key-${key}`, value: String(this.counts[key]) };
      this.counts[key]! += 1;
      await this.producer.enqueue(record, (error) => {
        if (error === undefined) this.acknowledged += 1;
        else this.failures.push(error);
      });
      if (turn % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Values by key, as they came. */
export class Seen {
  readonly byKey: Map<string, number[]> = new Map();
  count = 0;

  add({ key, value }: ConsumerRecord): void {
    const values = this.byKey.get(String(key)) ?? [];
    values.push(Number(String(value)));
    this.byKey.set(String(key), values);
    this.count += 1;
  }

  /** Which keys have a gap, something twice or a swap: none. */
  expectComplete(counts: readonly number[]): void {
    for (const [key, count] of counts.entries())
      expect(this.byKey.get(`key-${key}`), `key-${key}`).toEqual(
        Array.from({ length: count }, (_, number) => number),
      );
  }
}

/** The first `count` records of all partitions. */
export async function readAll(
  bootstrapServers: string,
  topic: string,
  partitions: number,
  count: number,
): Promise<Seen> {
  const seen = new Seen();
  await using consumer = new Consumer({ bootstrapServers, autoOffsetReset: 'earliest' });
  await consumer.assign(
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
  );
  for await (const record of consumer.records({ signal: AbortSignal.timeout(60_000) })) {
    seen.add(record);
    if (seen.count === count) break;
  }
  return seen;
}
