// A small steady load, one record at a time for each partition, that shows how long each of them stood still.
import { Producer } from '@ottla/client';
import { setTimeout as sleep } from 'node:timers/promises';

/** Between an acknowledgement and the next record. */
const PAUSE_MS = 5;

/** One partition's last record that was acknowledged. */
interface Acknowledged {
  readonly sentMs: number;
  readonly ackedMs: number;
}

export class Trickle {
  readonly #producers: Producer[];
  readonly #waiting = new Set<() => void>();
  readonly #runs: Promise<void>[];
  /** By partition: the first acknowledgement of a record that was sent after the mark. */
  #first: (Acknowledged | undefined)[] = [];
  #markMs = 0;
  #isStopped = false;
  failures = 0;

  /** A client for each partition, so that none waits for another's broker. */
  constructor(bootstrap: string, topic: string, partitions: number) {
    this.#producers = Array.from(
      { length: partitions },
      () =>
        new Producer({
          bootstrapServers: bootstrap,
          requestTimeoutMs: 30_000,
          retryBackoffMs: 20,
          retryBackoffMsMax: 50,
          reconnectBackoffMsMax: 100,
        }),
    );
    this.#runs = this.#producers.map((producer, partition) =>
      this.#run(producer, topic, partition),
    );
  }

  /** Milliseconds from now until each partition has acknowledged a record that was sent after now; the slowest counts. */
  async everyPartitionFromNow(limitMs = 120_000): Promise<number> {
    const startMs = performance.now();
    this.#markMs = startMs;
    this.#first = this.#producers.map(() => undefined);
    while (this.#first.some((each) => each === undefined)) {
      const left = limitMs - (performance.now() - startMs);
      if (left <= 0) throw new Error(`a partition acknowledged nothing for ${limitMs} ms`);
      await Promise.race([
        new Promise<void>((resolve) => this.#waiting.add(resolve)),
        sleep(left, undefined, { ref: false }),
      ]);
    }
    return Math.max(...this.#first.map((each) => each!.ackedMs)) - startMs;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#runs);
    await Promise.all(this.#producers.map((producer) => producer.close()));
  }

  async #run(producer: Producer, topic: string, partition: number): Promise<void> {
    const value = Buffer.alloc(100);
    while (!this.#isStopped) {
      const sentMs = performance.now();
      try {
        await producer.send({ topic, partition, value });
        this.#acknowledged(partition, { sentMs, ackedMs: performance.now() });
      } catch {
        this.failures += 1;
      }
      await sleep(PAUSE_MS);
    }
  }

  #acknowledged(partition: number, each: Acknowledged): void {
    if (each.sentMs < this.#markMs || this.#first[partition] !== undefined) return;
    this.#first[partition] = each;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
