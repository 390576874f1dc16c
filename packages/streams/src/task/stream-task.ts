// One partition's share of a sub-topology, as a machine without I/O of its own: whoever drives it gives it records and
// the time, takes its output through the collector, and commits the offsets that it names. A call that answers with a
// promise is to be awaited before the next one. Kafka: StreamTask.
//
//   created ──initialize──▶ running ──suspend──▶ suspended ──close──▶ closed
//      └───────────────────────┴── close ──▶ closed
import type { ConsumerRecord } from '@ottla/client';
import { StreamsError } from '../errors.ts';
import type { BackgroundWork, RecordContext } from '../processor/internal-context.ts';
import type {
  MaybePromise,
  Punctuation,
  PunctuationType,
  Punctuator,
} from '../processor/processor.ts';
import { Record } from '../processor/record.ts';
import { type TaskId, taskIdText } from '../processor/task-id.ts';
import type { TopologyGraph } from '../topology/topology-graph.ts';
import { ErrorDesk } from './error-desk.ts';
import { PartitionGroup } from './partition-group.ts';
import { decodePartitionMetadata, encodePartitionMetadata } from './partition-metadata.ts';
import { Punctuations } from './punctuations.ts';
import type { RecordCollector } from './record-collector.ts';
import { RecordQueue, type RecordQueueOwner, type StampedRecord } from './record-queue.ts';
import {
  contextWithoutSource,
  type NodeContextLike,
  type TaskHost,
  type TaskStores,
} from './task-host.ts';
import type { TaskSettings } from './task-settings.ts';
import { makeTaskTopology, type TaskTopology } from './task-topology.ts';

/** Where a task is in its life; drawn at the top. */
export type TaskState = 'created' | 'running' | 'suspended' | 'closed';

/** A partition of a topic. */
export interface TaskPartition {
  readonly topic: string;
  readonly partition: number;
}

/** What to commit for a partition. */
export interface CommittableOffset extends TaskPartition {
  /** The next record to read. */
  readonly offset: number;
  readonly leaderEpoch: number;
  /** Kafka's text with the partition's time. */
  readonly metadata: string;
}

export interface StreamTaskOptions {
  readonly id: TaskId;
  readonly graph: TopologyGraph;
  /** Of the sub-topology; parents first. */
  readonly nodes: readonly string[];
  readonly partitions: readonly TaskPartition[];
  readonly stores: TaskStores;
  readonly collector: RecordCollector;
  readonly settings: TaskSettings;
  /** Wall clock now, milliseconds since 1970. */
  readonly nowMs: number;
}

/** What a task counts; only ever up. */
export interface TaskCounters {
  /** Records taken through the nodes. */
  readonly processed: number;
  /** Records, or parts of their work, that were left out: undecodable, without a time, late, null keys. */
  readonly dropped: number;
  readonly punctuated: number;
}

export class StreamTask implements TaskHost, RecordQueueOwner {
  readonly id: TaskId;
  readonly settings: TaskSettings;
  readonly stores: TaskStores;
  readonly collector: RecordCollector;
  readonly #counts = { processed: 0, dropped: 0 };
  readonly processorMetadata: Map<string, number> = new Map();
  recordContext: RecordContext;
  wallClockMs: number;
  readonly #errors = new ErrorDesk(this);
  readonly #topology: TaskTopology;
  readonly #group: PartitionGroup;
  readonly #punctuations = new Punctuations(this);
  #state: TaskState = 'created';
  #isCommitNeeded = false;
  #isCommitRequested = false;
  /** Dead letters of undecodable records that wait for room. */
  #letters: MaybePromise = undefined;
  readonly #background: BackgroundWork[] = [];
  /** What `failLater` was told, when the handler said to stop. */
  #failure: unknown = undefined;

  constructor(options: StreamTaskOptions) {
    this.id = options.id;
    this.settings = options.settings;
    this.stores = options.stores;
    this.collector = options.collector;
    this.wallClockMs = options.nowMs;
    this.recordContext = contextWithoutSource(options.nowMs);
    this.#topology = makeTaskTopology(options.graph, options.nodes, this);
    this.#group = new PartitionGroup(options.settings.maxTaskIdleMs);
    this.updatePartitions(options.partitions);
  }

  get counters(): TaskCounters {
    return { ...this.#counts, punctuated: this.#punctuations.count };
  }

  get state(): TaskState {
    return this.#state;
  }

  get streamTimeMs(): number {
    return this.#group.streamTimeMs;
  }

  get partitions(): readonly TaskPartition[] {
    return this.#group.queues;
  }

  /** Records that wait. */
  get bufferedCount(): number {
    return this.#group.bufferedCount;
  }

  /** Whether something happened since the last commit. */
  get isCommitNeeded(): boolean {
    return this.#isCommitNeeded;
  }

  /** Whether a processor asked for a commit soon. */
  get isCommitRequested(): boolean {
    return this.#isCommitRequested;
  }

  /**
   * Makes the processors ready; the stores are filled by now.
   *
   * @param committed metadata of the partitions' committed offsets, for their times
   */
  initialize(
    nowMs: number,
    committed: Iterable<TaskPartition & { readonly metadata: string }> = [],
  ): void {
    if (this.#state !== 'created' && this.#state !== 'suspended')
      throw this.#wrongState('initialized');
    for (const { topic, partition, metadata } of committed) {
      const { partitionTimeMs, processorMetadata } = decodePartitionMetadata(metadata);
      this.#queue(topic, partition).partitionTime = partitionTimeMs;
      this.#group.streamTimeMs = Math.max(this.#group.streamTimeMs, partitionTimeMs);
      for (const [key, value] of processorMetadata)
        this.processorMetadata.set(key, Math.max(value, this.processorMetadata.get(key) ?? value));
    }
    this.wallClockMs = nowMs;
    this.recordContext = contextWithoutSource(nowMs);
    for (const node of this.#topology.nodes) node.init();
    this.#state = 'running';
  }

  // ---- input ----------------------------------------------------------------------------------

  /** Follows the topics that a pattern matches: new partitions are read, records of gone ones forgotten. */
  updatePartitions(partitions: readonly TaskPartition[]): void {
    this.#group.setQueues(
      partitions.map(
        (partition) =>
          this.#group.queue(partition.topic, partition.partition) ?? this.#queueFor(partition),
      ),
    );
  }

  /** Takes records in, in order. @returns whether the partition has enough now and is to be paused */
  addRecords(topic: string, partition: number, records: readonly ConsumerRecord[]): boolean {
    const queue = this.#queue(topic, partition);
    const last = records.at(-1);
    if (last !== undefined) {
      queue.nextOffset = last.offset + 1;
      queue.nextLeaderEpoch = last.leaderEpoch;
    }
    queue.isPaused = this.#group.add(queue, records) > this.settings.maxBufferedRecords;
    return queue.isPaused;
  }

  /** Partitions that were to be paused and have room again; each is named once. */
  takeResumable(): TaskPartition[] {
    const resumable = this.#group.queues.filter(
      (queue) => queue.isPaused && queue.size <= this.settings.maxBufferedRecords,
    );
    for (const queue of resumable) queue.isPaused = false;
    return resumable;
  }

  /** How many records the broker has that are not here yet; undefined: not known. For `max.task.idle.ms`. */
  updateLag(topic: string, partition: number, lag: number | undefined): void {
    this.#queue(topic, partition).lag = lag;
  }

  /** Where the consumer stands, when it passed over something that is no record (control batches). */
  updatePosition(topic: string, partition: number, offset: number): void {
    const queue = this.#queue(topic, partition);
    if (offset <= queue.nextOffset || queue.consumedOffset < 0) return;
    queue.nextOffset = offset;
    this.#isCommitNeeded = true;
  }

  // ---- work -----------------------------------------------------------------------------------

  /** Whether `process` would do something, or an input is to be waited for. */
  isProcessable(nowMs: number): boolean {
    return this.#state === 'running' && this.#group.isReady(nowMs);
  }

  /**
   * Takes up to `max` records through the nodes, the oldest first.
   *
   * @returns how many; a promise as soon as one of them has to wait
   * @throws ProcessingError; the task is then only to be closed
   */
  process(nowMs: number, max = 1): number | Promise<number> {
    this.wallClockMs = nowMs;
    this.#throwFailure();
    const waits = this.#letters ?? this.#drainBackground();
    if (waits !== undefined) return this.#processAfter(waits, nowMs, max);
    let count = 0;
    while (count < max && this.isProcessable(nowMs)) {
      const queue = this.#group.next()!;
      const record = this.#group.poll(queue);
      const done = record.isLeftOut ? undefined : this.#processOne(queue, record);
      if (done !== undefined) return this.#processRest(nowMs, max, count, queue, record, done);
      this.#recordDone(queue, record);
      count += 1;
    }
    return count;
  }

  async #processRest(
    nowMs: number,
    max: number,
    before: number,
    queue: RecordQueue,
    record: StampedRecord,
    done: Promise<void>,
  ): Promise<number> {
    await done;
    this.#recordDone(queue, record);
    const rest = await this.process(nowMs, max - before - 1);
    return before + 1 + rest;
  }

  async #processAfter(waits: Promise<void>, nowMs: number, max: number): Promise<number> {
    await waits;
    if (this.#letters === waits) this.#letters = undefined;
    return this.process(nowMs, max);
  }

  #processOne(queue: RecordQueue, record: StampedRecord): MaybePromise {
    this.recordContext = record;
    this.#counts.processed += 1;
    return queue.source.process(
      new Record(record.key, record.value, record.timestamp, record.headers),
    );
  }

  #recordDone(queue: RecordQueue, record: StampedRecord): void {
    queue.consumedOffset = record.offset;
    this.#isCommitNeeded = true;
  }

  // ---- work that goes on after `process` ------------------------------------------------------

  addBackgroundWork(work: BackgroundWork): void {
    this.#background.push(work);
  }

  failLater(nodeName: string, error: unknown): void {
    const current = this.recordContext;
    this.recordContext = contextWithoutSource(this.wallClockMs);
    try {
      this.#letters = this.nodeFailed(nodeName, undefined, error) ?? this.#letters;
    } catch (failure) {
      this.#failure ??= failure;
    } finally {
      this.recordContext = current;
    }
    this.#isCommitNeeded = true;
  }

  #drainBackground(first = 0): MaybePromise {
    for (let index = first; index < this.#background.length; index += 1) {
      const done = this.#background[index]!.drain();
      if (done !== undefined) return done.then(() => this.#drainBackground(index + 1));
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  // ---- punctuation ----------------------------------------------------------------------------

  schedule(
    node: NodeContextLike,
    intervalMs: number,
    type: PunctuationType,
    punctuator: Punctuator,
    startMs: number | undefined,
  ): Punctuation {
    return this.#punctuations.schedule(node, intervalMs, type, punctuator, startMs);
  }

  /** Calls what is due by stream time. @returns whether anything was */
  punctuateStreamTime(): boolean | Promise<boolean> {
    const { streamTimeMs } = this.#group;
    return streamTimeMs < 0 ? false : this.#punctuate('stream-time', streamTimeMs);
  }

  /** Calls what is due by the wall clock. @returns whether anything was */
  punctuateWallClock(nowMs: number): boolean | Promise<boolean> {
    this.wallClockMs = nowMs;
    this.#throwFailure();
    const drained = this.#drainBackground();
    if (drained !== undefined) return drained.then(() => this.punctuateWallClock(nowMs));
    return this.#punctuate('wall-clock-time', nowMs);
  }

  /** When `punctuateWallClock` has something to do next; undefined: never, as it is now. */
  get nextWallClockPunctuationMs(): number | undefined {
    return this.#punctuations.nextDueMs('wall-clock-time');
  }

  #punctuate(type: PunctuationType, nowMs: number): boolean | Promise<boolean> {
    const before = this.#punctuations.count;
    const fired = this.#punctuations.fire(type, nowMs);
    if (this.#punctuations.count > before) this.#isCommitNeeded = true;
    return fired;
  }

  // ---- errors ---------------------------------------------------------------------------------

  recordDropped(count = 1): void {
    this.#counts.dropped += count;
  }

  nodeFailed(
    node: string,
    record: Record<unknown, unknown> | undefined,
    error: unknown,
  ): MaybePromise {
    return this.#errors.nodeFailed(node, record, error);
  }

  unserializable(
    node: string,
    topic: string,
    side: 'key' | 'value',
    record: Record<unknown, unknown>,
    error: unknown,
  ): MaybePromise {
    return this.#errors.unserializable(node, topic, side, record, error);
  }

  undecodable(raw: ConsumerRecord, node: string, error: unknown): void {
    const sent = this.#errors.undecodable(raw, node, error);
    if (sent !== undefined)
      this.#letters = Promise.all([this.#letters, sent]).then(() => undefined);
  }

  // ---- commit and end -------------------------------------------------------------------------

  requestCommit(): void {
    this.#isCommitRequested = true;
  }

  /**
   * Lets caches pass on what they hold, waits until all output is acknowledged, and says what may be committed; nothing when
   * there is nothing new. The runtime commits it, then calls `committed`.
   */
  prepareCommit(): readonly CommittableOffset[] | Promise<readonly CommittableOffset[]> {
    if (this.#state === 'closed') throw this.#wrongState('committed');
    this.#throwFailure();
    if (!this.#isCommitNeeded) return [];
    if (this.#letters !== undefined || this.#background.some(({ isBusy }) => isBusy))
      return this.#settleBackground().then(() => this.#flush());
    return this.#flush();
  }

  /** Parents first: what one passes on may keep another busy. */
  async #settleBackground(): Promise<void> {
    await this.#letters;
    this.#letters = undefined;
    for (const work of this.#background) await work.settle();
    this.#throwFailure();
  }

  #flush(): readonly CommittableOffset[] | Promise<readonly CommittableOffset[]> {
    this.recordContext = contextWithoutSource(this.wallClockMs);
    const flushed = this.stores.flushCaches();
    if (flushed !== undefined) return this.#flushAfter(flushed);
    const sent = this.collector.flush();
    return sent === undefined
      ? this.#committableOffsets()
      : sent.then(() => this.#committableOffsets());
  }

  async #flushAfter(flushed: Promise<void>): Promise<readonly CommittableOffset[]> {
    await flushed;
    await this.collector.flush();
    return this.#committableOffsets();
  }

  #committableOffsets(): readonly CommittableOffset[] {
    const offsets: CommittableOffset[] = [];
    for (const queue of this.#group.queues) {
      const { topic, partition, head } = queue;
      const offset = head === undefined ? queue.nextOffset : head.offset;
      if (queue.consumedOffset < 0 || offset < 0) continue;
      const leaderEpoch = head === undefined ? queue.nextLeaderEpoch : head.leaderEpoch;
      const metadata = encodePartitionMetadata(queue.partitionTime, this.processorMetadata);
      offsets.push({ topic, partition, offset, leaderEpoch, metadata });
    }
    return offsets;
  }

  /** After the offsets are committed. */
  committed(): void {
    this.#isCommitNeeded = false;
    this.#isCommitRequested = false;
  }

  /** Closes the processors and forgets what is buffered; stores stay open. Idempotent. @throws what a `close` threw */
  suspend(): void {
    if (this.#state !== 'running') {
      if (this.#state === 'created') this.#state = 'suspended';
      return;
    }
    this.#state = 'suspended';
    let failure: unknown;
    for (const node of this.#topology.nodes) {
      try {
        node.close();
      } catch (error) {
        failure ??= error;
      }
    }
    this.#group.clear();
    this.#background.length = 0;
    this.#punctuations.clear();
    if (failure !== undefined) throw failure;
  }

  /**
   * Ends the task; the runtime closes its stores. Idempotent.
   *
   * @param clean false after an error: what is not committed is lost, and what `close` throws is swallowed
   */
  close(clean: boolean): void {
    if (this.#state === 'closed') return;
    if (clean && this.#isCommitNeeded) throw this.#wrongState('closed before it is committed');
    try {
      this.suspend();
    } catch (error) {
      if (clean) throw error;
    } finally {
      this.#state = 'closed';
    }
  }

  #queueFor(partition: TaskPartition): RecordQueue {
    const source = this.#topology.sourceOf(partition.topic);
    if (source === undefined) {
      throw new StreamsError(
        'INVALID_TOPOLOGY',
        `Topic ${partition.topic} is unknown to the topology. Do all instances of ${this.settings.applicationId} run the same one?`,
      );
    }
    return new RecordQueue(partition, source, this.settings.timestampExtractor, this);
  }

  #queue(topic: string, partition: number): RecordQueue {
    const queue = this.#group.queue(topic, partition);
    if (queue === undefined)
      throw new StreamsError(
        'INVALID_STATE',
        `task ${taskIdText(this.id)} does not read ${topic}-${partition}`,
      );
    return queue;
  }

  #wrongState(action: string): StreamsError {
    return new StreamsError(
      'INVALID_STATE',
      `task ${taskIdText(this.id)} is ${this.#state} and cannot be ${action}`,
    );
  }
}
