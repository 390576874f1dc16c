// A member of a group that reads, commits what it has read, and now and then leaves and comes back.
import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer, KafkaError, type TopicPartition } from '@ottla/client';
import type { OffsetOf, ReadRecord } from '../../../tools/history/operation.ts';
import type { HistoryFile } from './history-file.ts';
import type { LoadOptions } from './load-options.ts';

const POLL_MS = 500;
const COMMIT_TIMEOUT_MS = 15_000;

export class MemberLoad {
  readonly #options: LoadOptions;
  readonly #history: HistoryFile;
  readonly #name: string;
  readonly #index: number;
  #isOver = false;

  constructor(options: LoadOptions, history: HistoryFile, index: number) {
    this.#options = options;
    this.#history = history;
    this.#name = `${options.name}-member-${index}`;
    this.#index = index;
  }

  /** Reads until `stop`. */
  async run(): Promise<void> {
    for (let turn = 0; !this.#isOver; turn++)
      // Each leaves at a time of its own, so that somebody stays.
      await this.#beMember(this.#options.stay * (1 + ((this.#index + turn) % 3)));
  }

  stop(): void {
    this.#isOver = true;
  }

  async #beMember(forMs: number): Promise<void> {
    const { bootstrap, group, topic } = this.#options;
    const consumer = new Consumer({
      bootstrapServers: bootstrap,
      clientId: this.#name,
      groupId: group,
      autoOffsetReset: 'earliest',
      autoCommit: false,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 20_000,
      requestTimeoutMs: 10_000,
      defaultApiTimeoutMs: COMMIT_TIMEOUT_MS,
      assignors: ['cooperative-sticky'],
    });
    const noteOwned = (without: readonly TopicPartition[]): void =>
      this.#noteAssigned(
        consumer.groupMetadata().generationId,
        consumer
          .assignment()
          .filter((owned) => without.every((gone) => gone.partition !== owned.partition)),
      );
    consumer.subscribe([topic], {
      onAssigned: () => noteOwned([]),
      onRevoked: noteOwned,
      onLost: noteOwned,
    });
    const until = performance.now() + forMs;
    while (!this.#isOver && performance.now() < until) {
      try {
        await this.#pollOnce(consumer);
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        console.error(`${this.#name}: ${error.message}`);
        await sleep(200);
      }
    }
    await consumer.close().catch((error: unknown) => console.error(`${this.#name}:`, error));
    this.#noteAssigned(-1, []);
  }

  async #pollOnce(consumer: Consumer): Promise<void> {
    const process = this.#name;
    const { group } = this.#options;
    const batches = await consumer.poll({ timeoutMs: POLL_MS });
    if (batches.length === 0) return;
    const records = batches.flatMap(({ topic, partition, records: read }) =>
      read.map(({ offset, value }): ReadRecord => [topic, partition, offset, String(value)]),
    );
    this.#history.note({ process, op: 'poll', type: 'ok', group, records });
    const ends = batches.map(({ topic, partition, records: read }) => ({
      topic,
      partition,
      offset: (read.at(-1)?.offset ?? 0) + 1,
    }));
    const offsets = ends.map((end): OffsetOf => [end.topic, end.partition, end.offset]);
    this.#history.note({ process, op: 'commit', type: 'invoke', group, offsets });
    try {
      await consumer.commit(ends);
      this.#history.note({ process, op: 'commit', type: 'ok', group });
    } catch (error) {
      this.#history.note({ process, op: 'commit', type: 'info', group });
      throw error;
    }
  }

  #noteAssigned(generation: number, partitions: readonly TopicPartition[]): void {
    this.#history.note({
      process: this.#name,
      op: 'assign',
      type: 'ok',
      group: this.#options.group,
      generation,
      partitions: partitions.map(({ topic, partition }) => [topic, partition] as const),
    });
  }
}
