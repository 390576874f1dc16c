// Which source offsets may be committed: for each source partition the longest prefix of records, in the order in which
// they were given to the producer, that has been acknowledged. Kafka: SubmittedRecords (KIP-618's groundwork).

/** A record that was given to the producer. */
export interface SubmittedRecord {
  /** Its offset may be committed as soon as all before it are acknowledged. */
  isAcknowledged: boolean;
  readonly offset: Readonly<Record<string, unknown>>;
  /** Of the key and the value. */
  readonly sizeBytes: number;
}

/** A source partition and the offset to commit for it. */
export interface CommittableOffset {
  readonly partition: Readonly<Record<string, unknown>>;
  readonly offset: Readonly<Record<string, unknown>>;
}

interface PartitionQueue {
  readonly partition: Readonly<Record<string, unknown>>;
  /** In order of submission; those before `head` are done with. */
  records: SubmittedRecord[];
  head: number;
}

export class SubmittedRecords {
  readonly #queues = new Map<string, PartitionQueue>();
  /** A task usually uses one object for a partition over and over. */
  readonly #byObject = new WeakMap<object, PartitionQueue>();
  readonly #committable = new Map<string, CommittableOffset>();

  /** Notes a record in its partition's order. */
  submit(
    partition: Readonly<Record<string, unknown>>,
    offset: Readonly<Record<string, unknown>>,
    sizeBytes = 0,
  ): SubmittedRecord {
    const record: SubmittedRecord = { isAcknowledged: false, offset, sizeBytes };
    this.#queueOf(partition).records.push(record);
    return record;
  }

  /** Takes back the record that was submitted last for the partition: it was not sent after all. */
  takeBack(partition: Readonly<Record<string, unknown>>, record: SubmittedRecord): void {
    const { records } = this.#queueOf(partition);
    if (records.at(-1) === record) records.pop();
  }

  /** Records that the producer has not acknowledged, or that wait behind such a one. */
  pendingCount(): number {
    this.advance();
    let count = 0;
    for (const { records, head } of this.#queues.values()) count += records.length - head;
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
      let last: SubmittedRecord | undefined;
      while (queue.records[queue.head]?.isAcknowledged === true) {
        last = queue.records[queue.head];
        queue.head += 1;
      }
      if (last === undefined) continue;
      this.#committable.set(key, { partition: queue.partition, offset: last.offset });
      if (queue.head === queue.records.length) {
        queue.records = [];
        queue.head = 0;
      } else if (queue.head > 1024 && queue.head * 2 > queue.records.length) {
        queue.records = queue.records.slice(queue.head);
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
      queue = { partition, records: [], head: 0 };
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
