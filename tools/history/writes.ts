// What was sent, what became of it, and what stands at each offset of each partition.
import type { AnomalyKind, Report } from './anomaly.ts';
import { HistoryError, type ReadRecord, type SendInvoke, type SendOutcome } from './operation.ts';

interface Write {
  readonly value: string;
  readonly process: string;
  readonly topic: string;
  readonly partition: number;
  /** Place in the order of all sends. */
  readonly order: number;
  readonly invokedAt: number;
  outcome: 'unknown' | 'ok' | 'fail';
  endedAt: number;
  /** Where it stands, by its answer or its first reader. */
  offset: number | undefined;
  isRead: boolean;
}

interface PartitionWrites {
  readonly name: string;
  /** What stands where, by answers and readers. */
  readonly valueAt: Map<number, string>;
  /** Offsets that some reader was handed. */
  readonly read: Set<number>;
  readEnd: number;
}

/** Counts of a verdict that are about writes. */
export interface WriteCounts {
  sent: number;
  acknowledged: number;
  failed: number;
  read: number;
}

export class Writes {
  readonly counts: WriteCounts = { sent: 0, acknowledged: 0, failed: 0, read: 0 };
  readonly #report: Report;
  readonly #writes: Map<string, Write> = new Map();
  readonly #partitions: Map<string, PartitionWrites> = new Map();

  constructor(report: Report) {
    this.#report = report;
  }

  invoke({ value, process, topic, partition, at }: SendInvoke): void {
    if (this.#writes.has(value))
      throw new HistoryError(`"${value}" is sent twice: values must be unique`);
    this.#writes.set(value, {
      value,
      process,
      topic,
      partition,
      order: this.counts.sent,
      invokedAt: at,
      outcome: 'unknown',
      endedAt: Infinity,
      offset: undefined,
      isRead: false,
    });
    this.counts.sent++;
  }

  end({ value, type, at, offset }: SendOutcome): void {
    const write = this.#writes.get(value);
    if (write === undefined) throw new HistoryError(`"${value}" has an outcome and was not sent`);
    if (type === 'info') return;
    write.outcome = type;
    if (type === 'fail') {
      this.counts.failed++;
      return;
    }
    this.counts.acknowledged++;
    write.endedAt = at;
    if (offset !== undefined) this.#place(write, offset, 'its answer');
  }

  read([topic, partition, offset, value]: ReadRecord, process: string): void {
    this.counts.read++;
    const there = this.#partition(topic, partition);
    there.read.add(offset);
    there.readEnd = Math.max(there.readEnd, offset + 1);
    const write = this.#writes.get(value);
    const isPhantom = write === undefined || write.topic !== topic || write.partition !== partition;
    if (isPhantom) {
      this.#report(
        'phantom',
        `${process} read "${value}" at ${there.name}@${offset}, where nobody sent it`,
      );
      return;
    }
    write.isRead = true;
    this.#place(write, offset, process);
  }

  /** The offsets between two, both exclusive, at which somebody was handed a record. */
  *readBetween(topic: string, partition: number, from: number, to: number): Generator<number> {
    const { read } = this.#partition(topic, partition);
    for (let offset = from + 1; offset < to; offset++) if (read.has(offset)) yield offset;
  }

  finish(): void {
    for (const write of this.#writes.values()) {
      if (write.outcome === 'ok' && !write.isRead) this.#reportMissing(write);
      if (write.outcome === 'fail' && write.isRead)
        this.#report('failed-write-seen', `${describe(write)} was refused, and was read`);
    }
    this.#checkOrder();
  }

  #place(write: Write, offset: number, source: string): void {
    const there = this.#partition(write.topic, write.partition);
    if (write.offset === undefined) write.offset = offset;
    else if (write.offset !== offset)
      this.#report('duplicate', `${describe(write)} stands at ${offset} too, by ${source}`);
    const known = there.valueAt.get(offset);
    if (known === undefined) there.valueAt.set(offset, write.value);
    else if (known !== write.value)
      this.#report(
        'inconsistent-offset',
        `${there.name}@${offset} holds "${known}", and "${write.value}" by ${source}`,
      );
  }

  #reportMissing(write: Write): void {
    const { readEnd } = this.#partition(write.topic, write.partition);
    const isPassed = write.offset !== undefined && write.offset < readEnd;
    const kind: AnomalyKind = isPassed ? 'lost-write' : 'unseen';
    this.#report(
      kind,
      `${describe(write)} was acknowledged at ${write.endedAt} ms; read up to ${readEnd}`,
    );
  }

  #checkOrder(): void {
    const placed = [...this.#writes.values()].filter(({ offset }) => offset !== undefined);
    const partitions = Map.groupBy(placed, ({ topic, partition }) => `${topic}-${partition}`);
    for (const writes of partitions.values()) {
      writes.sort((left, right) => (left.offset ?? 0) - (right.offset ?? 0));
      this.#checkSenders(writes);
      this.#checkRealTime(writes);
    }
  }

  /** By offset ascending: each sender's records in the order of its calls. */
  #checkSenders(writes: readonly Write[]): void {
    const newest = new Map<string, Write>();
    for (const write of writes) {
      const before = newest.get(write.process);
      if (before !== undefined && before.order > write.order)
        this.#report('reorder', `${describe(write)} was sent before ${describe(before)}`);
      else newest.set(write.process, write);
    }
  }

  /** By offset descending: nothing behind may have been acknowledged before this was sent. */
  #checkRealTime(writes: readonly Write[]): void {
    let first: Write | undefined;
    for (const write of writes.toReversed()) {
      if (first !== undefined && first.endedAt < write.invokedAt)
        this.#report(
          'stale-append',
          `${describe(write)}, sent at ${write.invokedAt} ms, stands before ${describe(first)}, acknowledged at ${first.endedAt} ms`,
        );
      if (first === undefined || write.endedAt < first.endedAt) first = write;
    }
  }

  #partition(topic: string, partition: number): PartitionWrites {
    const name = `${topic}-${partition}`;
    let known = this.#partitions.get(name);
    if (known === undefined) {
      known = { name, valueAt: new Map(), read: new Set(), readEnd: 0 };
      this.#partitions.set(name, known);
    }
    return known;
  }
}

function describe({ value, topic, partition, offset }: Write): string {
  return `"${value}" (${topic}-${partition}@${offset ?? '?'})`;
}
