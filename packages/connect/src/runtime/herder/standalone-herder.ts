// A worker by itself: the connectors with their configurations, what they shall be and what they are. Configurations live in
// memory, offsets in the store. Kafka: StandaloneHerder, MemoryConfigBackingStore, MemoryStatusBackingStore.
//
// Each connector's code runs in a host (see worker/host-handle.ts). One change of a connector goes on at a time; a change that
// finds another one stuck gives it task.shutdown.graceful.timeout.ms, then ends the host by force. So a connector that
// computes for ever can still be paused, stopped, restarted and deleted.
import type { Logger, Platform } from '@ottla/platform';
import type { StandardInput } from '../../connector/source-task.ts';
import { AlreadyExistsError, NotFoundError } from '../../errors.ts';
import type { WorkerConfig } from '../config/worker-config.ts';
import type { ConfigInfos, ConfigKeyInfo } from '../config/config-infos.ts';
import type { PluginInfo } from '../host/host-protocol.ts';
import type { OffsetStore } from '../offsets/offset-store.ts';
import type { StateReport, TargetState } from '../task/task-state.ts';
import type { ConfigProviders } from '../worker/config-providers.ts';
import type { Loggers } from '../worker/loggers.ts';
import { PluginHost } from '../worker/plugin-host.ts';
import { ConnectorEntry } from './connector-entry.ts';
import { ConnectorRuns } from './connector-runs.ts';
import type {
  ConnectorInfo,
  ConnectorOffset,
  ConnectorOffsets,
  ConnectorStateInfo,
  Properties,
  TaskInfo,
  TaskState,
} from './entities.ts';
import { OffsetChanges } from './offset-changes.ts';
import { BadRequestError } from './rest-errors.ts';
import { secretNames, withoutSecrets, withPlaceholders, withStoredSecrets } from './secrets.ts';

/** What a herder is made of. */
export interface HerderOptions {
  readonly config: WorkerConfig;
  readonly offsets: OffsetStore;
  readonly platform: Platform;
  readonly loggers: Loggers;
  /** `host:port` of the REST API, shown in statuses. */
  workerId(): string;
  /** Resolve `${…}` in the configurations of connectors. */
  readonly providers: ConfigProviders;
  /** What tasks may read; default: none. */
  readonly standardInput?: StandardInput | undefined;
}

type Config = Readonly<Record<string, string | null>>;

export class StandaloneHerder {
  readonly #options: HerderOptions;
  readonly #logger: Logger;
  readonly #entries = new Map<string, ConnectorEntry>();
  readonly #plugins: PluginHost;
  readonly #runs: ConnectorRuns;
  readonly #offsetChanges: OffsetChanges;

  constructor(options: HerderOptions) {
    this.#options = options;
    this.#logger = options.loggers.named(
      'org.apache.kafka.connect.runtime.standalone.StandaloneHerder',
    );
    this.#plugins = new PluginHost(options);
    this.#runs = new ConnectorRuns(options);
    this.#offsetChanges = new OffsetChanges(options, this.#plugins);
  }

  // ---- what there is ----

  connectors(): string[] {
    return [...this.#entries.keys()];
  }

  /** @throws NotFoundError */
  connectorInfo(name: string): ConnectorInfo {
    const entry = this.#entry(name);
    return {
      name,
      config: withoutSecrets(entry.config, entry.secrets),
      tasks: entry.taskConfigs.map((_config, task) => ({ connector: name, task })),
      type: entry.type,
    };
  }

  connectorConfig(name: string): Properties {
    const { config, secrets } = this.#entry(name);
    return withoutSecrets(config, secrets);
  }

  taskConfigs(name: string): TaskInfo[] {
    const entry = this.#entry(name);
    return entry.taskConfigs.map((config, task) => ({
      id: { connector: name, task },
      config: withoutSecrets(config, entry.secrets),
    }));
  }

  /** @throws NotFoundError when there is no such connector, or nothing was reported of it yet */
  connectorStatus(name: string): ConnectorStateInfo {
    const entry = this.#entries.get(name);
    if (entry?.state === undefined)
      throw new NotFoundError(`No status found for connector ${name}`);
    return {
      name,
      connector: this.#shown(entry.state, entry),
      tasks: [...entry.taskStates]
        .sort(([a], [b]) => a - b)
        .map(([task, report]) => this.#shownTask(task, report, entry)),
      type: entry.type,
    };
  }

  taskStatus(name: string, task: number): TaskState {
    const entry = this.#entries.get(name);
    const report = entry?.taskStates.get(task);
    if (entry === undefined || report === undefined)
      throw new NotFoundError(`No status found for task ${name}-${task}`);
    return this.#shownTask(task, report, entry);
  }

  #shown(
    { state, trace }: StateReport,
    { version, conceal }: ConnectorEntry,
  ): ConnectorStateInfo['connector'] {
    const workerId = this.#options.workerId();
    const shownTrace = trace === undefined ? {} : { trace: conceal(trace) };
    return { state, worker_id: workerId, ...shownTrace, version };
  }

  #shownTask(task: number, report: StateReport, entry: ConnectorEntry): TaskState {
    return { id: task, ...this.#shown(report, entry) };
  }

  /** Topics that a connector has used; none for one that is not there. */
  activeTopics(name: string): string[] {
    return [...(this.#entries.get(name)?.topics ?? [])];
  }

  resetActiveTopics(name: string): void {
    this.#entries.get(name)?.topics.clear();
  }

  // ---- the cluster ----

  /** Asked of the brokers each time. @throws RemoteError with the code of a KafkaError when none answers */
  clusterId(): Promise<string> {
    return this.#plugins.call('clusterId');
  }

  // ---- plugins ----

  plugins(): Promise<readonly PluginInfo[]> {
    return this.#plugins.call('plugins');
  }

  /** @throws NotFoundError */
  pluginConfig(name: string): Promise<readonly ConfigKeyInfo[]> {
    return this.#plugins.call('pluginConfig', name);
  }

  /** @throws BadRequestError when the configuration names no known connector, or a value that no provider has */
  async validate(config: Config): Promise<ConfigInfos> {
    const resolved = await this.#options.providers.resolve(config).catch((error: unknown) => {
      throw new BadRequestError((error as Error).message, { cause: error });
    });
    const infos = await this.#plugins.call('validate', resolved.config);
    return withPlaceholders(infos, config, resolved);
  }

  // ---- changes ----

  /**
   * Creates a connector, or gives it a new configuration.
   *
   * @param initial what a new connector shall be; one that exists stays what it is
   * @throws BadRequestError, AlreadyExistsError; ConnectError when it does not start
   */
  async putConnector(
    name: string,
    given: Config,
    options: { readonly allowReplace: boolean; readonly initial?: TargetState },
  ): Promise<{ readonly isNew: boolean; readonly info: ConnectorInfo }> {
    const before = this.#entries.get(name);
    const known = before === undefined ? [] : [...before.secrets];
    const config = withStoredSecrets(given, before?.config, new Set(known));
    const infos = await this.validate(config);
    throwOnErrors(infos);
    const valid = config as Properties;
    const existing = this.#entries.get(name);
    if (existing !== undefined && !options.allowReplace)
      throw new AlreadyExistsError(`Connector ${name} already exists`);
    const secrets = secretNames(infos);
    const entry =
      existing ?? new ConnectorEntry(name, valid, secrets, options.initial ?? 'STARTED');
    this.#entries.set(name, entry);
    await this.#runs.change(entry, async () => {
      entry.config = valid;
      entry.secrets = secrets;
      if (existing !== undefined) await this.#runs.end(entry);
      await this.#runs.start(entry);
    });
    return { isNew: existing === undefined, info: this.connectorInfo(name) };
  }

  /** Merges into the configuration; null removes a key. */
  async patchConnector(name: string, patch: Config): Promise<ConnectorInfo> {
    const merged: Record<string, string | null> = { ...this.#entry(name).config };
    for (const [key, value] of Object.entries(patch))
      if (value === null) delete merged[key];
      else merged[key] = value;
    return (await this.putConnector(name, merged, { allowReplace: true })).info;
  }

  async deleteConnector(name: string): Promise<void> {
    const entry = this.#entry(name);
    await this.#runs.change(entry, async () => {
      await this.#runs.end(entry);
      entry.isDeleted = true;
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
    });
  }

  /** Takes effect later. @throws NotFoundError */
  pauseConnector(name: string): void {
    this.#aim(name, 'PAUSED', (entry) => this.#runs.pause(entry));
  }

  /** Takes effect later; a stopped connector gets its tasks again. @throws NotFoundError */
  resumeConnector(name: string): void {
    this.#aim(name, 'STARTED', (entry) => this.#runs.resume(entry));
  }

  /** Ends the tasks and forgets them. @throws NotFoundError */
  async stopConnector(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new NotFoundError(`Unknown connector ${name}`);
    if (entry.target === 'STOPPED' && entry.state?.state === 'STOPPED') return;
    entry.target = 'STOPPED';
    await this.#runs.change(entry, async () => {
      if (entry.target === 'STOPPED') await this.#runs.stop(entry);
    });
  }

  #aim(name: string, target: TargetState, work: (entry: ConnectorEntry) => Promise<void>): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new NotFoundError(`Unknown connector ${name}`);
    if (entry.target === target && entry.state?.state !== 'FAILED') return;
    entry.target = target;
    this.#runs
      .change(entry, async () => {
        if (entry.target === target) await work(entry);
      })
      .catch((error: unknown) =>
        this.#logger.error(`Failed to transition connector ${name} to target state ${target}`, {
          error,
        }),
      );
  }

  /** Restarts the connector itself; its tasks only when their configurations come out differently. */
  async restartConnector(name: string): Promise<void> {
    const entry = this.#entry(name);
    await this.#runs.change(entry, () => this.#runs.restartConnector(entry));
  }

  /** Restarts the connector and tasks as asked. @returns the status with RESTARTING where that is under way */
  async restartConnectorAndTasks(
    name: string,
    { includeTasks, onlyFailed }: { readonly includeTasks: boolean; readonly onlyFailed: boolean },
  ): Promise<ConnectorStateInfo> {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new NotFoundError(`Unknown connector: ${name}`);
    if (entry.state === undefined)
      throw new NotFoundError(`Status for connector ${name} not found`);
    const isMeant = ({ state }: StateReport): boolean => !onlyFailed || state === 'FAILED';
    const restartsConnector = isMeant(entry.state);
    const tasks = includeTasks
      ? [...entry.taskStates].filter(([, report]) => isMeant(report)).map(([task]) => task)
      : [];
    const status = this.connectorStatus(name);
    const plan: ConnectorStateInfo = {
      ...status,
      connector: restartsConnector ? restarting(status.connector) : status.connector,
      tasks: status.tasks.map((task) => (tasks.includes(task.id) ? restarting(task) : task)),
    };
    if (restartsConnector) entry.state = { state: 'RESTARTING' };
    for (const task of tasks) entry.taskStates.set(task, { state: 'RESTARTING' });
    this.#runs
      .change(entry, () => this.#runs.restart(entry, restartsConnector, tasks))
      .catch((error: unknown) =>
        this.#logger.error(`Connector '${name}' restart failed`, { error }),
      );
    return plan;
  }

  async restartTask(name: string, task: number): Promise<void> {
    const entry = this.#entry(name);
    if (entry.taskConfigs[task] === undefined)
      throw new NotFoundError(`Task ${name}-${task} not found`);
    await this.#runs.change(entry, () => this.#runs.restart(entry, false, [task]));
  }

  // ---- offsets ----

  async connectorOffsets(name: string): Promise<ConnectorOffsets> {
    const entry = this.#entry(name);
    const { config } = await this.#options.providers.resolve(entry.config);
    return this.#offsetChanges.read(entry, config);
  }

  /** @param offsets null resets all. @returns what to say about it. @throws BadRequestError unless the connector is stopped */
  async alterOffsets(name: string, offsets: readonly ConnectorOffset[] | null): Promise<string> {
    if (offsets !== null && offsets.length === 0)
      throw new BadRequestError('The offsets to be altered may not be null or empty');
    const entry = this.#entry(name);
    return entry.lock.run(async () => {
      if (entry.target !== 'STOPPED' || entry.taskConfigs.length > 0)
        throw new BadRequestError(
          `Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified connector by issuing a 'PUT' request to the '/connectors/${name}/stop' endpoint`,
        );
      const resolved = await this.#options.providers.resolve(entry.config);
      return this.#offsetChanges.change(entry, resolved.config, offsets);
    });
  }

  /** Ends every connector, then what else was opened. */
  async close(): Promise<void> {
    this.#logger.info('Herder stopping');
    await Promise.all(
      [...this.#entries.values()].map((entry) =>
        this.#runs.change(entry, () => this.#runs.end(entry)),
      ),
    );
    await this.#plugins.close();
    this.#logger.info('Herder stopped');
  }

  #entry(name: string): ConnectorEntry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new NotFoundError(`Connector ${name} not found`);
    return entry;
  }
}

function restarting<S extends ConnectorStateInfo['connector']>(state: S): S {
  const { trace: _trace, ...rest } = state;
  return { ...rest, state: 'RESTARTING' } as S;
}

function throwOnErrors({ error_count, configs }: ConfigInfos): void {
  if (error_count === 0) return;
  const errors = configs.flatMap(({ value }) => value?.errors ?? []);
  throw new BadRequestError(
    `Connector configuration is invalid and contains the following ${error_count} error(s):${errors
      .map((error) => `\n${error}`)
      .join(
        '',
      )}\nYou can also find the above list of errors at the endpoint \`/connector-plugins/{connectorType}/config/validate\``,
  );
}
