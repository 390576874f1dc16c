// Who owned what in which generation, and what each group has committed.
import type { Report } from './anomaly.ts';
import type {
  Assign,
  CommitInvoke,
  CommitOutcome,
  CommittedInvoke,
  CommittedOutcome,
  OffsetOf,
  Poll,
} from './operation.ts';
import { HistoryError } from './operation.ts';
import type { Writes } from './writes.ts';

interface PartitionOfGroup {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** Highest offset whose commit was acknowledged. */
  committed: number;
  /** First offset that a member was handed. */
  readStart: number;
  readonly read: Set<number>;
}

export class Groups {
  commits = 0;
  readonly #report: Report;
  readonly #writes: Writes;
  readonly #owners: Map<string, string> = new Map();
  readonly #partitions: Map<string, PartitionOfGroup> = new Map();
  /** What was committed at least when a call began, by process. */
  readonly #floors: Map<string, ReadonlyMap<string, number>> = new Map();
  readonly #committing: Map<string, readonly OffsetOf[]> = new Map();

  constructor(report: Report, writes: Writes) {
    this.#report = report;
    this.#writes = writes;
  }

  assign({ group, generation, process, partitions }: Assign): void {
    for (const [topic, partition] of partitions) {
      const key = `${group} ${generation} ${topic}-${partition}`;
      const owner = this.#owners.get(key);
      if (owner === undefined) this.#owners.set(key, process);
      else if (owner !== process)
        this.#report(
          'two-owners',
          `${topic}-${partition} belongs to ${owner} and ${process} in generation ${generation} of ${group}`,
        );
    }
  }

  poll({ group, records }: Poll): void {
    if (group === undefined) return;
    for (const [topic, partition, offset] of records) {
      const here = this.#partition(group, topic, partition);
      here.read.add(offset);
      here.readStart = Math.min(here.readStart, offset);
    }
  }

  invokeCommit({ process, group, offsets }: CommitInvoke): void {
    this.#committing.set(process, offsets);
    this.#floors.set(process, this.#floor(group));
  }

  endCommit({ process, group, type }: CommitOutcome): void {
    const offsets = this.#committing.get(process);
    if (offsets === undefined) throw new HistoryError(`${process} has committed without a call`);
    this.#committing.delete(process);
    if (type !== 'ok') return;
    this.commits++;
    this.#compare(process, group, offsets, 'committed');
    for (const [topic, partition, offset] of offsets) {
      const here = this.#partition(group, topic, partition);
      here.committed = Math.max(here.committed, offset);
    }
  }

  invokeCommitted({ process, group }: CommittedInvoke): void {
    this.#floors.set(process, this.#floor(group));
  }

  endCommitted({ process, group, type, offsets }: CommittedOutcome): void {
    if (type === 'ok' && offsets !== undefined) this.#compare(process, group, offsets, 'was told');
  }

  finish(): void {
    for (const {
      group,
      topic,
      partition,
      committed,
      readStart,
      read,
    } of this.#partitions.values()) {
      if (readStart === Infinity) continue;
      for (const offset of this.#writes.readBetween(topic, partition, readStart, committed)) {
        if (read.has(offset)) continue;
        this.#report(
          'unread-committed',
          `${group} committed ${topic}-${partition}@${committed}, and nobody in it was handed @${offset}`,
        );
      }
    }
  }

  #compare(process: string, group: string, offsets: readonly OffsetOf[], what: string): void {
    const floors = this.#floors.get(process);
    for (const [topic, partition, offset] of offsets) {
      const floor = floors?.get(`${topic}-${partition}`) ?? -1;
      if (offset < floor)
        this.#report(
          'committed-went-back',
          `${process} ${what} ${topic}-${partition}@${offset} of ${group}, after @${floor} had been acknowledged`,
        );
    }
  }

  #floor(group: string): Map<string, number> {
    const floor = new Map<string, number>();
    for (const each of this.#partitions.values())
      if (each.group === group) floor.set(`${each.topic}-${each.partition}`, each.committed);
    return floor;
  }

  #partition(group: string, topic: string, partition: number): PartitionOfGroup {
    const key = `${group} ${topic}-${partition}`;
    let known = this.#partitions.get(key);
    if (known === undefined) {
      known = { group, topic, partition, committed: -1, readStart: Infinity, read: new Set() };
      this.#partitions.set(key, known);
    }
    return known;
  }
}
