// A source task at work: poll, transform, convert, hand to the producer, and store the offsets of what was acknowledged.
// Kafka: AbstractWorkerSourceTask, WorkerSourceTask.
//
//   start ─▶ poll ─▶ transformations ─▶ converters ─▶ topic creation ─▶ producer.enqueue ─┐ acknowledged, in any order
//            ▲                                                                           ▼
//            └── commit: every offset.flush.interval.ms ◀── longest acknowledged prefix of each source partition
import type {
  KafkaError,
  OnDelivery,
  Producer,
  ProducerRecord,
  RecordMetadata,
} from '@ottla/client';
import type { Logger, Platform } from '@ottla/platform';
import type { ConnectorProperties } from '../../connector/connector.ts';
import {
  type OffsetStorageReader,
  SourceTask,
  type StandardInput,
} from '../../connector/source-task.ts';
import { ConnectError } from '../../errors.ts';
import type { SourceRecord } from '../../record/source-record.ts';
import { traceOf } from '../host/link.ts';
import { offsetEntries, type OffsetAccess } from '../offsets/source-offsets.ts';
import type { OffsetEntry } from '../offsets/offset-store.ts';
import { type ErrorHandler, isRetriable, RetriesAbandonedError } from './error-handling.ts';
import { InFlightBound } from './in-flight-bound.ts';
import { PauseGate } from './pause-gate.ts';
import { type Converters, toProducerRecord } from './record-conversion.ts';
import { SubmittedRecords, type SubmittedRun } from './submitted-records.ts';
import type { TaskListener, TaskRun } from './task-state.ts';
import type { TopicCreation } from './topic-creation.ts';
import type { TransformationChain } from './transformation-chain.ts';

/** What a source task is run with. The run owns producer, errors, chain and topic creation: it closes them. */
export interface SourceTaskOptions {
  readonly task: SourceTask;
  readonly connectorName: string;
  readonly properties: ConnectorProperties;
  readonly isPaused: boolean;
  readonly converters: Converters;
  readonly chain: TransformationChain;
  readonly errors: ErrorHandler<SourceRecord>;
  readonly producer: Producer;
  readonly topicCreation: TopicCreation;
  readonly offsetReader: OffsetStorageReader;
  readonly offsetStore: OffsetAccess;
  readonly standardInput: StandardInput;
  readonly flushIntervalMs: number;
  readonly flushTimeoutMs: number;
  readonly listener: TaskListener;
  readonly platform: Platform;
  readonly logger: Logger;
  /** Aborts what waits when the task is to stop. */
  readonly stopping: AbortController;
}

/** Wait before a record that the producer could not take now is given to it again. */
const SEND_RETRY_MS = 100;

export class SourceTaskRun implements TaskRun {
  readonly finished: Promise<void>;
  readonly #options: SourceTaskOptions;
  readonly #gate: PauseGate;
  readonly #submitted = new SubmittedRecords();
  readonly #inFlight: InFlightBound;
  readonly #topics = new Set<string>();
  /** Whether the task wants to hear of each record. */
  readonly #tellsRecords: boolean;
  /** By key: what is still to be stored, the last offset of each partition. */
  #unstored = new Map<string, OffsetEntry>();
  /** The run whose deliveries `#shared` takes note of. */
  #sharedRun: SubmittedRun | undefined;
  #shared: OnDelivery = () => undefined;
  #producerFailure: KafkaError | undefined;
  #nextCommitMs: number;
  #isStarted = false;

  constructor(options: SourceTaskOptions) {
    this.#options = options;
    this.#gate = new PauseGate(options.isPaused);
    this.#inFlight = new InFlightBound(options.stopping.signal);
    this.#tellsRecords = options.task.commitRecord !== SourceTask.prototype.commitRecord;
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

  async #run(): Promise<void> {
    const { listener, logger } = this.#options;
    let failure: unknown;
    try {
      // Word that it is there goes out first: a task that computes for ever leaves no other chance.
      await this.#turn();
      await this.#pausedAtStart();
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
    await this.#close(failure !== undefined);
    listener.onState(
      failure === undefined
        ? { state: 'UNASSIGNED' }
        : { state: 'FAILED', trace: traceOf(failure) },
    );
  }

  get #isStopping(): boolean {
    return this.#options.stopping.signal.aborted;
  }

  #nowMs(): number {
    return this.#options.platform.clock.monotonicMs();
  }

  async #pausedAtStart(): Promise<void> {
    if (!this.#gate.isPaused) return;
    this.#options.listener.onState({ state: 'PAUSED' });
    await this.#gate.passed();
  }

  async #start(): Promise<void> {
    const { task, properties, offsetReader, standardInput, listener } = this.#options;
    const { platform, logger, stopping } = this.#options;
    task.initialize({
      configs: () => properties,
      offsetStorageReader: offsetReader,
      standardInput,
      signal: stopping.signal,
      logger,
      platform,
    });
    this.#isStarted = true;
    await task.start(properties);
    listener.onState({ state: 'RUNNING' });
  }

  async #loop(): Promise<void> {
    while (!this.#isStopping) {
      this.#throwProducerFailure();
      if (this.#nowMs() >= this.#nextCommitMs) await this.#commit();
      if (this.#gate.isPaused) {
        await this.#whilePaused();
        continue;
      }
      this.#submitted.advance();
      const records = await this.#poll();
      if (records !== null)
        for (const record of records) {
          const wait = this.#send(record) ?? this.#inFlight.room();
          if (wait !== undefined) await wait;
          if (this.#isStopping && this.#producerFailure !== undefined) break;
        }
      // Polls that never wait must not keep messages and timers of this thread waiting.
      await this.#turn();
    }
    this.#throwProducerFailure();
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#options.platform.timers.yield(resolve));
  }

  async #whilePaused(): Promise<void> {
    const { listener } = this.#options;
    await this.#commit();
    listener.onState({ state: 'PAUSED' });
    await this.#gate.passed();
    if (!this.#isStopping) listener.onState({ state: 'RUNNING' });
  }

  async #poll(): Promise<readonly SourceRecord[] | null> {
    try {
      return await this.#options.task.poll();
    } catch (error) {
      if (!isRetriable(error)) throw error;
      this.#options.logger.warn('poll failed and is tried again', { error: traceOf(error) });
      return null;
    }
  }

  /** @returns nothing when the producer took the record at once */
  #send(record: SourceRecord): Promise<void> | undefined {
    const { errors, chain, converters } = this.#options;
    const converted = errors.run(record, (step) => {
      const transformed = chain.apply(record, step);
      return transformed === null ? null : toProducerRecord(transformed, converters, step);
    });
    if (converted instanceof Promise)
      return converted.then((later) => this.#dispatch(record, later ?? null));
    return this.#dispatch(record, converted ?? null);
  }

  #dispatch(record: SourceRecord, converted: ProducerRecord | null): Promise<void> | undefined {
    if (converted === null) {
      this.#tell(record, null);
      return undefined;
    }
    const { topicCreation, producer } = this.#options;
    const { topic } = converted;
    if (topicCreation.isNeeded(topic))
      return topicCreation.create(topic).then(() => this.#enqueueLater(record, converted));
    const sizeBytes = (converted.key?.length ?? 0) + (converted.value?.length ?? 0);
    const run = this.#submitted.submit(record.sourcePartition, record.sourceOffset, sizeBytes);
    this.#inFlight.enter(sizeBytes);
    const wait = producer.enqueue(converted, this.#onDelivery(record, run));
    if (wait === undefined) return undefined;
    return wait.catch((error: unknown) => this.#notTaken(record, converted, run, error));
  }

  async #enqueueLater(record: SourceRecord, converted: ProducerRecord): Promise<void> {
    await this.#dispatch(record, converted);
  }

  /** Records of a run share what is told of their delivery, unless somebody will look at each. */
  #onDelivery(record: SourceRecord, run: SubmittedRun): OnDelivery {
    if (this.#tellsRecords || this.#options.errors.isTolerant)
      return (error, metadata) => this.#delivered(record, run, error, metadata);
    if (this.#sharedRun !== run) {
      this.#sharedRun = run;
      this.#shared = (error, metadata) => this.#delivered(undefined, run, error, metadata);
    }
    return this.#shared;
  }

  #delivered(
    record: SourceRecord | undefined,
    run: SubmittedRun,
    error: KafkaError | undefined,
    metadata: RecordMetadata | undefined,
  ): void {
    if (error !== undefined) {
      this.#deliveryFailed(record, run, error);
      return;
    }
    this.#settled(run);
    if (metadata === undefined) return;
    const { topic } = metadata;
    if (!this.#topics.has(topic)) {
      this.#topics.add(topic);
      this.#options.listener.onTopic(topic);
    }
    if (record !== undefined) this.#tell(record, metadata);
  }

  /** One more of the run is done with. */
  #settled(run: SubmittedRun): void {
    run.pending -= 1;
    this.#leaveWhenDone(run);
  }

  #leaveWhenDone(run: SubmittedRun): void {
    if (run.pending > 0) return;
    this.#inFlight.leave(run.sizeBytes);
    run.sizeBytes = 0;
  }

  #deliveryFailed(record: SourceRecord | undefined, run: SubmittedRun, error: KafkaError): void {
    const { errors, logger } = this.#options;
    logger.error('a record could not be written', { error: error.message });
    if (!errors.isTolerant || record === undefined) {
      this.#producerFailure ??= error;
      this.#inFlight.lift();
      return;
    }
    void errors.report({ record, error, stage: 'KAFKA_PRODUCE', className: PRODUCE_CLASS });
    this.#settled(run);
    this.#tell(record, null);
  }

  async #notTaken(
    record: SourceRecord,
    converted: ProducerRecord,
    run: SubmittedRun,
    error: unknown,
  ): Promise<void> {
    if (!isRetriable(error)) {
      this.#deliveryFailed(record, run, error as KafkaError);
      return;
    }
    this.#submitted.takeBack(record.sourcePartition, run);
    this.#leaveWhenDone(run);
    if (this.#isStopping) return;
    const { platform, stopping, logger } = this.#options;
    logger.warn('a record could not be sent now and is tried again', { error: String(error) });
    await platform.timers.sleep(SEND_RETRY_MS, stopping.signal).catch(() => undefined);
    if (!this.#isStopping) await this.#dispatch(record, converted);
  }

  /** A task's failure to take note is the task's own affair. */
  #tell(record: SourceRecord, metadata: RecordMetadata | null): void {
    if (!this.#tellsRecords) return;
    const { task, logger } = this.#options;
    const sent =
      metadata === null
        ? null
        : { ...metadata, offset: metadata.offset < 0 ? undefined : metadata.offset };
    Promise.resolve()
      .then(() => task.commitRecord(record, sent))
      .catch((error: unknown) =>
        logger.error('commitRecord of the task failed', { error: traceOf(error) }),
      );
  }

  #throwProducerFailure(): void {
    if (this.#producerFailure !== undefined)
      throw new ConnectError('Unrecoverable exception from producer send callback', {
        cause: this.#producerFailure,
      });
  }

  /** Stores what is committable; what cannot be stored now stays for the next time. */
  async #commit(): Promise<void> {
    const { task, connectorName, offsetStore, flushIntervalMs, logger } = this.#options;
    this.#nextCommitMs = this.#nowMs() + flushIntervalMs;
    const offsets = this.#submitted.takeCommittable();
    try {
      for (const entry of offsetEntries(connectorName, offsets))
        this.#unstored.set(entry[0].toString('latin1'), entry);
      if (this.#unstored.size > 0) {
        const entries = [...this.#unstored.values()];
        await this.#within(offsetStore.set(entries));
        this.#unstored.clear();
      }
    } catch (error) {
      logger.error('offsets could not be stored; the next flush tries again', {
        error: traceOf(error),
      });
      return;
    }
    try {
      await task.commit();
    } catch (error) {
      logger.error('commit of the task failed', { error: traceOf(error) });
    }
  }

  /** @throws ConnectError when it takes longer than offset.flush.timeout.ms */
  async #within<T>(work: Promise<T>): Promise<T> {
    const { platform, flushTimeoutMs } = this.#options;
    const late = Promise.withResolvers<never>();
    const timer = platform.timers.set(flushTimeoutMs, () =>
      late.reject(new ConnectError(`not done within ${flushTimeoutMs} ms`)),
    );
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      timer.cancel();
    }
  }

  /** Waits for the producer, commits a last time, closes everything. Nothing here makes a stopped task fail. */
  async #close(isFailed: boolean): Promise<void> {
    const { task, producer, errors, chain, topicCreation, logger } = this.#options;
    const steps: [string, () => unknown][] = [
      ['flushing the producer', () => this.#within(producer.flush())],
      ['the last commit of offsets', () => (this.#isStarted ? this.#commit() : undefined)],
      ['stopping the task', () => (this.#isStarted ? task.stop() : undefined)],
      ['closing the producer', () => this.#within(producer.close())],
      ['closing the error reporters', () => errors.close()],
      ['closing the topic creation', () => topicCreation.close()],
      ['closing the transformations', () => chain.close()],
    ];
    for (const [what, step] of steps)
      try {
        await step();
      } catch (error) {
        const details = { error: traceOf(error) };
        if (isFailed) logger.warn(`${what} of a failed task failed too`, details);
        else logger.error(`${what} failed`, details);
      }
  }
}

/** Whom Kafka names where the producer fails. */
const PRODUCE_CLASS = 'org.apache.kafka.connect.runtime.WorkerSourceTask';
