// The consumer: a pull of records from assigned partitions, by itself or as a member of a group. One async iterator of
// records or of batches; commits are explicit or by time. Kafka: KafkaConsumer (classic protocol).
import type { Timer } from '@ottla/platform';
import { offsetCommitRequest, offsetCommitResponse } from '@ottla/protocol/messages/offset-commit';
import { offsetFetchRequest } from '@ottla/protocol/messages/offset-fetch';
import { listOffsets, type OffsetResult } from '../admin/list-offsets.ts';
import { Cluster } from '../connection/cluster.ts';
import { isRetriable, throwOnError, UsageError } from '../errors.ts';
import { type ClientOptions, resolveOptions } from '../options.ts';
import type { TopicType } from '../topic-type.ts';
import { withRetries } from '../retry.ts';
import type { Assignor } from '../group/assignor.ts';
import { ASSIGNORS } from '../group/assignors.ts';
import {
  type CommittedOffset,
  fetchCommitted,
  OFFSET_COMMIT_MAX_VERSION,
} from './committed-offsets.ts';
import type { TopicPartition } from '../group/consumer-protocol.ts';
import { Fetcher } from './fetcher.ts';
import { GroupMembership } from '../group/group-membership.ts';
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

/** How much to wait for, and how much to take. */
export interface PollOptions {
  /** Default 500, as Java's. */
  readonly maxRecords?: number;
  /** How long to wait for the first record, milliseconds. Default 0: what is there now. */
  readonly timeoutMs?: number;
  /** Ends the wait by throwing its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Told what the group gives and takes. A rebalance waits for the promises; commits and seeks inside them work.
 * Kafka: ConsumerRebalanceListener.
 */
export interface RebalanceListener {
  /** New partitions (cooperative: only what was added); positions are set, nothing was handed out yet. */
  onAssigned?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** Partitions that will go to others (also when the consumer is closed): finish and commit what was read of them. */
  onRevoked?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** Partitions that may belong to others already: nothing of them can be committed any more. Default: as `onRevoked`. */
  onLost?(partitions: readonly TopicPartition[]): void | Promise<void>;
}

/** A position to commit. */
export interface OffsetAndMetadata extends TopicPartition {
  /** Of the next record to read. */
  readonly offset: number;
  /** Free text beside it. Default empty. */
  readonly metadata?: string;
  /** Of the last record read; default −1, unknown. */
  readonly leaderEpoch?: number;
}

/** Who this consumer is to its group, now. */
export interface GroupMetadata {
  readonly groupId: string;
  /** −1 outside of a generation. */
  readonly generationId: number;
  /** Empty before the first join. */
  readonly memberId: string;
  readonly groupInstanceId: string | null;
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
  #listener: RebalanceListener = {};
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
  subscribe(topics: readonly string[], listener: RebalanceListener = {}): void {
    this.#listener = listener;
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
  records(options?: IterateOptions): AsyncGenerator<ConsumerRecord>;
  /** Records of one topic, by its types. */
  records<K, V>(
    topic: TopicType<K, V>,
    options?: IterateOptions,
  ): AsyncGenerator<ConsumerRecord<K | null, V | null>>;
  records<K, V>(
    first: TopicType<K, V> | IterateOptions = {},
    second: IterateOptions = {},
  ): AsyncGenerator<ConsumerRecord> | AsyncGenerator<ConsumerRecord<K | null, V | null>> {
    return 'name' in first ? this.#typedRecords(first, second) : this.#records(first);
  }

  async *#typedRecords<K, V>(
    type: TopicType<K, V>,
    options: IterateOptions,
  ): AsyncGenerator<ConsumerRecord<K | null, V | null>> {
    const { name: topic } = type;
    for await (const record of this.#records(options)) {
      if (record.topic !== topic) continue;
      const { key, value } = record;
      yield {
        ...record,
        key: key === null ? null : type.key.deserialize(key, { topic, side: 'key' }),
        value: value === null ? null : type.value.deserialize(value, { topic, side: 'value' }),
      };
    }
  }

  async *#records(options: IterateOptions = {}): AsyncGenerator<ConsumerRecord> {
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

  /** Records of some partitions, waiting for the first; what earlier polls returned counts as processed. */
  async poll(options: PollOptions = {}): Promise<ConsumedBatch[]> {
    const { maxRecords = 500, timeoutMs = 0, signal } = options;
    const timeout = new AbortController();
    const timer = this.#cluster.options.platform.timers.set(timeoutMs, () => timeout.abort());
    try {
      const limit =
        signal === undefined ? timeout.signal : AbortSignal.any([timeout.signal, signal]);
      const reader = await this.#nextReader(limit);
      if (reader === undefined) return [];
      const { topic, partition, highWatermark } = reader;
      return [{ topic, partition, records: reader.takeAll(maxRecords), highWatermark }];
    } catch (error) {
      if (timeout.signal.aborted && !(signal?.aborted ?? false)) return [];
      throw error;
    } finally {
      timer.cancel();
      this.#fetcher.wake();
    }
  }

  /** What the group has committed; offset −1 where nothing is. */
  async committed(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    const { groupId } = this.#options;
    if (groupId === undefined) throw new UsageError('committed needs a groupId');
    return fetchCommitted(
      await this.#cluster.coordinator(groupId),
      groupId,
      partitions,
      offsetFetchRequest.apiKey!,
    );
  }

  /** First offsets of the logs, in the order asked. */
  beginningOffsets(partitions: readonly TopicPartition[]): Promise<OffsetResult[]> {
    return this.#offsetsAt(partitions, 'earliest');
  }

  /** Exclusive ends of the logs (with `read_committed`, of what is decided), in the order asked. */
  endOffsets(partitions: readonly TopicPartition[]): Promise<OffsetResult[]> {
    return this.#offsetsAt(partitions, 'latest');
  }

  #offsetsAt(
    partitions: readonly TopicPartition[],
    at: 'earliest' | 'latest',
  ): Promise<OffsetResult[]> {
    return listOffsets(
      this.#cluster,
      partitions.map(({ topic, partition }) => ({ topic, partition, at })),
      this.#options.isolationLevel,
    );
  }

  /** Who this consumer is in its group. */
  groupMetadata(): GroupMetadata {
    const { groupId, groupInstanceId = null } = this.#options;
    if (groupId === undefined) throw new UsageError('groupMetadata needs a groupId');
    const { memberId = '', generationId = -1 } = this.#membership?.membership ?? {};
    return { groupId, generationId, memberId, groupInstanceId };
  }

  /** Asks the group to share its partitions anew. */
  enforceRebalance(): void {
    this.#membership?.rejoin();
  }

  [Symbol.asyncIterator](): AsyncGenerator<ConsumerRecord> {
    return this.#records();
  }

  /** Commits positions: those given, or of everything handed out so far. */
  async commit(offsets?: readonly OffsetAndMetadata[]): Promise<void> {
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
    const partitions = this.assignment();
    if (partitions.length > 0) await this.#listener.onRevoked?.(partitions);
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
    await this.#listener.onAssigned?.(partitions);
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

  async #commitOnce(groupId: string, offsets: readonly OffsetAndMetadata[]): Promise<void> {
    const { memberId, generationId } = this.#membership?.membership ?? {
      memberId: '',
      generationId: -1,
    };
    const topics = new Map<string, OffsetAndMetadata[]>();
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
            partitions: items.map(({ partition, offset, metadata, leaderEpoch }) => ({
              partitionIndex: partition,
              committedOffset: offset,
              committedLeaderEpoch: leaderEpoch ?? -1,
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
