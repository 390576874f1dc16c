// Which source offsets may be committed: for each source partition the longest prefix of records, in the order in which
// they were given to the producer, that has been acknowledged. Records that follow each other in a partition are counted in
// runs: what is kept of a hundred of them is one offset and one number. Kafka: SubmittedRecords, which keeps each.
//
// A run counts as acknowledged when all of it is, so that after a crash up to a run more than Kafka's is read again.

type Offset = Readonly<Record<string, unknown>>;

/** Records that were given to the producer one after the other. */
export interface SubmittedRun {
  /** Not acknowledged yet; at none the offset may be committed as soon as all runs before are acknowledged. */
  pending: number;
  /** Of its last record. */
  offset: Offset;
  /** Of the record before that one. */
  offsetBefore: Offset;
  recordCount: number;
  /** Of keys and values, since the run was last without pending records. */
  sizeBytes: number;
}

/** So many records are in one run at most. */
const RUN_RECORDS_MAX = 100;

/** A source partition and the offset to commit for it. */
export interface CommittableOffset {
  readonly partition: Readonly<Record<string, unknown>>;
  readonly offset: Offset;
}

interface PartitionQueue {
  readonly partition: Readonly<Record<string, unknown>>;
  /** In order of submission; those before `head` are done with. */
  runs: SubmittedRun[];
  head: number;
}

export class SubmittedRecords {
  readonly #queues = new Map<string, PartitionQueue>();
  /** A task usually uses one object for a partition over and over. */
  readonly #byObject = new WeakMap<object, PartitionQueue>();
  readonly #committable = new Map<string, CommittableOffset>();

  /** Notes a record in its partition's order. @returns the run that it is part of */
  submit(
    partition: Readonly<Record<string, unknown>>,
    offset: Offset,
    sizeBytes = 0,
  ): SubmittedRun {
    const queue = this.#queueOf(partition);
    const last = queue.head < queue.runs.length ? queue.runs.at(-1) : undefined;
    if (last !== undefined && last.recordCount < RUN_RECORDS_MAX) {
      last.pending += 1;
      last.recordCount += 1;
      last.sizeBytes += sizeBytes;
      last.offsetBefore = last.offset;
      last.offset = offset;
      return last;
    }
    const run = { pending: 1, offset, offsetBefore: offset, recordCount: 1, sizeBytes };
    queue.runs.push(run);
    return run;
  }

  /** Takes back the record that was submitted last for the partition: it was not sent after all. */
  takeBack(partition: Readonly<Record<string, unknown>>, run: SubmittedRun): void {
    const { runs } = this.#queueOf(partition);
    run.pending -= 1;
    run.recordCount -= 1;
    run.offset = run.offsetBefore;
    if (run.recordCount === 0 && runs.at(-1) === run) runs.pop();
  }

  /** Records that the producer has not acknowledged. */
  pendingCount(): number {
    this.advance();
    let count = 0;
    for (const { runs, head } of this.#queues.values())
      for (const run of runs.slice(head)) count += run.pending;
    return count;
  }

  /** What became committable since the last call, the latest offset of each partition. */
  takeCommittable(): CommittableOffset[] {
    this.advance();
    const offsets = [...this.#committable.values()];
    this.#committable.clear();
    return offsets;
  }

  /** Forgets what is acknowledged, but for the last of each partition. Often, or a fast task's records pile up between commits. */
  advance(): void {
    for (const [key, queue] of this.#queues) {
      let last: SubmittedRun | undefined;
      while (queue.runs[queue.head]?.pending === 0) {
        last = queue.runs[queue.head];
        queue.head += 1;
      }
      if (last === undefined) continue;
      this.#committable.set(key, { partition: queue.partition, offset: last.offset });
      if (queue.head === queue.runs.length) {
        queue.runs = [];
        queue.head = 0;
      } else if (queue.head > 1024 && queue.head * 2 > queue.runs.length) {
        queue.runs = queue.runs.slice(queue.head);
        queue.head = 0;
      }
    }
  }

  #queueOf(partition: Readonly<Record<string, unknown>>): PartitionQueue {
    const known = this.#byObject.get(partition);
    if (known !== undefined) return known;
    const key = partitionKey(partition);
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      queue = { partition, runs: [], head: 0 };
      this.#queues.set(key, queue);
    }
    this.#byObject.set(partition, queue);
    return queue;
  }
}

/** Equal for equal partitions, whatever the order of their fields. */
function partitionKey(partition: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(
    Object.keys(partition)
      .sort()
      .map((name) => [name, typeof partition[name], String(partition[name])]),
  );
}
