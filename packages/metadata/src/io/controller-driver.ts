// ControllerDriver: performs what the Controller decides. A request is decided at once on the newest
// state, its records are appended and replayed in the same turn, and its response waits until they
// are committed. When leadership or an append is lost, the state goes back to what is committed and
// everyone who waits is told to look for the new controller.
//
//   standby ──── this node leads ────▶ active (activation records first, then requests)
//      ▲                                  │
//      └── another leads, append failed ──┘
//
// Kafka: QuorumController's event queue, ControllerWriteEvent and QuorumMetaLogListener.
import type { Clock, Logger, Timers } from '@ottla/platform';
import type { Controller } from '../controller/controller.ts';
import type { DecisionMoment } from '../controller/decision-scope.ts';
import type {
  ControllerOperation,
  ControllerRequest,
  ControllerRequestContext,
  ControllerResponse,
  ControllerResult,
} from '../controller/operations.ts';
import { MetadataError } from '../errors.ts';
import type { MetadataImage } from '../image/metadata-image.ts';
import type { MetadataBatch, MetadataSnapshot } from '../image/metadata-loader.ts';
import { encodeMetadataRecord, type MetadataRecord } from '../metadata-record.ts';
import { DeferredResponses } from './deferred-responses.ts';
import type { MetadataQuorum, QuorumLeader, QuorumListener } from './metadata-quorum.ts';
import { PeriodicTasks } from './periodic-tasks.ts';
import { SnapshotGenerator, type SnapshotThresholds } from './snapshot-generator.ts';

/** What the driver works with. */
export interface ControllerDriverOptions {
  readonly controller: Controller;
  readonly quorum: MetadataQuorum;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Requests that may wait for their commit; default 10,000. Heartbeats and registrations count too. */
  readonly waitingRequestsMax?: number;
  /** Records of one batch when an operation may be split; default 10,000. */
  readonly recordsPerBatchMax?: number;
  /** Pause between two searches for silent brokers; default an eighth of 9,000, as the session timeout's default has it. */
  readonly fenceIntervalMs?: number;
  /** `metadata.max.idle.interval.ms`: pause between NoOpRecords, 0 for none; default 500. */
  readonly idleIntervalMs?: number;
  /** `leader.imbalance.check.interval.seconds` in ms, 0 for no rebalancing; default 300,000. */
  readonly leaderImbalanceCheckIntervalMs?: number;
  /**
   * `ottla.leader.balance.delay.ms`: leaders are balanced so long after a broker has come back too, and again until those
   * that come back are in sync; 0 for only at the interval above. Default 10,000.
   */
  readonly leaderBalanceDelayMs?: number;
  /** `unclean.leader.election.interval.ms`: pause between unclean elections, where allowed; default 300,000. */
  readonly uncleanElectionIntervalMs?: number;
  /** Pause between two looks at whether internal topics can have more replicas, 0 for none; default 1,000. */
  readonly growthIntervalMs?: number;
  readonly snapshots?: SnapshotThresholds;
  /** Told of a broken invariant, after which the controller must not go on; default: an error in the log. */
  readonly onFatal?: (error: unknown) => void;
}

type Settings = Required<Omit<ControllerDriverOptions, 'snapshots'>>;

/** One controller of the quorum, active or not. */
export class ControllerDriver implements QuorumListener {
  readonly #settings: Settings;
  readonly #controller: Controller;
  readonly #quorum: MetadataQuorum;
  readonly #waiting: DeferredResponses;
  readonly #snapshots: SnapshotGenerator;
  readonly #tasks: PeriodicTasks;
  /** Epoch in which this controller is active; undefined on a standby. */
  #activeEpoch: number | undefined;
  #leaderId = -1;
  /** Offset of the last record that is known to be committed (inclusive). */
  #committedOffset = -1;
  /** How often this controller became active. */
  #activation = 0;
  /** Operations that take more than one turn and are not through. */
  #inTurnsCount = 0;
  #isClosed = false;

  constructor(options: ControllerDriverOptions) {
    const { controller, quorum, clock, logger, snapshots } = options;
    this.#settings = {
      waitingRequestsMax: 10_000,
      recordsPerBatchMax: 10_000,
      fenceIntervalMs: 1125,
      idleIntervalMs: 500,
      leaderImbalanceCheckIntervalMs: 300_000,
      leaderBalanceDelayMs: 10_000,
      uncleanElectionIntervalMs: 300_000,
      growthIntervalMs: 1000,
      onFatal: (error) => logger.error('controller invariant broken', { error }),
      ...options,
    };
    this.#controller = controller;
    this.#quorum = quorum;
    this.#waiting = new DeferredResponses(this.#settings.waitingRequestsMax);
    this.#tasks = new PeriodicTasks(this.#settings.timers, (error) => this.#taskFailed(error));
    this.#snapshots = new SnapshotGenerator({ quorum, clock, logger, ...snapshots });
  }

  /** Begins to listen to the quorum. */
  start(): void {
    this.#quorum.register(this);
  }

  /** Epoch in which this node is the active controller; undefined when it is not. */
  get activeEpoch(): number | undefined {
    return this.#activeEpoch;
  }

  /** Node id of the active controller as far as known, or −1. */
  get leaderId(): number {
    return this.#leaderId;
  }

  /** Committed metadata. */
  get image(): MetadataImage {
    return this.#controller.committed;
  }

  /** Requests that wait for their commit, and how many may. */
  get waitingRequests(): { readonly count: number; readonly countMax: number } {
    const count = this.#waiting.count + this.#inTurnsCount;
    return { count, countMax: this.#settings.waitingRequestsMax };
  }

  /**
   * Has a request decided; resolves with its response when that is committed.
   *
   * @throws MetadataError NOT_CONTROLLER when another node is the active controller or becomes it
   * meanwhile (the change may have been made all the same), CONTROLLER_OVERLOADED when too many wait, REQUEST_TIMED_OUT
   * after the client's time, which decides nothing when there was none to begin with
   */
  async submit<O extends ControllerOperation>(
    operation: O,
    request: ControllerRequest<O>,
    context: ControllerRequestContext,
  ): Promise<ControllerResponse<O>> {
    if (this.#activeEpoch === undefined) throw notController();
    if (this.waitingRequests.count >= this.#settings.waitingRequestsMax) {
      // Whoever lives stays: an overload that fenced its brokers would only grow.
      if (isHeartbeat(operation, request)) {
        this.#controller.noteContact(request, this.#settings.clock.monotonicMs());
      }
      throw new MetadataError(
        'CONTROLLER_OVERLOADED',
        `${this.#settings.waitingRequestsMax} requests wait for the controller already`,
      );
    }
    const { timeoutMs } = context;
    if (timeoutMs !== undefined && timeoutMs <= 0) throw timedOut(timeoutMs);
    const result = this.#controller.handle(operation, request, context, this.#moment());
    const committed = (offset: number): Promise<void> => this.#committed(offset, timeoutMs);
    if (result.rest !== undefined) return this.#performInTurns(result, committed);
    await committed(this.#perform(result));
    return result.response;
  }

  #committed(offset: number, timeoutMs: number | undefined): Promise<void> {
    const committed = this.#waiting.until(offset);
    if (timeoutMs === undefined || offset <= this.#committedOffset) return committed;
    return new Promise((resolve, reject) => {
      const timer = this.#settings.timers.set(timeoutMs, () => reject(timedOut(timeoutMs)));
      committed.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  /** Stops: nobody waits for anything afterwards, and no timer is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#deactivate();
    await this.#snapshots.idle();
  }

  handleCommit(batches: readonly MetadataBatch[]): void {
    if (this.#isClosed) return;
    let sizeBytes = 0;
    try {
      for (const batch of batches) {
        sizeBytes += batch.sizeBytes ?? 0;
        if (batch.records.length > 0) this.#commitBatch(batch);
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#waiting.release(this.#committedOffset);
    this.#snapshots.handleCommit(sizeBytes, this.#controller.committed);
  }

  handleSnapshot(snapshot: MetadataSnapshot): void {
    if (this.#isClosed) return;
    try {
      this.#controller.loadSnapshot(snapshot);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#committedOffset = snapshot.provenance.lastContainedOffset;
    this.#waiting.release(this.#committedOffset);
    this.#snapshots.handleSnapshot(snapshot.provenance.lastContainedOffset);
  }

  handleLeaderChange(leader: QuorumLeader): void {
    if (this.#isClosed) return;
    this.#leaderId = leader.leaderId;
    if (!leader.isLocal) {
      if (this.#activeEpoch !== undefined) this.#deactivate();
      return;
    }
    const wasActive = this.#activeEpoch !== undefined;
    this.#activeEpoch = leader.epoch;
    if (!wasActive) this.#activate();
  }

  #commitBatch(batch: MetadataBatch): void {
    const lastOffset = batch.baseOffset + batch.records.length - 1;
    // The active controller replayed its records when it appended them.
    if (lastOffset > this.#latestOffset) this.#controller.replay(batch);
    this.#controller.commit(lastOffset);
    this.#committedOffset = lastOffset;
  }

  #activate(): void {
    this.#activation++;
    const { clock, fenceIntervalMs, idleIntervalMs, growthIntervalMs } = this.#settings;
    const { leaderImbalanceCheckIntervalMs, uncleanElectionIntervalMs } = this.#settings;
    try {
      this.#perform(this.#controller.activate(clock.monotonicMs()));
    } catch (error) {
      this.#fail(error);
      return;
    }
    const controller = this.#controller;
    const tasks = this.#tasks;
    tasks.repeat('fence', fenceIntervalMs, () => this.#fenceStaleBrokers());
    tasks.repeat('idle', idleIntervalMs, () => this.#performAll(controller.noOp()));
    tasks.repeat('balance', leaderImbalanceCheckIntervalMs, () =>
      this.#performAll(controller.electPreferredLeaders(this.#moment())),
    );
    tasks.repeat('unclean', uncleanElectionIntervalMs, () =>
      this.#performAll(controller.electUncleanLeaders(this.#moment())),
    );
    tasks.repeat('grow', growthIntervalMs, () =>
      this.#performAll(controller.growInternalTopics(this.#moment())),
    );
    // Brokers may have come back under the controller before.
    this.#balanceLater();
  }

  /** A broker has come back: most likely others lead what it should. */
  #balanceLater(): void {
    const { leaderImbalanceCheckIntervalMs, leaderBalanceDelayMs } = this.#settings;
    if (leaderImbalanceCheckIntervalMs <= 0) return;
    this.#tasks.once('balance later', leaderBalanceDelayMs, () => {
      const result = this.#controller.electPreferredLeaders(this.#moment());
      const done = (isAwaiting: boolean): void => {
        if (isAwaiting) this.#balanceLater();
      };
      if (result.rest !== undefined)
        return this.#performInTurns(result, () => undefined).then(done);
      this.#perform(result);
      done(result.response);
      return undefined;
    });
  }

  #taskFailed(error: unknown): void {
    // A failed append has made this a standby already; anything else is a broken invariant.
    if (!(error instanceof MetadataError) || error.code !== 'NOT_CONTROLLER') this.#fail(error);
  }

  /** One at a time, so that the next one's partitions do not move to a broker that is silent as well. */
  #fenceStaleBrokers(): Promise<void> | undefined {
    for (;;) {
      const result = this.#controller.fenceOneStaleBroker(this.#moment());
      const stale = result.response;
      if (stale?.wasActive === true)
        this.#settings.logger.warn(
          `broker ${stale.brokerId} was not heard of in time: it is fenced`,
        );
      const turns = this.#performAll(result);
      if (turns !== undefined) return turns.then(() => this.#fenceStaleBrokers());
      if (stale === undefined) return undefined;
    }
  }

  #deactivate(): void {
    this.#activeEpoch = undefined;
    this.#tasks.cancelAll();
    this.#controller.revert();
    this.#waiting.rejectAll(notController());
  }

  /**
   * Performs what takes more than one turn; others are served in between.
   *
   * @param performed what follows the last part, begun in the same turn: were there an `await` between them, the records could be lost
   * and their offset given to others, whose commit would then be taken for theirs
   * @throws MetadataError NOT_CONTROLLER when this controller ceased to be active; what was written stands
   */
  async #performInTurns<Response>(
    first: ControllerResult<Response>,
    performed: (offset: number) => Promise<void> | undefined,
  ): Promise<Response> {
    const activation = this.#activation;
    let result = first;
    let offset: number;
    this.#inTurnsCount++;
    try {
      for (;;) {
        offset = this.#perform(result);
        if (result.rest === undefined) break;
        await new Promise<void>((resolve) => this.#settings.timers.yield(resolve));
        if (!this.#isActive(activation)) throw notController();
        result = this.#controller.resume(result.rest, this.#moment());
      }
    } finally {
      this.#inTurnsCount--;
    }
    await performed(offset);
    return result.response;
  }

  /** Performs what nobody waits for; the promise is there when that takes more than one turn. */
  #performAll(result: ControllerResult<unknown>): Promise<void> | undefined {
    if (result.rest !== undefined) {
      return this.#performInTurns(result, () => undefined).then(() => {});
    }
    this.#perform(result);
    return undefined;
  }

  /**
   * Appends and replays what was decided.
   *
   * @returns offset that must be committed before anyone may hear of it
   * @throws MetadataError NOT_CONTROLLER when the append failed; this controller is then a standby
   */
  #perform(result: ControllerResult<unknown>): number {
    const { records } = result;
    if (records.length > 0) {
      const countMax =
        result.isAtomic === false ? this.#settings.recordsPerBatchMax : records.length;
      for (let start = 0; start < records.length; start += countMax) {
        this.#append(records.slice(start, start + countMax));
      }
    }
    // Without records it was decided on what others wrote: their commit is waited for.
    const offset = this.#latestOffset;
    result.onAppended?.(offset);
    return offset;
  }

  #append(records: readonly MetadataRecord[]): void {
    const epoch = this.#activeEpoch;
    if (epoch === undefined) throw notController();
    const values = records.map((record) => encodeMetadataRecord(record));
    let lastOffset: number;
    try {
      lastOffset = this.#quorum.append(values, epoch);
    } catch (cause) {
      this.#settings.logger.warn('append to the metadata log failed; resigning', { epoch, cause });
      this.#deactivate();
      this.#quorum.resign(epoch);
      throw notController(cause);
    }
    if (records.some(isReturn)) this.#balanceLater();
    // A quorum of one may have committed it before the append returned; then it was replayed already.
    if (lastOffset <= this.#latestOffset) return;
    const baseOffset = lastOffset - records.length + 1;
    const appendTimestampMs = this.#settings.clock.nowMs();
    try {
      this.#controller.replay({ baseOffset, epoch, appendTimestampMs, records });
    } catch (error) {
      this.#fail(error);
      throw notController(error);
    }
  }

  /** Whether this is the active controller, and has been ever since it became so for the `activation`th time. */
  #isActive(activation: number): boolean {
    return this.#activeEpoch !== undefined && this.#activation === activation;
  }

  /** The log and the state contradict each other: nothing that this controller says can be trusted. */
  #fail(error: unknown): void {
    const epoch = this.#activeEpoch;
    this.#deactivate();
    this.#isClosed = true;
    if (epoch !== undefined) this.#quorum.resign(epoch);
    this.#settings.onFatal(error);
  }

  get #latestOffset(): number {
    return this.#controller.latest.provenance.lastContainedOffset;
  }

  #moment(): DecisionMoment {
    return {
      nowMs: this.#settings.clock.monotonicMs(),
      nextOffset: this.#quorum.logEndOffset,
    };
  }
}

function isHeartbeat(
  operation: ControllerOperation,
  _request: object,
): _request is ControllerRequest<'brokerHeartbeat'> {
  return operation === 'brokerHeartbeat';
}

/** Whether a broker is no longer counted out. */
function isReturn(record: MetadataRecord): boolean {
  return record.type === 'BrokerRegistrationChangeRecord' && record.value.fenced === -1;
}

function timedOut(timeoutMs: number): MetadataError {
  return new MetadataError('REQUEST_TIMED_OUT', `not committed within ${timeoutMs} ms`);
}

function notController(cause?: unknown): MetadataError {
  return new MetadataError('NOT_CONTROLLER', 'this node is not the active controller', { cause });
}
