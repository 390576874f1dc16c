// The loop of an instance: polls, fills tasks, processes, punctuates, commits; hands tasks over when the group says so. One
// at a time, so nothing here needs a lock. Kafka: StreamThread, TaskManager.
import {
  type Admin,
  type ConsumedBatch,
  type Consumer,
  KafkaError,
  type TopicPartition,
} from '@ottla/client';
import { parseTaskId, type TaskId, taskIdText } from '../processor/task-id.ts';
import type { CommittableOffset } from '../task/stream-task.ts';
import type { Subtopology } from '../topology/subtopologies.ts';
import type { TopicPlan } from './topic-plan.ts';
import type { OffsetReset } from '../topology/node-definition.ts';
import { ChangelogReader } from './changelog-reader.ts';
import { Lags } from './lags.ts';
import { seekToStart } from './start-positions.ts';
import { RunningTask, type TaskSurroundings } from './running-task.ts';

export interface StreamLoopOptions {
  readonly surroundings: TaskSurroundings;
  readonly plan: TopicPlan;
  /** Member of the application's group. */
  readonly consumer: Consumer;
  /** Without a group, for changelogs. */
  readonly restoreConsumer: Consumer;
  readonly admin: Admin;
  /** `rebalancing` while tasks are handed over or filled, `running` when all are. */
  readonly onState: (state: 'rebalancing' | 'running') => void;
}

/** The group has moved on without this instance: it will say so, and the tasks go to others. */
const MIGRATED = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID']);
/** Records through one task before others have their turn. */
const SLICE_RECORDS = 500;
/** How long the loop works before it lets the rest of the process have a turn, milliseconds. */
const SLICE_MS = 4;
/** How long a step of restoring waits for records, when no task runs yet and when some do but have nothing to do, milliseconds. */
const WAITING_MS = 50;
const BESIDE_MS = 5;

export class StreamLoop {
  readonly #options: StreamLoopOptions;
  readonly #reader: ChangelogReader;
  readonly #lags: Lags;
  /** By source topic. */
  #parts: ReadonlyMap<string, Subtopology> = new Map();
  #tasks = new Map<string, RunningTask>();
  /** Names of tasks that were here when the group last gave some. */
  #lastTasks: readonly string[] = [];
  #stop = new AbortController();
  #lastCommitMs = 0;
  #lastPurgeMs = 0;
  #lastLookMs = 0;
  /** What was committed of repartition topics and can be deleted. */
  readonly #consumed = new Map<string, TopicPartition & { readonly offset: number }>();

  constructor(options: StreamLoopOptions) {
    this.#options = options;
    this.#lags = new Lags(options.consumer);
    const { logger, platform } = options.surroundings.settings;
    const consumer = options.restoreConsumer;
    this.#reader = new ChangelogReader({ consumer, clock: platform.clock, logger });
  }

  /** Tasks that are here now, by name. */
  get tasks(): ReadonlyMap<string, RunningTask> {
    return this.#tasks;
  }

  /** Those, also while everything is given back for a rebalance. */
  get lastTasks(): readonly string[] {
    return this.#lastTasks;
  }

  /** Runs until `stop`; then commits and closes the tasks. @throws what a task threw, after closing the others */
  async run(): Promise<void> {
    try {
      this.#subscribe();
      while (!this.#stop.signal.aborted) await this.#turn();
      await this.#commit();
    } catch (error) {
      await this.#closeAll(false);
      throw error;
    }
    await this.#closeAll(true);
  }

  /** Ends `run` after the turn that is under way. */
  stop(): void {
    this.#stop.abort();
  }

  /** Reads what the plan says now. */
  #subscribe(): void {
    const { plan, consumer, surroundings } = this.#options;
    this.#lastLookMs = surroundings.settings.platform.clock.monotonicMs();
    this.#parts = new Map(
      plan.subtopologies.flatMap((part) => part.sourceTopics.map((topic) => [topic, part])),
    );
    // A pattern may match nothing yet.
    if (plan.hasPatterns && this.#parts.size === 0) return;
    consumer.subscribe([...this.#parts.keys()], {
      onAssigned: (partitions) => this.#assigned(partitions),
      onRevoked: (partitions) => this.#revoked(partitions),
      onLost: (partitions) => this.#lost(partitions),
    });
  }

  // ---- one turn -------------------------------------------------------------------------------

  async #turn(): Promise<void> {
    const { clock } = this.#options.surroundings.settings.platform;
    await this.#fill();
    for (const batch of await this.#poll()) this.#take(batch);
    this.#tellLags();
    const isBusy = await this.#work();
    this.#resume();
    if (isBusy) await this.#breathe();
    const nowMs = clock.monotonicMs();
    const { commitIntervalMs, repartitionPurgeIntervalMs } = this.#options.surroundings.settings;
    if (nowMs - this.#lastCommitMs >= commitIntervalMs || this.#isCommitWanted())
      await this.#commit();
    if (nowMs - this.#lastPurgeMs >= repartitionPurgeIntervalMs) await this.#purge(nowMs);
    await this.#lookForTopics(nowMs);
  }

  /** Topics that came to match a pattern, or went. A change asks the group to share anew. */
  async #lookForTopics(nowMs: number): Promise<void> {
    const { plan, surroundings } = this.#options;
    const { metadataMaxAgeMs, logger } = surroundings.settings;
    if (!plan.hasPatterns || nowMs - this.#lastLookMs < metadataMaxAgeMs) return;
    this.#lastLookMs = nowMs;
    try {
      if (await plan.refresh()) this.#subscribe();
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      logger.warn('topics could not be looked at', { error: String(error) });
    }
  }

  async #poll(): Promise<ConsumedBatch[]> {
    const { consumer, surroundings } = this.#options;
    const nowMs = surroundings.settings.platform.clock.nowMs();
    const isInHurry = !this.#reader.isIdle || this.#hasWork(nowMs);
    try {
      return await consumer.poll({
        maxRecords: 1_000,
        timeoutMs: isInHurry ? 0 : this.#patienceMs(nowMs),
        signal: this.#stop.signal,
      });
    } catch (error) {
      if (this.#stop.signal.aborted) return [];
      throw error;
    }
  }

  #hasWork(nowMs: number): boolean {
    return [...this.#tasks.values()].some(
      ({ isRestored, task }) => isRestored && task.isProcessable(nowMs),
    );
  }

  /** How long to wait for records: not past the next punctuation or commit. */
  #patienceMs(nowMs: number): number {
    const { pollMs } = this.#options.surroundings.settings;
    const due = [...this.#tasks.values()].map(({ task }) => task.nextWallClockPunctuationMs);
    const next = Math.min(...due.map((ms) => ms ?? Infinity));
    return Math.max(0, Math.min(pollMs, next - nowMs));
  }

  #take({ topic, partition, records }: ConsumedBatch): void {
    const running = this.#taskOf({ topic, partition });
    if (running?.task.addRecords(topic, partition, records) === true)
      this.#options.consumer.pause([{ topic, partition }]);
  }

  /** A task with several inputs waits for one that has nothing as long as the broker has something of it. */
  #tellLags(): void {
    for (const { task, isRestored } of this.#tasks.values()) {
      if (!isRestored || task.partitions.length < 2) continue;
      for (const { topic, partition } of task.partitions)
        task.updateLag(topic, partition, this.#lags.of({ topic, partition }));
    }
  }

  /** A slice of each task's records and what is due by time. @returns whether there was anything */
  async #work(): Promise<boolean> {
    const { clock } = this.#options.surroundings.settings.platform;
    const endMs = clock.monotonicMs() + SLICE_MS;
    let isBusy = false;
    for (const { task, state, isRestored } of this.#tasks.values()) {
      if (!isRestored) continue;
      const nowMs = clock.nowMs();
      while (task.isProcessable(nowMs)) {
        // Without room in the producer, changes of stores would pile up.
        if (state.room !== undefined) await state.room;
        const count = task.process(nowMs, SLICE_RECORDS);
        const processed = typeof count === 'number' ? count : await count;
        const punctuated = task.punctuateStreamTime();
        if (punctuated instanceof Promise) await punctuated;
        isBusy ||= processed > 0;
        if (processed === 0 || clock.monotonicMs() >= endMs) break;
      }
      const punctuated = task.punctuateWallClock(nowMs);
      if (punctuated instanceof Promise) await punctuated;
    }
    return isBusy;
  }

  #resume(): void {
    const resumable = [...this.#tasks.values()]
      .filter(({ isRestored }) => isRestored)
      .flatMap(({ task }) => task.takeResumable());
    if (resumable.length > 0) this.#options.consumer.resume(resumable);
  }

  /** Lets sockets and timers have their turn. */
  #breathe(): Promise<void> {
    const { timers } = this.#options.surroundings.settings.platform;
    return new Promise((resolve) => timers.yield(resolve));
  }

  // ---- commits --------------------------------------------------------------------------------

  /** A processor asked, or caches or stores hold in memory as much as they may. */
  #isCommitWanted(): boolean {
    if (this.#options.surroundings.cache?.isExceeded === true) return true;
    return [...this.#tasks.values()].some(
      ({ task, state }) => task.isCommitRequested || state.isFull,
    );
  }

  /** Output first, then offsets, then state: after a crash anywhere, what was read is read again. */
  async #commit(tasks: Iterable<RunningTask> = this.#tasks.values()): Promise<void> {
    const { surroundings } = this.#options;
    this.#lastCommitMs = surroundings.settings.platform.clock.monotonicMs();
    const ready = [...tasks].filter(({ isRestored, task }) => isRestored && task.isCommitNeeded);
    if (ready.length === 0) return;
    const offsets: CommittableOffset[] = [];
    for (const { task } of ready) offsets.push(...(await task.prepareCommit()));
    if (offsets.length > 0 && !(await this.#commitOffsets(offsets))) return;
    for (const running of ready) await running.committed();
    for (const each of offsets)
      if (this.#parts.get(each.topic)!.repartitionTopics.has(each.topic))
        this.#consumed.set(`${each.topic}-${each.partition}`, each);
  }

  /** @returns false when it did not work now: the next commit makes up for it, or the tasks go to others and it is read again */
  async #commitOffsets(offsets: readonly CommittableOffset[]): Promise<boolean> {
    const { consumer, surroundings } = this.#options;
    try {
      await consumer.commit(offsets);
      return true;
    } catch (error) {
      if (!(error instanceof KafkaError && (error.retriable || MIGRATED.has(error.code))))
        throw error;
      surroundings.settings.logger.warn('offsets were not committed', { error: String(error) });
      return false;
    }
  }

  /** Deletes what was consumed of repartition topics; if that fails, the next time does it. */
  async #purge(nowMs: number): Promise<void> {
    this.#lastPurgeMs = nowMs;
    if (this.#consumed.size === 0) return;
    const consumed = [...this.#consumed.values()];
    this.#consumed.clear();
    try {
      await this.#options.admin.deleteRecords(
        consumed.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
      );
    } catch (error) {
      const { logger } = this.#options.surroundings.settings;
      logger.warn('consumed records of repartition topics were not deleted', {
        error: String(error),
      });
    }
  }

  // ---- tasks come and go ----------------------------------------------------------------------

  async #fill(): Promise<void> {
    if (this.#reader.isIdle) return;
    const nowMs = this.#options.surroundings.settings.platform.clock.nowMs();
    const patienceMs = this.#tasksAreWaiting() ? WAITING_MS : this.#hasWork(nowMs) ? 0 : BESIDE_MS;
    const filled = await this.#reader.step(patienceMs);
    if (filled.length > 0) await this.#start(filled as RunningTask[]);
  }

  #tasksAreWaiting(): boolean {
    return [...this.#tasks.values()].every(({ isRestored }) => !isRestored);
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const { surroundings, consumer, onState } = this.#options;
    onState('rebalancing');
    // Another instance has seen a topic of a pattern before this one.
    if (partitions.some(({ topic }) => !this.#parts.has(topic))) this.#lastLookMs = -Infinity;
    const opened: RunningTask[] = [];
    for (const [name, own] of this.#byTask(partitions)) {
      if (this.#tasks.has(name)) continue;
      const id = parseTaskId(name)!; // `byTask` made it
      const part = this.#parts.get(own[0]!.topic)!; // `byTask` found it
      const running = await RunningTask.open(id, part, own, surroundings);
      this.#tasks.set(name, running);
      opened.push(running);
    }
    this.#lastTasks = [...this.#tasks.keys()];
    // Nothing of a task is fetched before its stores are filled.
    consumer.pause(opened.flatMap(({ task }) => [...task.partitions]));
    await this.#start((await this.#reader.add(opened)) as RunningTask[]);
    if (this.#reader.isIdle) onState('running');
  }

  async #start(filled: readonly RunningTask[]): Promise<void> {
    const { consumer, surroundings, onState } = this.#options;
    for (const running of filled) {
      const partitions = [...running.task.partitions];
      const committed = await consumer.committed(partitions);
      const nowMs = surroundings.settings.platform.clock.nowMs();
      await seekToStart(consumer, committed, (topic) => this.#resetOf(topic), nowMs);
      running.task.initialize(
        nowMs,
        committed.map(({ topic, partition, metadata }) => ({
          topic,
          partition,
          metadata: metadata ?? '',
        })),
      );
      running.isRestored = true;
      consumer.resume(partitions);
    }
    if (this.#reader.isIdle && [...this.#tasks.values()].every(({ isRestored }) => isRestored))
      onState('running');
  }

  #resetOf(topic: string): OffsetReset | undefined {
    if (this.#parts.get(topic)?.repartitionTopics.has(topic) === true) return 'earliest';
    return this.#options.surroundings.graph.offsetResetOf(topic);
  }

  async #revoked(partitions: readonly TopicPartition[]): Promise<void> {
    this.#options.onState('rebalancing');
    const leaving = this.#leaving(partitions);
    await this.#commit(leaving);
    await this.#closeSome(leaving, true);
  }

  /** Others have them by now: nothing of ours may be committed. */
  async #lost(partitions: readonly TopicPartition[]): Promise<void> {
    this.#options.onState('rebalancing');
    await this.#closeSome(this.#leaving(partitions), false);
  }

  #leaving(partitions: readonly TopicPartition[]): RunningTask[] {
    return [...this.#byTask(partitions).keys()].flatMap((name) => this.#tasks.get(name) ?? []);
  }

  async #closeSome(leaving: readonly RunningTask[], clean: boolean): Promise<void> {
    await this.#reader.remove(leaving);
    for (const running of leaving) {
      this.#tasks.delete(running.name);
      this.#lags.forget(running.task.partitions);
      await running.close(clean && !running.task.isCommitNeeded);
    }
  }

  async #closeAll(clean: boolean): Promise<void> {
    const errors: unknown[] = [];
    for (const running of this.#tasks.values())
      await running
        .close(clean && !running.task.isCommitNeeded)
        .catch((error: unknown) => errors.push(error));
    this.#tasks.clear();
    if (clean && errors.length > 0) throw errors[0];
  }

  #byTask(partitions: readonly TopicPartition[]): Map<string, TopicPartition[]> {
    const byTask = new Map<string, TopicPartition[]>();
    for (const target of partitions) {
      const part = this.#parts.get(target.topic);
      if (part === undefined) continue;
      const name = nameOf(part, target);
      const own = byTask.get(name);
      if (own === undefined) byTask.set(name, [target]);
      else own.push(target);
    }
    return byTask;
  }

  #taskOf(target: TopicPartition): RunningTask | undefined {
    const part = this.#parts.get(target.topic);
    return part === undefined ? undefined : this.#tasks.get(nameOf(part, target));
  }
}

function nameOf(part: Subtopology, { partition }: TopicPartition): string {
  const id: TaskId = { subtopology: part.id, partition };
  return taskIdText(id);
}
