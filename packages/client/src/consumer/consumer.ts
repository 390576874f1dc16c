// The consumer: a pull of records from assigned partitions, by itself or as a member of a group. One async iterator of
// records or of batches, or polls; commits are explicit or of what is processed. Kafka: KafkaConsumer (classic protocol).
import { ErrorCode } from '@ottla/protocol';
import { listOffsets, type OffsetQuery, type OffsetResult } from '../admin/list-offsets.ts';
import { Cluster } from '../connection/cluster.ts';
import { BrokerError, isRetriable, UsageError } from '../errors.ts';
import type { TopicPartition } from '../group/consumer-protocol.ts';
import { GroupMember } from '../group/group-member.ts';
import type { TopicMetadata } from '../metadata/cluster-metadata.ts';
import { resolveOptions } from '../options.ts';
import type { TopicType } from '../topic-type.ts';
import { AssignedPartitions } from './assigned-partitions.ts';
import type { CommittedOffset } from './committed-offsets.ts';
import {
  type ConsumedBatch,
  type ConsumerOptions,
  type GroupMetadata,
  type IterateOptions,
  type OffsetAndMetadata,
  type PollOptions,
  type RebalanceListener,
  type ResolvedConsumerOptions,
  resolveConsumerOptions,
} from './consumer-options.ts';
import type { ConsumerRecord } from './fetched-records.ts';
import { Fetcher } from './fetcher.ts';
import { OffsetCommits } from './offset-commits.ts';
import type { PartitionReader } from './partition-reader.ts';
import { pollOnce } from './poll.ts';
import { Positions } from './positions.ts';
import { HAND_OVER_COMMIT_MS, Rebalances } from './rebalances.ts';
import { converterOf, RecordIterator } from './record-iterator.ts';
import { RecordSource } from './record-source.ts';
import { SubscribedTopics } from './subscribed-topics.ts';
import { UserTurn } from './user-turn.ts';

const BATCH_RECORDS_MAX = 10_000;

export class Consumer {
  readonly #cluster: Cluster;
  readonly #options: ResolvedConsumerOptions;
  readonly #turn: UserTurn;
  readonly #source: RecordSource;
  readonly #fetcher: Fetcher;
  readonly #positions: Positions;
  readonly #commits: OffsetCommits | undefined;
  readonly #partitions = new AssignedPartitions(() => this.#fetcher.wake());
  readonly #rebalances: Rebalances;
  #member: GroupMember | undefined;
  #subscription: SubscribedTopics | undefined;
  #isClosed = false;

  constructor(options: ConsumerOptions) {
    this.#options = resolveConsumerOptions(options);
    this.#cluster = new Cluster(resolveOptions(options));
    const { platform } = this.#cluster.options;
    this.#turn = new UserTurn(platform, () => this.#source.wake());
    this.#source = new RecordSource(platform, this.#turn, {
      readers: () => this.#partitions.list,
      onAsk: () => {
        if (this.#turn.comeBack()) this.#member?.userBack();
      },
    });
    this.#positions = new Positions(this.#cluster, this.#options);
    this.#commits = this.#commitsOf(this.#options);
    this.#rebalances = new Rebalances({
      partitions: this.#partitions,
      source: this.#source,
      positions: this.#positions,
      commits: this.#commits,
      autoCommit: this.#options.autoCommit,
      platform,
      logger: this.#cluster.options.logger,
      fetch: () => this.#fetcher.wake(),
      wants: (topic) => this.#subscription?.matches(topic) ?? false,
    });
    this.#fetcher = new Fetcher(this.#cluster, this.#options, {
      readers: () => this.#partitions.list,
      onRecords: () => this.#source.wake(),
      onOutOfRange: (reader) => this.#repair(this.#positions.outOfRange(reader)),
      isValidated: (reader, leaderEpoch) => this.#isValidated(reader, leaderEpoch),
      onError: (error) => this.#source.fail(error),
    });
  }

  // ---- what to read ----

  /**
   * Joins the group and reads its share of the topics; called again, changes what is read.
   * @param topics names, typed topics, or a pattern: then topics that come to match it are read too
   */
  subscribe(
    topics: readonly (string | TopicType<unknown, unknown> | { readonly name: string })[] | RegExp,
    listener: RebalanceListener = {},
  ): void {
    const { groupId } = this.#options;
    if (groupId === undefined)
      throw new UsageError('subscribe needs a groupId; use assign to read without a group');
    if (!(topics instanceof RegExp) && topics.length === 0)
      throw new UsageError('subscribe needs at least one topic');
    if (this.#isClosed) throw new UsageError('the consumer was closed', 'CLOSED');
    if (this.#member === undefined && this.#partitions.list.length > 0)
      throw new UsageError('this consumer was assigned partitions: it cannot subscribe too');
    this.#rebalances.listener = listener;
    const wanted =
      topics instanceof RegExp
        ? topics
        : topics.map((topic) => (typeof topic === 'string' ? topic : topic.name));
    if (this.#subscription !== undefined) {
      this.#subscription.change(wanted);
      return;
    }
    const member = new GroupMember(this.#cluster, { ...this.#options, groupId }, this.#rebalances);
    this.#member = member;
    this.#subscription = new SubscribedTopics(this.#cluster, wanted, {
      onFirst: (names) => member.start(names),
      onChange: (names) => member.subscribe(names),
      onRefreshed: () => member.metadataChanged(),
      watched: () => member.watchedTopics,
    });
    this.#subscription.start();
    this.#turn.watch(this.#options.maxPollIntervalMs, () => {
      this.#cluster.options.logger.warn(
        'nothing was asked for within maxPollIntervalMs: the member leaves its group',
        { group: groupId, maxPollIntervalMs: this.#options.maxPollIntervalMs },
      );
      member.userStalled();
    });
    this.#startAutoCommit();
  }

  /** Reads these partitions, without a group; from `offset`, a committed one, or as `autoOffsetReset` says. */
  async assign(
    partitions: readonly (TopicPartition & { readonly offset?: number })[],
  ): Promise<void> {
    if (this.#member !== undefined)
      throw new UsageError('this consumer has subscribed: it cannot be assigned partitions too');
    this.#partitions.remove(this.#partitions.list);
    const readers = this.#partitions.add(partitions);
    await this.#rebalances.lookUp(readers);
    this.#positions.requireKnown(readers);
    this.#startAutoCommit();
    this.#fetcher.wake();
    this.#source.wake();
  }

  /** What it reads now. */
  assignment(): TopicPartition[] {
    return this.#partitions.list.map(({ topic, partition }) => ({ topic, partition }));
  }

  /** Topics that it has subscribed to; of a pattern, those that match now. */
  subscription(): string[] {
    return [...(this.#subscription?.names ?? [])];
  }

  // ---- where ----

  /** Offset of the next record of a partition; −1 while it is still looked up. */
  position(target: TopicPartition): number {
    return this.#partitions.get(target).position;
  }

  /** Goes on at an offset. @param leaderEpoch of the record before it, if known: lets a truncation be seen */
  seek(target: TopicPartition, offset: number, leaderEpoch = -1): void {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new UsageError(`${offset} is no offset`);
    this.#partitions.get(target).seek(offset, leaderEpoch);
    this.#cluster.seeLeaderEpoch(target, leaderEpoch);
    this.#fetcher.wake();
  }

  /** Goes on at the start of the logs. */
  async seekToBeginning(targets: readonly TopicPartition[] = this.assignment()): Promise<void> {
    for (const found of await this.beginningOffsets(targets)) this.seek(found, found.offset);
  }

  /** Goes on with what comes from now on. */
  async seekToEnd(targets: readonly TopicPartition[] = this.assignment()): Promise<void> {
    for (const found of await this.endOffsets(targets)) this.seek(found, found.offset);
  }

  /** Hands out nothing of them until `resume`; they stay assigned. */
  pause(targets: readonly TopicPartition[] = this.assignment()): void {
    for (const target of targets) this.#partitions.get(target).isPaused = true;
  }

  resume(targets: readonly TopicPartition[] = this.assignment()): void {
    for (const target of targets) this.#partitions.get(target).isPaused = false;
    this.#source.wake();
    this.#fetcher.wake();
  }

  paused(): TopicPartition[] {
    return this.#partitions.list
      .filter(({ isPaused }) => isPaused)
      .map(({ topic, partition }) => ({ topic, partition }));
  }

  /** First offsets of the logs, in the order asked. */
  beginningOffsets(partitions: readonly TopicPartition[]): Promise<OffsetResult[]> {
    return this.offsetsAt(partitions.map((target) => ({ ...target, at: 'earliest' })));
  }

  /** Exclusive ends of the logs (with `read_committed`, of what is decided), in the order asked. */
  endOffsets(partitions: readonly TopicPartition[]): Promise<OffsetResult[]> {
    return this.offsetsAt(partitions.map((target) => ({ ...target, at: 'latest' })));
  }

  /** Offsets by time or place, in the order asked. */
  offsetsAt(queries: readonly OffsetQuery[]): Promise<OffsetResult[]> {
    return listOffsets(this.#cluster, queries, this.#options.isolationLevel);
  }

  /** Records between the position and the end of the log, as of the last answer; undefined before the first. */
  currentLag(target: TopicPartition): number | undefined {
    const { position, highWatermark, lastStableOffset } = this.#partitions.get(target);
    const end =
      this.#options.isolationLevel === 'read_committed' ? lastStableOffset : highWatermark;
    return end < 0 || position < 0 ? undefined : Math.max(0, end - position);
  }

  /** A topic's partitions and leaders. @throws UsageError `UNKNOWN_TOPIC_OR_PARTITION` */
  partitionsFor(topic: string): Promise<TopicMetadata> {
    return this.#cluster.topic(topic);
  }

  // ---- records ----

  /** Records one by one, for as long as the consumer is open. */
  records(options?: IterateOptions): AsyncIterableIterator<ConsumerRecord, undefined, undefined>;
  /** Records of one topic, by its types. @throws KafkaError `DESERIALIZATION` */
  records<K, V>(
    topic: TopicType<K, V>,
    options?: IterateOptions,
  ): AsyncIterableIterator<ConsumerRecord<K | null, V | null>, undefined, undefined>;
  records<K, V>(
    first: TopicType<K, V> | IterateOptions = {},
    { signal }: IterateOptions = {},
  ): AsyncIterableIterator<
    ConsumerRecord | ConsumerRecord<K | null, V | null>,
    undefined,
    undefined
  > {
    if (!('name' in first)) return new RecordIterator(this.#source, { signal: first.signal });
    return new RecordIterator(this.#source, {
      convert: converterOf(first),
      topic: first.name,
      signal,
    });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<ConsumerRecord, undefined, undefined> {
    return this.records();
  }

  /** Records as they were fetched, a partition at a time. Asking for the next batch says that the one before is done. */
  async *batches({ signal }: IterateOptions = {}): AsyncGenerator<ConsumedBatch, void, undefined> {
    try {
      for (;;) {
        this.#source.ask();
        const batch = await this.#source.waitFor(() => this.#takeBatch(BATCH_RECORDS_MAX), signal);
        if (batch === undefined) return;
        yield batch;
      }
    } finally {
      this.#turn.stop();
    }
  }

  /** Records of some partitions, waiting for the first. Everything that earlier polls returned is done with this call. */
  poll(options: PollOptions = {}): Promise<ConsumedBatch[]> {
    return pollOnce(this.#source, this.#cluster.options.platform, options, (max) =>
      this.#takeBatch(max),
    );
  }

  #takeBatch(max: number): ConsumedBatch | undefined {
    for (;;) {
      const reader = this.#source.nextReady();
      if (reader === undefined) return undefined;
      const records = reader.takeMany(max);
      if (records.length === 0) continue;
      this.#source.give(reader);
      const { topic, partition, highWatermark } = reader;
      return { topic, partition, records, highWatermark };
    }
  }

  // ---- commits and the group ----

  /** Commits positions: those given, or of everything handed out so far. @throws BrokerError when others have them now */
  async commit(offsets?: readonly OffsetAndMetadata[]): Promise<void> {
    if (this.#commits === undefined) throw new UsageError('commit needs a groupId');
    const committed = offsets ?? this.#partitions.offsets(({ position }) => position);
    await this.#commits.commit(committed);
    // Else the next automatic commit would go back to where the record in hand begins.
    for (const each of committed) this.#partitions.find(each)?.finishUpTo(each.offset);
  }

  /** What the group has committed; offset −1 where nothing is. */
  committed(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    return this.#positions.committed(partitions);
  }

  /** Who this consumer is in its group. */
  groupMetadata(): GroupMetadata {
    const { groupId, groupInstanceId } = this.#options;
    if (groupId === undefined) throw new UsageError('groupMetadata needs a groupId');
    const { memberId = '', generationId = -1 } = this.#member?.generation ?? {};
    return { groupId, generationId, memberId, groupInstanceId };
  }

  /** Asks the group to share its partitions anew. */
  enforceRebalance(reason = 'the application asked for it'): void {
    this.#member?.rejoin(reason);
  }

  /** Commits what is processed (when automatic), leaves the group and disconnects. Iterations end. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#rebalances.close();
    this.#commits?.stop();
    this.#fetcher.close();
    this.#subscription?.close();
    this.#turn.close();
    this.#source.close();
    if (this.#member !== undefined) await this.#member.close();
    else if (this.#options.autoCommit) await this.#commits?.commitProcessed(HAND_OVER_COMMIT_MS);
    await this.#cluster.close();
    await this.#member?.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #commitsOf({ groupId, groupInstanceId }: ResolvedConsumerOptions): OffsetCommits | undefined {
    if (groupId === undefined) return undefined;
    return new OffsetCommits(this.#cluster, groupId, groupInstanceId, {
      generation: () => {
        const generation = this.#member?.generation ?? { memberId: '', generationId: -1 };
        // Without a generation it would count as somebody who only commits, and might overwrite what members did.
        if (this.#member !== undefined && generation.generationId < 0)
          throw new BrokerError(ErrorCode.UNKNOWN_MEMBER_ID, undefined, { group: groupId });
        return generation;
      },
      holding: (offsets) => this.#partitions.holding(offsets),
      onRefused: (generation, error) => this.#member?.commitRefused(generation, error),
      processed: () => this.#partitions.offsets(({ processed }) => processed),
    });
  }

  #startAutoCommit(): void {
    if (this.#options.autoCommit) this.#commits?.start(this.#options.autoCommitIntervalMs);
  }

  // ---- partitions ----

  #isValidated(reader: PartitionReader, leaderEpoch: number): boolean {
    if (reader.fetchedEpoch < 0 || leaderEpoch < 0) reader.validatedEpoch = leaderEpoch;
    if (reader.validatedEpoch === leaderEpoch) return true;
    if (reader.isValidating) return false;
    reader.isValidating = true;
    const validation = this.#positions.validate(reader, leaderEpoch).finally(() => {
      reader.isValidating = false;
    });
    this.#repair(
      validation.catch((error: unknown) => {
        if (!isRetriable(error)) throw error;
        this.#cluster.requestRefresh([reader.topic]);
        reader.notBeforeMs =
          this.#cluster.options.platform.clock.monotonicMs() + this.#cluster.options.retryBackoffMs;
      }),
    );
    return false;
  }

  /** Work on a position that fetching waits for. */
  #repair(work: Promise<void>): void {
    work
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#source.fail(error);
      })
      .finally(() => this.#fetcher.wake());
  }
}
