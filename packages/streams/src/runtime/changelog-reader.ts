// Reads changelogs from where stores stand to where they end, for several tasks at once, a poll at a time, so that running tasks go
// on beside it. A changelog that does not go on from where a store stands (retention, deleted records, a topic made anew, a log cut
// short) means that the store is wrong: it is wiped and filled from the start. Kafka: StoreChangelogReader, TaskCorruptedException.
import { type Consumer, KafkaError, type TopicPartition } from '@ottla/client';
import type { Clock, Logger } from '@ottla/platform';
import type { Changelog, TaskState } from './task-state.ts';

/** A task whose stores are being filled. */
export interface Restoring {
  readonly state: TaskState;
  /** Of its changelogs. */
  readonly partition: number;
}

export interface ChangelogReaderOptions {
  /** Without a group; it must not go elsewhere by itself: `autoOffsetReset: 'none'`. */
  readonly consumer: Consumer;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Wanted extends TopicPartition {
  readonly task: Restoring;
  readonly changelog: Changelog;
}

interface Reading extends Wanted {
  /** Exclusive. */
  endOffset: number;
}

const POLL_RECORDS = 5_000;
/** How long nothing may come before it is asked whether the log still ends where it did, milliseconds. */
const PATIENCE_MS = 1_000;
const GONE: ReadonlySet<string> = new Set(['OFFSET_OUT_OF_RANGE', 'LOG_TRUNCATION']);

export class ChangelogReader {
  readonly #options: ChangelogReaderOptions;
  readonly #consumer: Consumer;
  #readings: Reading[] = [];
  #lastProgressMs = 0;

  constructor(options: ChangelogReaderOptions) {
    this.#options = options;
    this.#consumer = options.consumer;
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
    const readings = await this.#readingsOf(wanted);
    if (readings.length > 0) await this.#assign([...this.#readings, ...readings]);
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
    try {
      if (await this.#read(timeoutMs)) this.#lastProgressMs = this.#nowMs();
      else if (this.#nowMs() - this.#lastProgressMs >= PATIENCE_MS) await this.#lookAtEnds();
    } catch (error) {
      if (!(error instanceof KafkaError && GONE.has(error.code))) throw error;
      await this.#startAgain(
        this.#readings.filter(({ topic, partition }) => isAbout(error, topic, partition)),
        error.message,
      );
    }
    // The consumer may pass over what is no record (markers) at the end.
    const left = this.#readings.filter(
      ({ topic, partition, endOffset }) =>
        this.#consumer.position({ topic, partition }) < endOffset,
    );
    if (left.length < this.#readings.length) await this.#assign(left);
    return [...before].filter((task) => !this.#isReading(task));
  }

  /** @returns whether anything came */
  async #read(timeoutMs: number): Promise<boolean> {
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
    for (const task of touched) await task.state.checkpointRestored();
    return touched.size > 0;
  }

  /** What is to be read of changelogs; stores that their changelog does not fit are wiped. */
  async #readingsOf(wanted: readonly Wanted[]): Promise<Reading[]> {
    if (wanted.length === 0) return [];
    const [starts, ends] = await Promise.all([
      this.#consumer.beginningOffsets(wanted),
      this.#consumer.endOffsets(wanted),
    ]);
    const readings: Reading[] = [];
    for (const [index, { task, changelog, topic, partition }] of wanted.entries()) {
      const start = starts[index]!.offset;
      const endOffset = ends[index]!.offset;
      const { offset = start } = changelog;
      if (offset < start || offset > endOffset) {
        this.#warn(
          { topic, partition },
          `the store has ${offset}, the log ${start} to ${endOffset}`,
        );
        await task.state.reset(changelog);
      }
      changelog.offset ??= start;
      if (changelog.offset < endOffset)
        readings.push({ task, changelog, topic, partition, endOffset });
    }
    return readings;
  }

  /** Wipes the stores and reads their changelogs from the start. */
  async #startAgain(wrong: readonly Reading[], reason: string): Promise<void> {
    for (const { task, changelog, topic, partition } of wrong) {
      this.#warn({ topic, partition }, reason);
      await task.state.reset(changelog);
    }
    const others = this.#readings.filter((reading) => !wrong.includes(reading));
    await this.#assign([...others, ...(await this.#readingsOf(wrong))]);
  }

  /** A log that was cut short never reaches the end that it had. */
  async #lookAtEnds(): Promise<void> {
    this.#lastProgressMs = this.#nowMs();
    const ends = await this.#consumer.endOffsets(this.#readings);
    const wrong: Reading[] = [];
    for (const [index, reading] of this.#readings.entries()) {
      const { offset } = ends[index]!;
      if (offset < reading.changelog.offset!) wrong.push(reading);
      reading.endOffset = Math.min(reading.endOffset, offset);
    }
    if (wrong.length > 0) await this.#startAgain(wrong, 'the log was cut short');
  }

  #warn(target: TopicPartition, reason: string): void {
    const { logger } = this.#options;
    logger.warn(
      'a changelog does not go on from where its store stands: the store is filled anew',
      {
        ...target,
        reason,
      },
    );
  }

  #isReading(task: Restoring): boolean {
    return this.#readings.some((reading) => reading.task === task);
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  async #assign(readings: Reading[]): Promise<void> {
    this.#readings = readings;
    this.#lastProgressMs = this.#nowMs();
    await this.#consumer.assign(
      readings.map(({ topic, partition, changelog }) => ({
        topic,
        partition,
        offset: changelog.offset!, // set when it was taken on
      })),
    );
  }
}

/** Whether an error names the partition, or none. */
function isAbout(error: KafkaError, topic: string, partition: number): boolean {
  if (error.topic === undefined || error.partition === undefined) return true;
  return error.topic === topic && error.partition === partition;
}
