// The consumer: a pull of records from assigned partitions, by itself or as a member of a group. One async iterator of
// records or of batches; commits are explicit or by time. Kafka: KafkaConsumer (classic protocol).
import type { Timer } from '@ottla/platform';
import { offsetCommitRequest, offsetCommitResponse } from '@ottla/protocol/messages/offset-commit';
import { offsetFetchRequest } from '@ottla/protocol/messages/offset-fetch';
import { listOffsets } from '../admin/list-offsets.ts';
import { Cluster } from '../connection/cluster.ts';
import { isRetriable, throwOnError, UsageError } from '../errors.ts';
import { type ClientOptions, resolveOptions } from '../options.ts';
import { withRetries } from '../retry.ts';
import { type Assignor, ASSIGNORS } from './assignors.ts';
import { fetchCommitted, OFFSET_COMMIT_MAX_VERSION } from './committed-offsets.ts';
import type { TopicPartition } from './consumer-protocol.ts';
import { Fetcher } from './fetcher.ts';
import { GroupMembership } from './group-membership.ts';
import { type ConsumerRecord, PartitionReader } from './partition-reader.ts';

const COMMIT = { request: offsetCommitRequest, response: offsetCommitResponse };

export interface ConsumerOptions extends ClientOptions {
  /** Needed for `subscribe` and commits. */
  readonly groupId?: string;
  /** Static membership (KIP-345). */
  readonly groupInstanceId?: string;
  /** Where to begin without a committed offset, or outside the log: default `latest`; `none` is an error. */
  readonly autoOffsetReset?: 'earliest' | 'latest' | 'none';
  /** Commit what was handed out, every so often and on rebalance and close. Default true with a group. */
  readonly autoCommit?: boolean;
  /** Default 5,000. */
  readonly autoCommitIntervalMs?: number;
  readonly isolationLevel?: 'read_committed' | 'read_uncommitted';
  /** Default 45,000. */
  readonly sessionTimeoutMs?: number;
  /** Default 300,000. */
  readonly rebalanceTimeoutMs?: number;
  /** Default 3,000. */
  readonly heartbeatIntervalMs?: number;
  /** Preferred first. Default range, then round robin. */
  readonly assignors?: readonly Assignor[];
  /** Default 1. */
  readonly fetchMinBytes?: number;
  /** Default 50 MB. */
  readonly fetchMaxBytes?: number;
  /** Default 500. */
  readonly fetchMaxWaitMs?: number;
  /** Default 1 MB. */
  readonly maxPartitionFetchBytes?: number;
}

export interface IterateOptions {
  /** Ends the iteration by throwing its reason. */
  readonly signal?: AbortSignal;
}

/** Records of one partition that were fetched together. */
export interface ConsumedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly ConsumerRecord[];
  /** Exclusive end of what is committed by replicas; −1 when not known. */
  readonly highWatermark: number;
}

const BATCH_RECORDS_MAX = 10_000;

export class Consumer {
  readonly #cluster: Cluster;
  readonly #options: ConsumerOptions;
  readonly #fetcher: Fetcher;
  #readers = new Map<string, PartitionReader>();
  #topics: readonly string[] = [];
  #membership: GroupMembership | undefined;
  #turn = 0;
  #waiting: (() => void)[] = [];
  #failure: unknown;
  #commitTimer: Timer | undefined;
  #isClosed = false;
  readonly #committed = new Map<string, number>();

  constructor(options: ConsumerOptions) {
    this.#cluster = new Cluster(resolveOptions(options));
    this.#options = options;
    const maxPartitionBytes = options.maxPartitionFetchBytes ?? 1024 * 1024;
    this.#fetcher = new Fetcher(this.#cluster, {
      minBytes: options.fetchMinBytes ?? 1,
      maxBytes: options.fetchMaxBytes ?? 50 * 1024 * 1024,
      maxWaitMs: options.fetchMaxWaitMs ?? 500,
      maxPartitionBytes,
      prefetchBytes: maxPartitionBytes,
      isolationLevel: options.isolationLevel ?? 'read_uncommitted',
      readers: () => this.#readers.values(),
      onRecords: () => this.#wake(),
      onOutOfRange: (reader) => this.#reset(reader),
      onError: (error) => this.#fail(error),
    });
  }

  /** Joins the group and reads its share of the topics. */
  subscribe(topics: readonly string[]): void {
    const { groupId } = this.#options;
    if (groupId === undefined)
      throw new UsageError('subscribe needs a groupId; use assign to read without a group');
    if (topics.length === 0) throw new UsageError('subscribe needs at least one topic');
    if (this.#membership !== undefined || this.#readers.size > 0)
      throw new UsageError('this consumer reads something already');
    this.#topics = [...topics];
    this.#membership = new GroupMembership(this.#cluster, {
      groupId,
      groupInstanceId: this.#options.groupInstanceId ?? null,
      sessionTimeoutMs: this.#options.sessionTimeoutMs ?? 45_000,
      rebalanceTimeoutMs: this.#options.rebalanceTimeoutMs ?? 300_000,
      heartbeatIntervalMs: this.#options.heartbeatIntervalMs ?? 3_000,
      assignors: this.#options.assignors ?? ASSIGNORS,
      topics: () => this.#topics,
      onRevoked: () => this.#revoked(),
      onAssigned: (partitions) => this.#assigned(partitions),
      onError: (error) => this.#fail(error),
    });
    this.#membership.start();
    this.#scheduleCommit();
  }

  /** Reads these partitions, without a group; from `offset`, a committed one, or as `autoOffsetReset` says. */
  async assign(
    partitions: readonly (TopicPartition & { readonly offset?: number })[],
  ): Promise<void> {
    if (this.#membership !== undefined)
      throw new UsageError('this consumer has subscribed: it cannot be assigned partitions too');
    this.#readers = new Map(
      partitions.map((target) => [keyOf(target), new PartitionReader(target, target.offset ?? -1)]),
    );
    await this.#lookUpPositions(
      [...this.#readers.values()].filter((reader) => reader.position < 0),
    );
    if (this.#options.groupId !== undefined) this.#scheduleCommit();
    this.#fetcher.wake();
  }

  /** What it reads now. */
  assignment(): TopicPartition[] {
    return [...this.#readers.values()].map(({ topic, partition }) => ({ topic, partition }));
  }

  /** Offset of the next record of a partition. */
  position(target: TopicPartition): number {
    return this.#reader(target).position;
  }

  /** Goes on at an offset. */
  seek(target: TopicPartition, offset: number): void {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new UsageError(`${offset} is no offset`);
    this.#reader(target).seek(offset);
    this.#fetcher.wake();
  }

  pause(targets: readonly TopicPartition[] = this.assignment()): void {
    for (const target of targets) this.#reader(target).isPaused = true;
  }

  resume(targets: readonly TopicPartition[] = this.assignment()): void {
    for (const target of targets) this.#reader(target).isPaused = false;
    this.#wake();
    this.#fetcher.wake();
  }

  /** Records one by one, for as long as the consumer is open. */
  async *records(options: IterateOptions = {}): AsyncGenerator<ConsumerRecord> {
    for (;;) {
      const reader = await this.#nextReader(options.signal);
      if (reader === undefined) return;
      const generation = reader.generation;
      for (let record = reader.take(); record !== undefined; record = reader.take()) {
        yield record;
        if (
          reader.isPaused ||
          reader.generation !== generation ||
          !this.#readers.has(keyOf(reader))
        )
          break;
      }
      this.#fetcher.wake();
    }
  }

  /** Records as they were fetched, a partition at a time. */
  async *batches(options: IterateOptions = {}): AsyncGenerator<ConsumedBatch> {
    for (;;) {
      const reader = await this.#nextReader(options.signal);
      if (reader === undefined) return;
      const records = reader.takeAll(BATCH_RECORDS_MAX);
      this.#fetcher.wake();
      yield {
        topic: reader.topic,
        partition: reader.partition,
        records,
        highWatermark: reader.highWatermark,
      };
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<ConsumerRecord> {
    return this.records();
  }

  /** Commits positions: those given, or of everything handed out so far. */
  async commit(
    offsets?: readonly (TopicPartition & { readonly offset: number; readonly metadata?: string })[],
  ): Promise<void> {
    const { groupId } = this.#options;
    if (groupId === undefined) throw new UsageError('commit needs a groupId');
    const wanted = offsets ?? this.#uncommitted();
    if (wanted.length === 0) return;
    const { options } = this.#cluster;
    await withRetries(
      options,
      `committing offsets of group ${groupId}`,
      options.defaultApiTimeoutMs,
      () => this.#commitOnce(groupId, wanted),
    );
    for (const target of wanted) this.#committed.set(keyOf(target), target.offset);
  }

  /** Commits (when automatic), leaves the group and disconnects. Iterations end. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#commitTimer?.cancel();
    this.#fetcher.close();
    this.#wake();
    if (this.#membership !== undefined) await this.#membership.close();
    else if (this.#isAutoCommit()) await this.commit().catch(() => undefined);
    await this.#cluster.close();
    await this.#membership?.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // ---- what the group says ----

  async #revoked(): Promise<void> {
    if (this.#isAutoCommit())
      await this.commit().catch((error: unknown) =>
        this.#cluster.options.logger.warn('offsets could not be committed before a rebalance', {
          error: String(error),
        }),
      );
    this.#readers = new Map();
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const readers = new Map(
      partitions.map((target) => [keyOf(target), new PartitionReader(target)]),
    );
    this.#committed.clear();
    await this.#lookUpPositions([...readers.values()]);
    if (this.#isClosed) return;
    this.#readers = readers;
    this.#fetcher.wake();
    this.#wake();
  }

  /** Committed offsets where there are some, else by `autoOffsetReset`. */
  async #lookUpPositions(readers: readonly PartitionReader[]): Promise<void> {
    if (readers.length === 0) return;
    const { options } = this.#cluster;
    const { groupId } = this.#options;
    if (groupId !== undefined) {
      const committed = await withRetries(
        options,
        `fetching offsets of group ${groupId}`,
        options.defaultApiTimeoutMs,
        async () => {
          try {
            return await fetchCommitted(
              await this.#cluster.coordinator(groupId),
              groupId,
              readers,
              offsetFetchRequest.apiKey!,
            );
          } catch (error) {
            if (isRetriable(error)) this.#cluster.forgetCoordinator(groupId);
            throw error;
          }
        },
      );
      for (const { topic, partition, offset } of committed) {
        if (offset < 0) continue;
        readers
          .find((reader) => reader.topic === topic && reader.partition === partition)
          ?.seek(offset);
        this.#committed.set(keyOf({ topic, partition }), offset);
      }
    }
    const unknown = readers.filter((reader) => reader.position < 0);
    const at = this.#options.autoOffsetReset ?? 'latest';
    if (unknown.length === 0) return;
    if (at === 'none')
      throw new UsageError(
        `there is no committed offset for ${keyOf(unknown[0]!)} and autoOffsetReset is 'none'`,
        'NO_OFFSET',
      );
    const found = await listOffsets(
      this.#cluster,
      unknown.map(({ topic, partition }) => ({ topic, partition, at })),
    );
    found.forEach(({ offset }, slot) => unknown[slot]!.seek(offset));
  }

  /** The log begins later or ends earlier than the position. */
  #reset(reader: PartitionReader): void {
    const at = this.#options.autoOffsetReset ?? 'latest';
    if (at === 'none') {
      this.#fail(
        new UsageError(
          `offset ${reader.fetchOffset} of ${keyOf(reader)} is outside the log and autoOffsetReset is 'none'`,
          'OFFSET_OUT_OF_RANGE',
        ),
      );
      return;
    }
    const { generation } = reader;
    reader.notBeforeMs = this.#cluster.options.platform.clock.monotonicMs() + 1_000;
    listOffsets(this.#cluster, [{ topic: reader.topic, partition: reader.partition, at }]).then(
      ([found]) => {
        reader.notBeforeMs = 0;
        if (reader.generation === generation && found !== undefined) reader.seek(found.offset);
        this.#fetcher.wake();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  // ---- commits ----

  #isAutoCommit(): boolean {
    return this.#options.groupId !== undefined && (this.#options.autoCommit ?? true);
  }

  #scheduleCommit(): void {
    if (!this.#isAutoCommit() || this.#isClosed) return;
    this.#commitTimer = this.#cluster.options.platform.timers.set(
      this.#options.autoCommitIntervalMs ?? 5_000,
      () => {
        this.commit()
          .catch((error: unknown) =>
            this.#cluster.options.logger.warn('automatic commit failed', { error: String(error) }),
          )
          .finally(() => this.#scheduleCommit());
      },
    );
  }

  #uncommitted(): (TopicPartition & { offset: number })[] {
    return [...this.#readers.values()]
      .filter(
        (reader) => reader.position >= 0 && this.#committed.get(keyOf(reader)) !== reader.position,
      )
      .map(({ topic, partition, position }) => ({ topic, partition, offset: position }));
  }

  async #commitOnce(
    groupId: string,
    offsets: readonly (TopicPartition & { readonly offset: number; readonly metadata?: string })[],
  ): Promise<void> {
    const { memberId, generationId } = this.#membership?.membership ?? {
      memberId: '',
      generationId: -1,
    };
    const topics = new Map<string, (typeof offsets)[number][]>();
    for (const item of offsets) topics.set(item.topic, [...(topics.get(item.topic) ?? []), item]);
    try {
      const connection = await this.#cluster.coordinator(groupId);
      const response = await connection.send(
        COMMIT,
        offsetCommitRequest.create({
          groupId,
          generationIdOrMemberEpoch: generationId,
          memberId,
          groupInstanceId: this.#options.groupInstanceId ?? null,
          topics: [...topics].map(([name, items]) => ({
            name,
            topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
            partitions: items.map(({ partition, offset, metadata }) => ({
              partitionIndex: partition,
              committedOffset: offset,
              committedLeaderEpoch: -1,
              committedMetadata: metadata ?? '',
            })),
          })),
        }),
        { maxVersion: OFFSET_COMMIT_MAX_VERSION },
      );
      for (const topic of response.topics)
        for (const partition of topic.partitions)
          throwOnError(partition.errorCode, undefined, {
            topic: topic.name,
            partition: partition.partitionIndex,
            group: groupId,
          });
    } catch (error) {
      if (isRetriable(error)) this.#cluster.forgetCoordinator(groupId);
      throw error;
    }
  }

  // ---- waiting ----

  async #nextReader(signal: AbortSignal | undefined): Promise<PartitionReader | undefined> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure as Error;
      if (this.#isClosed) return undefined;
      const readers = [...this.#readers.values()];
      for (let step = 0; step < readers.length; step += 1) {
        const reader = readers[(this.#turn + step) % readers.length]!;
        if (reader.isPaused || reader.bufferedCount === 0) continue;
        this.#turn = (this.#turn + step + 1) % readers.length;
        return reader;
      }
      await this.#changed(signal);
    }
  }

  #changed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal?.removeEventListener('abort', done);
        resolve();
      };
      signal?.addEventListener('abort', done, { once: true });
      this.#waiting.push(done);
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.#failure ??= error;
    this.#wake();
  }

  #reader(target: TopicPartition): PartitionReader {
    const reader = this.#readers.get(keyOf(target));
    if (reader === undefined)
      throw new UsageError(`this consumer does not read ${keyOf(target)} now`, 'NOT_ASSIGNED');
    return reader;
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
