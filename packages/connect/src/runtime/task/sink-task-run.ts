// A sink task at work: consume, convert, transform, put; commit what the task says is done. Kafka: WorkerSinkTask.
//
//   rebalance ─▶ open / close        ┌─ RetriableError: the same batch again after context.timeout, the consumer paused
//   poll ─▶ converters ─▶ transformations ─▶ put ─▶ every offset.flush.interval.ms: preCommit ─▶ commit
//
// Calls of the task never overlap: the loop and the rebalances, which come by themselves, take turns at one lock.
import type { ConsumedBatch, Consumer, ConsumerRecord, TopicPartition } from '@ottla/client';
import type { Logger, Platform } from '@ottla/platform';
import type { ConnectorProperties } from '../../connector/connector.ts';
import type { SinkOffset, SinkTask } from '../../connector/sink-task.ts';
import { ConnectError } from '../../errors.ts';
import type { SinkRecord } from '../../record/sink-record.ts';
import { traceOf } from '../host/link.ts';
import { ErrantReports, noteOrigin } from './errant-record-reporter.ts';
import { type ErrorHandler, isRetriable, RetriesAbandonedError } from './error-handling.ts';
import { Lock } from './lock.ts';
import { PartitionMap } from './partition-map.ts';
import { PauseGate } from './pause-gate.ts';
import { type Converters, toSinkRecord } from './record-conversion.ts';
import type { TaskListener, TaskRun } from './task-state.ts';
import type { TopicSelection } from './topic-selection.ts';
import type { TransformationChain } from './transformation-chain.ts';

/** What a sink task is run with. The run owns errors and chain, and the consumers it opens. */
export interface SinkTaskOptions {
  readonly task: SinkTask;
  readonly properties: ConnectorProperties;
  readonly isPaused: boolean;
  readonly converters: Converters;
  readonly chain: TransformationChain;
  readonly errors: ErrorHandler<ConsumerRecord>;
  /** Whether failures go anywhere: the log or a dead-letter queue. */
  readonly hasReporters: boolean;
  readonly openConsumer: () => Consumer;
  readonly topics: TopicSelection;
  readonly maxPollRecords: number;
  readonly flushIntervalMs: number;
  readonly listener: TaskListener;
  readonly platform: Platform;
  readonly logger: Logger;
  readonly stopping: AbortController;
}

/** A poll ends after this time at the latest, so that a pause or a commit is not late, milliseconds. */
const POLL_MS_MAX = 1_000;

export class SinkTaskRun implements TaskRun {
  readonly finished: Promise<void>;
  readonly #options: SinkTaskOptions;
  readonly #gate: PauseGate;
  readonly #lock = new Lock();
  readonly #topics = new Set<string>();
  /** Partitions that the task has open. */
  readonly #open = new PartitionMap<true>();
  /** Next offsets, behind what `put` has taken. */
  #current = new PartitionMap<number>();
  #committed = new PartitionMap<number>();
  /** Partitions that the task itself has paused. */
  readonly #paused = new PartitionMap<true>();
  /** Where the task wants delivery to go on. */
  readonly #rewinds = new PartitionMap<number>();
  /** Records that `put` has not taken yet, with the offsets behind them. */
  #batch: SinkRecord[] = [];
  #batchOffsets = new PartitionMap<number>();
  /** Undefined unless failures go anywhere. */
  readonly #reports: ErrantReports | undefined;
  #isRedelivering = false;
  /** When the batch is put again. */
  #retryAtMs = 0;
  /** What the task asked for, until it is used. */
  #retryTimeoutMs = -1;
  #isCommitRequested = false;
  #nextCommitMs: number;
  #consumer: Consumer | undefined;
  #isStarted = false;
  /** Errors of the task inside a rebalance: the loop throws them. */
  #rebalanceFailure: unknown;

  constructor(options: SinkTaskOptions) {
    this.#options = options;
    const { errors, converters, hasReporters } = options;
    this.#gate = new PauseGate(options.isPaused);
    this.#reports = hasReporters ? new ErrantReports(errors, converters) : undefined;
    this.#nextCommitMs = this.#nowMs() + options.flushIntervalMs;
    this.finished = this.#run();
  }

  pause(): void {
    this.#gate.pause();
  }

  resume(): void {
    this.#gate.open();
  }

  stop(): void {
    this.#options.stopping.abort();
    this.#gate.open();
  }

  get #isStopping(): boolean {
    return this.#options.stopping.signal.aborted;
  }

  #nowMs(): number {
    return this.#options.platform.clock.monotonicMs();
  }

  async #run(): Promise<void> {
    const { listener, logger } = this.#options;
    let failure: unknown;
    try {
      // Word that it is there goes out first: a task that computes for ever leaves no other chance.
      await new Promise<void>((resolve) => this.#options.platform.timers.yield(resolve));
      if (this.#gate.isPaused) listener.onState({ state: 'PAUSED' });
      await this.#gate.passed();
      if (!this.#isStopping) {
        await this.#start();
        await this.#loop();
      }
    } catch (error) {
      if (!(error instanceof RetriesAbandonedError)) {
        failure = error ?? new ConnectError('the task failed');
        const details = { error: traceOf(error) };
        logger.error('the task failed and stays so until it is restarted', details);
      }
    }
    await this.#close();
    listener.onState(
      failure === undefined
        ? { state: 'UNASSIGNED' }
        : { state: 'FAILED', trace: traceOf(failure) },
    );
  }

  async #start(): Promise<void> {
    const { task, properties, listener, platform, logger, stopping } = this.#options;
    task.initialize({
      configs: () => properties,
      offset: (offsets) => {
        for (const each of offsets) this.#rewinds.set(each, each.offset);
      },
      timeout: (timeoutMs) => {
        this.#retryTimeoutMs = timeoutMs;
      },
      assignment: () => this.#open.partitions(),
      pause: (partitions) => this.#taskPauses(partitions),
      resume: (partitions) => this.#taskResumes(partitions),
      requestCommit: () => {
        this.#isCommitRequested = true;
      },
      errantRecordReporter: this.#reports,
      signal: stopping.signal,
      logger,
      platform,
    });
    this.#isStarted = true;
    await task.start(properties);
    listener.onState({ state: 'RUNNING' });
  }

  async #loop(): Promise<void> {
    let isShownPaused = false;
    while (!this.#isStopping) {
      this.#throwRebalanceFailure();
      const consumer = await this.#subscribed();
      if (consumer === undefined) continue;
      await this.#lock.run(() => this.#commitWhenDue(consumer));
      if (this.#gate.isPaused !== isShownPaused) {
        isShownPaused = this.#gate.isPaused;
        if (isShownPaused) {
          consumer.pause();
          this.#isCommitRequested = true;
        } else if (!this.#isRedelivering) this.#resumeDelivery(consumer);
        this.#options.listener.onState({ state: isShownPaused ? 'PAUSED' : 'RUNNING' });
      }
      const batches = await this.#poll(consumer);
      if (this.#gate.isPaused || this.#isStopping) {
        this.#giveBack(consumer, batches);
        continue;
      }
      await this.#lock.run(() => this.#deliver(consumer, batches));
    }
    this.#throwRebalanceFailure();
  }

  /** The consumer of the topics as they are now; undefined when there are none yet. */
  async #subscribed(): Promise<Consumer | undefined> {
    const { topics, openConsumer, platform, stopping } = this.#options;
    const wanted = await topics.changed();
    if (wanted !== undefined) {
      await this.#leave();
      if (wanted.length > 0) {
        this.#consumer = openConsumer();
        this.#consumer.subscribe(wanted, {
          onAssigned: (partitions) => this.#guarded(() => this.#assigned(partitions)),
          onRevoked: (partitions) => this.#guarded(() => this.#revoked(partitions, true)),
          onLost: (partitions) => this.#guarded(() => this.#revoked(partitions, false)),
        });
      }
    }
    if (this.#consumer === undefined)
      await platform.timers.sleep(POLL_MS_MAX, stopping.signal).catch(() => undefined);
    return this.#consumer;
  }

  async #poll(consumer: Consumer): Promise<ConsumedBatch[]> {
    const { maxPollRecords, stopping } = this.#options;
    this.#rewind(consumer);
    const nowMs = this.#nowMs();
    const awaitsRetry = this.#isRedelivering && !this.#gate.isPaused;
    const retryMs = awaitsRetry ? this.#retryAtMs - nowMs : this.#takenTimeoutMs();
    const timeoutMs = Math.min(POLL_MS_MAX, this.#nextCommitMs - nowMs, retryMs);
    try {
      return await consumer.poll({
        maxRecords: maxPollRecords,
        timeoutMs: Math.max(0, timeoutMs),
        signal: stopping.signal,
      });
    } catch (error) {
      if (this.#isStopping) return [];
      throw error;
    }
  }

  /** How long the task asked to wait, once. */
  #takenTimeoutMs(): number {
    const timeoutMs = this.#retryTimeoutMs;
    this.#retryTimeoutMs = -1;
    return timeoutMs > 0 ? timeoutMs : POLL_MS_MAX;
  }

  #rewind(consumer: Consumer): void {
    for (const [target, offset] of this.#rewinds.entries()) {
      if (!this.#open.has(target)) continue;
      consumer.seek(target, offset);
      this.#current.set(target, offset);
      this.#committed.set(target, offset);
    }
    this.#rewinds.clear();
  }

  /** Records that came while the task was being paused: they are fetched again. */
  #giveBack(consumer: Consumer, batches: readonly ConsumedBatch[]): void {
    for (const { topic, partition, records } of batches) {
      const first = records[0];
      if (first !== undefined && this.#open.has({ topic, partition }))
        consumer.seek({ topic, partition }, first.offset);
    }
  }

  async #deliver(consumer: Consumer, batches: readonly ConsumedBatch[]): Promise<void> {
    for (const batch of batches) {
      const first = batch.records[0];
      if (first !== undefined && this.#open.has(batch) && this.#committed.get(batch) === undefined)
        this.#committed.set(batch, first.offset);
      await this.#take(batch);
    }
    if (this.#isRedelivering && this.#nowMs() < this.#retryAtMs) return;
    const { task } = this.#options;
    try {
      await task.put(this.#batch);
      this.#reports?.throwExceeded();
    } catch (error) {
      if (!isRetriable(error))
        throw new ConnectError('Exiting WorkerSinkTask due to unrecoverable exception.', {
          cause: error,
        });
      this.#options.logger.warn('put failed and is tried again', { error: traceOf(error) });
      this.#isRedelivering = true;
      this.#retryAtMs = this.#nowMs() + this.#takenTimeoutMs();
      consumer.pause();
      return;
    }
    for (const [target, offset] of this.#batchOffsets.entries())
      if (this.#open.has(target)) this.#current.set(target, offset);
    this.#batch = [];
    this.#batchOffsets.clear();
    if (this.#isRedelivering) this.#resumeDelivery(consumer);
  }

  async #take({ topic, partition, records }: ConsumedBatch): Promise<void> {
    const target = { topic, partition };
    if (!this.#open.has(target)) return;
    const { errors, converters, chain, listener, hasReporters } = this.#options;
    if (!this.#topics.has(topic)) {
      this.#topics.add(topic);
      listener.onTopic(topic);
    }
    for (const record of records) {
      let converted = errors.run(record, (step) =>
        chain.apply(toSinkRecord(record, converters, step), step),
      );
      if (converted instanceof Promise) converted = await converted;
      if (converted !== undefined && converted !== null) {
        if (hasReporters) noteOrigin(converted, record);
        this.#batch.push(converted);
      }
      this.#batchOffsets.set(target, record.offset + 1);
    }
  }

  #resumeDelivery(consumer: Consumer): void {
    this.#isRedelivering = false;
    if (this.#gate.isPaused) return;
    const own = this.#open.partitions().filter((target) => !this.#paused.has(target));
    if (own.length > 0) consumer.resume(own);
  }

  #taskPauses(partitions: readonly TopicPartition[]): void {
    for (const target of partitions) this.#paused.set(target, true);
    this.#consumer?.pause(partitions.filter((target) => this.#open.has(target)));
  }

  #taskResumes(partitions: readonly TopicPartition[]): void {
    for (const target of partitions) this.#paused.delete(target);
    if (!this.#isRedelivering && !this.#gate.isPaused)
      this.#consumer?.resume(partitions.filter((target) => this.#open.has(target)));
  }

  // ---- commits ----

  async #commitWhenDue(consumer: Consumer): Promise<void> {
    if (!this.#isCommitRequested && this.#nowMs() < this.#nextCommitMs) return;
    this.#isCommitRequested = false;
    this.#nextCommitMs = this.#nowMs() + this.#options.flushIntervalMs;
    await this.#reports?.written(this.#open.partitions());
    const offsets = await this.#committable(this.#open.partitions()).catch((error: unknown) => {
      this.#commitFailed(error);
      for (const [target, offset] of this.#committed.entries()) this.#rewinds.set(target, offset);
      this.#batch = [];
      this.#batchOffsets.clear();
      if (this.#isRedelivering) this.#resumeDelivery(consumer);
      return [];
    });
    await this.#commit(consumer, offsets);
  }

  /** What the task says is done, as far as it was given it. @throws what preCommit throws */
  async #committable(partitions: readonly TopicPartition[]): Promise<readonly SinkOffset[]> {
    const { task, errors, logger } = this.#options;
    const done: SinkOffset[] = [];
    for (const { topic, partition } of partitions) {
      const offset = this.#current.get({ topic, partition });
      if (offset !== undefined) done.push({ topic, partition, offset });
    }
    if (done.length === 0) return [];
    const allowed = await task.preCommit(done);
    await errors.flush();
    return allowed.filter((each) => {
      const isGiven = done.some(
        ({ topic, partition, offset }) =>
          topic === each.topic && partition === each.partition && each.offset <= offset,
      );
      if (!isGiven) logger.warn('the task returned an offset that it was not given', { ...each });
      return isGiven && this.#committed.get(each) !== each.offset;
    });
  }

  /** A commit that fails is no reason to deliver twice: the next one covers it. */
  async #commit(consumer: Consumer, offsets: readonly SinkOffset[]): Promise<void> {
    if (offsets.length === 0) return;
    try {
      await consumer.commit(offsets);
    } catch (error) {
      this.#commitFailed(error);
      return;
    }
    for (const each of offsets) this.#committed.set(each, each.offset);
  }

  #commitFailed(error: unknown): void {
    this.#options.logger.error('offsets could not be committed', { error: traceOf(error) });
  }

  // ---- rebalances ----

  /** A rebalance must go on whatever the task does; the loop then fails with what went wrong. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await this.#lock.run(work);
    } catch (error) {
      this.#rebalanceFailure ??= error;
    }
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const consumer = this.#consumer;
    if (consumer === undefined || partitions.length === 0) return;
    for (const target of partitions) {
      const position = consumer.position(target);
      this.#open.set(target, true);
      // The consumer looks for it still, while there is no leader, say: the first record will tell.
      if (position < 0) continue;
      this.#current.set(target, position);
      this.#committed.set(target, position);
    }
    if (this.#gate.isPaused || this.#isRedelivering) consumer.pause(partitions);
    await this.#options.task.open(partitions);
    // Before the first record: the task may keep its offsets itself.
    this.#rewind(consumer);
  }

  async #revoked(partitions: readonly TopicPartition[], canCommit: boolean): Promise<void> {
    const closing = partitions.filter((target) => this.#open.has(target));
    if (closing.length === 0) return;
    const consumer = canCommit ? this.#consumer : undefined;
    try {
      await this.#closePartitions(consumer, closing);
    } finally {
      this.#reports?.forget(closing);
      for (const target of closing)
        for (const map of [this.#open, this.#current, this.#committed, this.#paused, this.#rewinds])
          map.delete(target);
      for (const target of closing) this.#batchOffsets.delete(target);
      this.#batch = this.#batch.filter(({ originalTopic, originalKafkaPartition }) =>
        this.#open.has({ topic: originalTopic, partition: originalKafkaPartition ?? -1 }),
      );
    }
    if (this.#isRedelivering && this.#batch.length === 0 && this.#consumer !== undefined)
      this.#resumeDelivery(this.#consumer);
  }

  /** In Kafka's order: the task says what is done, closes, and then that is committed. */
  async #closePartitions(
    consumer: Consumer | undefined,
    closing: readonly TopicPartition[],
  ): Promise<void> {
    const { task } = this.#options;
    let offsets: readonly SinkOffset[] = [];
    try {
      if (consumer !== undefined) {
        await this.#reports?.written(closing);
        offsets = await this.#committable(closing).catch((error: unknown) => {
          this.#commitFailed(error);
          return [];
        });
      }
    } finally {
      await task.close(closing);
    }
    if (consumer !== undefined) await this.#commit(consumer, offsets);
  }

  #throwRebalanceFailure(): void {
    if (this.#rebalanceFailure !== undefined) throw this.#rebalanceFailure as Error;
  }

  // ---- the end ----

  /** Closes what is open, committing it, and leaves the group. */
  async #leave(): Promise<void> {
    const consumer = this.#consumer;
    if (consumer === undefined) return;
    await this.#guarded(() => this.#revoked(this.#open.partitions(), true));
    this.#consumer = undefined;
    await consumer.close();
  }

  async #close(): Promise<void> {
    const { task, errors, chain, topics, logger } = this.#options;
    const steps: [string, () => unknown][] = [
      ['leaving the group', () => this.#leave()],
      ['stopping the task', () => (this.#isStarted ? task.stop() : undefined)],
      ['closing the error reporters', () => errors.close()],
      ['closing the topic selection', () => topics.close()],
      ['closing the transformations', () => chain.close()],
    ];
    for (const [what, step] of steps)
      try {
        await step();
      } catch (error) {
        logger.error(`${what} failed`, { error: traceOf(error) });
      }
  }
}
