// Reads changelogs from where stores stand to where they end, for several tasks at once, a poll at a time, so that running tasks go
// on beside it. Kafka: StoreChangelogReader.
import type { Consumer, TopicPartition } from '@ottla/client';
import type { Changelog, TaskState } from './task-state.ts';

/** A task whose stores are being filled. */
export interface Restoring {
  readonly state: TaskState;
  /** Of its changelogs. */
  readonly partition: number;
}

interface Reading extends TopicPartition {
  readonly task: Restoring;
  readonly changelog: Changelog;
  /** Exclusive. */
  readonly endOffset: number;
}

const POLL_RECORDS = 5_000;

export class ChangelogReader {
  readonly #consumer: Consumer;
  #readings: Reading[] = [];

  /** @param consumer without a group */
  constructor(consumer: Consumer) {
    this.#consumer = consumer;
  }

  /** Takes tasks on. @returns those that have nothing to read */
  async add(tasks: readonly Restoring[]): Promise<Restoring[]> {
    const wanted = tasks.flatMap((task) =>
      task.state.changelogs.map((changelog) => ({
        task,
        changelog,
        topic: changelog.topic,
        partition: task.partition,
      })),
    );
    if (wanted.length > 0) {
      const [starts, ends] = await Promise.all([
        this.#consumer.beginningOffsets(wanted),
        this.#consumer.endOffsets(wanted),
      ]);
      const readings: Reading[] = [];
      for (const [index, each] of wanted.entries()) {
        const { changelog, task } = each;
        const start = starts[index]!.offset;
        const endOffset = ends[index]!.offset;
        const { offset = start } = changelog;
        // The topic was made anew, or what is missing in between is gone: what the store has means nothing then.
        if (offset < start || offset > endOffset) await task.state.reset(changelog);
        changelog.offset ??= start;
        if (changelog.offset < endOffset) readings.push({ ...each, endOffset });
      }
      if (readings.length > 0) await this.#assign([...this.#readings, ...readings]);
    }
    return tasks.filter((task) => !this.#isReading(task));
  }

  /** Forgets tasks that went elsewhere. */
  async remove(tasks: readonly Restoring[]): Promise<void> {
    const left = this.#readings.filter(({ task }) => !tasks.includes(task));
    if (left.length < this.#readings.length) await this.#assign(left);
  }

  get isIdle(): boolean {
    return this.#readings.length === 0;
  }

  /** Reads on. @returns tasks that are filled now */
  async step(timeoutMs: number): Promise<Restoring[]> {
    const before = new Set(this.#readings.map(({ task }) => task));
    const batches = await this.#consumer.poll({ timeoutMs, maxRecords: POLL_RECORDS });
    const touched = new Set<Restoring>();
    for (const { topic, partition, records } of batches) {
      const reading = this.#readings.find(
        (each) => each.topic === topic && each.partition === partition,
      );
      if (reading === undefined) continue;
      const kept = records.flatMap(({ key, value, timestamp, offset }) =>
        key === null || offset >= reading.endOffset ? [] : [{ key, value, timestamp }],
      );
      const next = Math.min(records.at(-1)!.offset + 1, reading.endOffset);
      reading.task.state.restore(reading.changelog, kept, next);
      touched.add(reading.task);
    }
    // On disk with every step: a large changelog does not gather in memory, and an end in the middle is not the beginning again.
    for (const task of touched) await task.state.checkpoint(task.partition);
    // The consumer may pass over what is no record (markers) at the end.
    const left = this.#readings.filter(
      ({ topic, partition, endOffset }) =>
        this.#consumer.position({ topic, partition }) < endOffset,
    );
    if (left.length < this.#readings.length) await this.#assign(left);
    return [...before].filter((task) => !this.#isReading(task));
  }

  #isReading(task: Restoring): boolean {
    return this.#readings.some((reading) => reading.task === task);
  }

  async #assign(readings: Reading[]): Promise<void> {
    this.#readings = readings;
    await this.#consumer.assign(
      readings.map(({ topic, partition, changelog }) => ({
        topic,
        partition,
        offset: changelog.offset!, // set when it was taken on
      })),
    );
  }
}
