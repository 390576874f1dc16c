// How each reader went through its partitions: forward, and over nothing that stands there.
import type { Report } from './anomaly.ts';
import type { Assign, Poll } from './operation.ts';
import type { Writes } from './writes.ts';

interface Gap {
  readonly process: string;
  readonly topic: string;
  readonly partition: number;
  /** Both were handed out. */
  readonly from: number;
  readonly to: number;
}

export class Reads {
  readonly #report: Report;
  readonly #writes: Writes;
  /** Last offset handed out, by process, then by partition. */
  readonly #positions: Map<string, Map<string, number>> = new Map();
  readonly #gaps: Gap[] = [];

  constructor(report: Report, writes: Writes) {
    this.#report = report;
    this.#writes = writes;
  }

  /** What a member did not own before it begins anew. */
  assign({ process, partitions }: Assign): void {
    const before = this.#positions.get(process);
    const kept = new Map<string, number>();
    for (const [topic, partition] of partitions) {
      const name = `${topic}-${partition}`;
      const position = before?.get(name);
      if (position !== undefined) kept.set(name, position);
    }
    this.#positions.set(process, kept);
  }

  poll({ process, records }: Poll): void {
    let positions = this.#positions.get(process);
    if (positions === undefined) this.#positions.set(process, (positions = new Map()));
    for (const record of records) {
      const [topic, partition, offset] = record;
      this.#writes.read(record, process);
      const name = `${topic}-${partition}`;
      const last = positions.get(name);
      if (last !== undefined && offset <= last)
        this.#report('nonmonotonic-poll', `${process} was handed ${name}@${offset} after @${last}`);
      else if (last !== undefined && offset > last + 1)
        this.#gaps.push({ process, topic, partition, from: last, to: offset });
      positions.set(name, offset);
    }
  }

  finish(): void {
    for (const { process, topic, partition, from, to } of this.#gaps) {
      for (const offset of this.#writes.readBetween(topic, partition, from, to))
        this.#report(
          'skipped-offset',
          `${process} went from ${topic}-${partition}@${from} to @${to}, over @${offset}`,
        );
    }
  }
}
