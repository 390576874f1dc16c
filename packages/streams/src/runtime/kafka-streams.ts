// An instance of a Streams application: joins its group, takes its share of the tasks, runs until it is closed.
//
//   CREATED ── start ──▶ REBALANCING ◀──▶ RUNNING
//                            │               │
//        close ──────────────┴───────────────┴──▶ PENDING_SHUTDOWN ──▶ NOT_RUNNING
//        an error that nobody handled ──────────▶ PENDING_ERROR ─────▶ ERROR
//
// Kafka: KafkaStreams.
import { Admin, type Assignor, Consumer, Producer } from '@ottla/client';
import { StreamsError } from '../errors.ts';
import { taskIdText } from '../processor/task-id.ts';
import { CacheBudget } from '../store/cache-budget.ts';
import type { StateStore } from '../store/state-store.ts';
import { Topology } from '../topology/topology.ts';
import { GlobalState } from './global-state.ts';
import { ProducerCollector } from './producer-collector.ts';
import { removeState, StateDirectory } from './state-directory.ts';
import { StreamLoop } from './stream-loop.ts';
import { resolveOptions, type StreamsOptions, type StreamsSettings } from './streams-config.ts';
import { streamsAssignor } from './task-assignor.ts';
import { TopicPlan } from './topic-plan.ts';

export type StreamsState =
  | 'CREATED'
  | 'REBALANCING'
  | 'RUNNING'
  | 'PENDING_SHUTDOWN'
  | 'NOT_RUNNING'
  | 'PENDING_ERROR'
  | 'ERROR';

/** What runs of a task here. */
export interface TaskMetadata {
  /** Such as `0_3`. */
  readonly taskId: string;
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
  /** Whether its stores are filled. */
  readonly isRestored: boolean;
  readonly processedTotal: number;
  readonly droppedRecordsTotal: number;
}

/** Everything that is open, in the order in which it is to be closed. */
interface Open {
  readonly loop: StreamLoop;
  /** When the loop ended, however. */
  readonly done: Promise<void>;
  readonly closers: readonly (() => Promise<void>)[];
}

export class KafkaStreams {
  readonly #topology: Topology;
  readonly #settings: StreamsSettings;
  readonly #listeners = new Set<(state: StreamsState, before: StreamsState) => void>();
  #state: StreamsState = 'CREATED';
  #open: Open | undefined;
  #globals: GlobalState | undefined;
  #starting: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #error: unknown;
  /** Aborted by `close`: what a start waits for is not waited for any more. */
  readonly #closing = new AbortController();
  /** After an error: until everything is closed. */
  #failing: Promise<void> | undefined;

  /** @throws StreamsError `INVALID_CONFIG` */
  constructor(topology: Topology, options: StreamsOptions) {
    this.#topology = topology;
    this.#settings = resolveOptions(options);
  }

  get state(): StreamsState {
    return this.#state;
  }

  /** What ended the instance, in state `ERROR`. */
  get error(): unknown {
    return this.#error;
  }

  /** Told of each change of state. @returns ends that */
  onStateChange(listener: (state: StreamsState, before: StreamsState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Makes the internal topics, fills the global tables and joins the group; resolves when that is under way. Wait for state
   * `RUNNING` to know that the tasks run.
   *
   * @throws StreamsError when the application cannot run like this: topics that do not exist, partitions that do not match
   */
  async start(): Promise<void> {
    if (this.#state !== 'CREATED')
      throw new StreamsError('INVALID_STATE', `an instance starts once; it is ${this.#state}`);
    this.#become('REBALANCING');
    this.#starting = this.#launch();
    await this.#starting;
  }

  async #launch(): Promise<void> {
    const closers: (() => Promise<void>)[] = [];
    try {
      const loop = await this.#prepare(closers);
      if (this.#state === 'PENDING_SHUTDOWN')
        throw new StreamsError('INVALID_STATE', 'the instance was closed while it started');
      // The global stores may have failed already.
      if (this.#state !== 'REBALANCING') throw this.#error;
      const done = loop.run();
      this.#open = { loop, closers, done: done.catch(() => undefined) };
      this.#running = done.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      // Who closed it knows; it ends as a closed one does.
      if (this.#state === 'PENDING_SHUTDOWN') {
        await closeAll(closers);
        throw error;
      }
      this.#error ??= error;
      this.#become('PENDING_ERROR');
      await this.#closeAfterError(closers);
      throw this.#error;
    }
  }

  /** Commits, hands the tasks over and closes everything. Idempotent. */
  async close(): Promise<void> {
    if (this.#state === 'CREATED') this.#become('NOT_RUNNING');
    if (this.#state === 'RUNNING' || this.#state === 'REBALANCING')
      this.#become('PENDING_SHUTDOWN');
    this.#closing.abort();
    await this.#starting?.catch(() => undefined); // `start` has told its caller.
    this.#open?.loop.stop();
    await this.#running;
    await this.#failing;
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) await closeAll(open.closers);
    if (this.#state === 'PENDING_SHUTDOWN') this.#become('NOT_RUNNING');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Resolves in state `RUNNING`. @throws what ended the instance before that */
  running(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): boolean => {
        if (this.#state === 'RUNNING') resolve();
        else if (this.#state === 'ERROR') reject(this.#error as Error);
        else if (this.#state === 'NOT_RUNNING')
          reject(new StreamsError('INVALID_STATE', 'the instance was closed'));
        else return false;
        return true;
      };
      if (look()) return;
      const stop = this.onStateChange(() => {
        if (look()) stop();
      });
    });
  }

  /** Resolves when the instance ended, by `close` or by an error. @throws that error */
  async ended(): Promise<void> {
    await this.#running;
    if (this.#state === 'ERROR' || this.#state === 'PENDING_ERROR') throw this.#error;
  }

  /** Tasks on this instance. */
  tasks(): TaskMetadata[] {
    return [...(this.#open?.loop.tasks.values() ?? [])].map(({ name, task, isRestored }) => ({
      taskId: name,
      partitions: task.partitions.map(({ topic, partition }) => ({ topic, partition })),
      isRestored,
      processedTotal: task.counters.processed,
      droppedRecordsTotal: task.counters.dropped,
    }));
  }

  /**
   * A store's parts on this instance, by task; a global store has one. Reads only; another instance may have the key.
   *
   * @throws StreamsError `STORE_NOT_AVAILABLE` when it is not here now
   */
  stores<S extends StateStore>(name: string): Map<string, Omit<S, 'put' | 'putAll' | 'delete'>> {
    const found = new Map<string, S>();
    // Names carry no types; the caller's word counts, as in Kafka.
    const global = this.#globals?.store(name) as S | undefined;
    if (global !== undefined) found.set('global', global);
    for (const running of this.#open?.loop.tasks.values() ?? []) {
      const store = running.isRestored ? running.state.get(name) : undefined;
      if (store !== undefined) found.set(running.name, store as S);
    }
    if (found.size === 0)
      throw new StreamsError(
        'STORE_NOT_AVAILABLE',
        `store ${name} is not on this instance now: state ${this.#state}, tasks ${
          this.tasks()
            .map(({ taskId }) => taskId)
            .join(', ') || 'none'
        }`,
        { retriable: true },
      );
    return found;
  }

  /** Removes this application's state from the state directory; only before `start` or after `close`. */
  async cleanUp(): Promise<void> {
    if (this.#state !== 'CREATED' && this.#state !== 'NOT_RUNNING' && this.#state !== 'ERROR')
      throw new StreamsError(
        'INVALID_STATE',
        'cleanUp works only while the instance is not running',
      );
    const { platform, stateDir, applicationId } = this.#settings;
    await removeState(platform, stateDir, applicationId);
  }

  async #prepare(closers: (() => Promise<void>)[]): Promise<StreamLoop> {
    const settings = this.#settings;
    const graph = Topology.graphOf(this.#topology);
    const common = {
      bootstrapServers: settings.bootstrapServers,
      logger: settings.logger,
      platform: settings.platform,
    };
    const directory = await StateDirectory.open(
      settings.platform,
      settings.stateDir,
      settings.applicationId,
    );
    closers.unshift(() => directory.close());
    const admin = new Admin({ ...common, clientId: `${settings.clientId}-admin` });
    closers.unshift(() => admin.close());
    const plan = await TopicPlan.open(graph, admin, settings);
    const globals = await GlobalState.open(graph, settings, this.#closing.signal);
    this.#globals = globals;
    if (globals !== undefined) {
      closers.unshift(() => globals.close());
      globals.start((error) => void this.#fail(error));
    }
    const producer = new Producer({
      ...common,
      clientId: `${settings.clientId}-producer`,
      lingerMs: 100,
      allowAutoTopicCreation: false,
    });
    closers.unshift(() => producer.close());
    const restoreConsumer = new Consumer({
      ...common,
      clientId: `${settings.clientId}-restore-consumer`,
      autoOffsetReset: 'none',
    });
    closers.unshift(() => restoreConsumer.close());
    const active = (): readonly string[] => this.#open?.loop.lastTasks ?? [];
    const consumer = new Consumer({
      ...common,
      clientId: `${settings.clientId}-consumer`,
      groupId: settings.applicationId,
      autoCommit: false,
      autoOffsetReset: settings.autoOffsetReset,
      sessionTimeoutMs: settings.sessionTimeoutMs,
      heartbeatIntervalMs: settings.heartbeatIntervalMs,
      assignors: [this.#assignor(plan, directory, active)],
    });
    closers.unshift(() => consumer.close());
    return new StreamLoop({
      surroundings: {
        graph,
        settings,
        directory,
        collector: new ProducerCollector(producer),
        cache: settings.cacheMaxBytes > 0 ? new CacheBudget(settings.cacheMaxBytes) : undefined,
        globals: (name) => this.#globals?.store(name),
      },
      plan,
      consumer,
      restoreConsumer,
      admin,
      onState: (state) => this.#become(state === 'running' ? 'RUNNING' : 'REBALANCING'),
    });
  }

  #assignor(plan: TopicPlan, directory: StateDirectory, active: () => readonly string[]): Assignor {
    return streamsAssignor({
      subtopologies: () => plan.subtopologies,
      info: async () => ({
        processId: directory.processId,
        active: active(),
        state: (await directory.tasks()).map(taskIdText),
      }),
    });
  }

  #fail(error: unknown): Promise<void> {
    this.#settings.logger.error('the instance stops', { error: String(error) });
    if (this.#state === 'PENDING_SHUTDOWN' || this.#state === 'NOT_RUNNING')
      return Promise.resolve();
    this.#error ??= error;
    this.#become('PENDING_ERROR');
    // While it starts, the start ends with the error and closes what is open.
    if (this.#open === undefined && this.#failing === undefined) return Promise.resolve();
    this.#failing ??= this.#stopAfterError();
    return this.#failing;
  }

  async #stopAfterError(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    open?.loop.stop();
    await open?.done;
    await this.#closeAfterError(open?.closers ?? []);
  }

  /** The error that ended the instance is the one to tell; what goes wrong while closing is only noted. */
  async #closeAfterError(closers: readonly (() => Promise<void>)[]): Promise<void> {
    try {
      await closeAll(closers);
    } catch (error) {
      this.#settings.logger.warn('not everything could be closed', { error: String(error) });
    }
    this.#become('ERROR');
  }

  #become(state: StreamsState): void {
    const before = this.#state;
    const isEnding = before !== 'CREATED' && before !== 'RUNNING' && before !== 'REBALANCING';
    if (before === state || (isEnding && (state === 'RUNNING' || state === 'REBALANCING'))) return;
    this.#state = state;
    for (const listener of this.#listeners) this.#tell(listener, state, before);
  }

  /** What a listener throws is its own matter: the instance goes on, or ends, as it was about to. */
  #tell(
    listener: (state: StreamsState, before: StreamsState) => void,
    state: StreamsState,
    before: StreamsState,
  ): void {
    try {
      listener(state, before);
    } catch (error) {
      this.#settings.logger.error('a listener of the state failed', { error: String(error) });
    }
  }
}

/** All of them, whatever one of them throws. @throws the first error */
async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers) await close().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}
