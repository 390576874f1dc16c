// Where a connector's own code runs: the connector, its tasks, their converters and transformations, and the clients they
// use. Usually in a thread of its own (`host-thread.ts`), so that whatever it does stops nobody else.
import type { Platform } from '@ottla/platform';
import {
  type Connector,
  SinkConnector,
  SourceConnector,
  type SourceConnectorContext,
} from '../../connector/connector.ts';
import type { ConfigKeyInfo } from '../config/config-infos.ts';
import { configKeyInfo } from '../config/config-infos.ts';
import { ConnectError, NotFoundError, PluginNotFoundError } from '../../errors.ts';
import { pluginConfigDef } from '../../plugin/plugin.ts';
import {
  type ImportModule,
  packageForClass,
  type PluginRegistry,
} from '../../plugin/plugin-registry.ts';
import { type OffsetAccess, SourceOffsetReader } from '../offsets/source-offsets.ts';
import type { TaskRun } from '../task/task-state.ts';
import { topicGroups } from '../task/topic-creation.ts';
import type { HostSurroundings } from './cluster-calls.ts';
import type {
  AlteredSinkOffset,
  ConnectorStart,
  HostInput,
  PluginInfo,
  TaskStart,
  WorkerCalls,
} from './host-protocol.ts';
import { Link, type LinkHandlers, type MessagePort, traceOf } from './link.ts';
import { linkLogger } from './link-logger.ts';
import { openTask } from './open-task.ts';
import { validateConnector } from './validation.ts';

/** Plugin types in the order in which Kafka lists them. */
const TYPES = [
  'sink',
  'source',
  'transformation',
  'predicate',
  'converter',
  'header_converter',
] as const;

/** What a host is made of. */
export interface ConnectorHostOptions {
  readonly input: HostInput;
  readonly registry: PluginRegistry;
  /** For connectors that are named by their package. */
  readonly importModule: ImportModule;
  readonly platform: Platform;
}

export class ConnectorHost {
  readonly #input: HostInput;
  readonly #registry: PluginRegistry;
  readonly #importModule: ImportModule;
  readonly #platform: Platform;
  readonly #link: Link;
  readonly #offsets: OffsetAccess;
  readonly #tasks = new Map<number, TaskRun>();
  readonly #ended = Promise.withResolvers<void>();
  #connector: Connector | undefined;

  constructor(port: MessagePort, options: ConnectorHostOptions) {
    this.#input = options.input;
    this.#registry = options.registry;
    this.#importModule = options.importModule;
    this.#platform = options.platform;
    this.#link = new Link(port, this.#handlers());
    this.#offsets = remoteOffsets(this.#link);
  }

  /** Resolves after `shutdown`. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  #handlers(): LinkHandlers {
    return {
      plugins: () => this.#plugins(),
      pluginConfig: (name: string) => this.#pluginConfig(name),
      connectorPlugin: async (name: string) => {
        await this.#loadFor(name);
        return infoOf(this.#registry.require(['source', 'sink'], name).plugin);
      },
      validate: async (properties: Readonly<Record<string, string | null>>) => {
        await this.#loadFor(properties['connector.class'] ?? '');
        return validateConnector(properties, this.#registry, this.#input);
      },
      startConnector: (start: ConnectorStart) => this.#startConnector(start),
      stopConnector: () => this.#stopConnector(),
      taskConfigs: (tasksMax: number) => this.#taskConfigs(tasksMax),
      startTask: (start: TaskStart) => this.#startTask(start),
      stopTask: (task: number) => this.#stopTask(task),
      pauseTask: (task: number) => this.#tasks.get(task)?.pause(),
      resumeTask: (task: number) => this.#tasks.get(task)?.resume(),
      alterSourceOffsets: async ({ properties, offsets }: AlterSource) => {
        const connector = await this.#create(properties);
        return connector instanceof SourceConnector && connector.alterOffsets(properties, offsets);
      },
      alterSinkOffsets: async ({ properties, offsets }: AlterSink) => {
        const connector = await this.#create(properties);
        return connector instanceof SinkConnector && connector.alterOffsets(properties, offsets);
      },
      clusterId: async () => (await clusterCalls()).kafkaClusterId(this.#around),
      readSinkOffsets: async (connector: ConnectorStart) =>
        (await clusterCalls()).readSinkOffsets(connector, this.#around),
      changeSinkOffsets: async ({ connector, offsets }: ChangeSink) =>
        (await clusterCalls()).changeSinkOffsets(connector, offsets, this.#around),
      shutdown: () => this.#shutdown(),
    };
  }

  get #around(): HostSurroundings {
    return { input: this.#input, platform: this.#platform };
  }

  #plugins(): PluginInfo[] {
    return TYPES.flatMap((type) =>
      this.#registry
        .list(type)
        .map(({ plugin }) => infoOf(plugin))
        .sort((a, b) => (a.class < b.class ? -1 : 1)),
    );
  }

  #pluginConfig(name: string): ConfigKeyInfo[] {
    const found = this.#registry.find(TYPES, name);
    if (found === undefined) throw new NotFoundError(`Unknown plugin ${name}.`);
    return [...pluginConfigDef(found.plugin).keys.values()].map((key) => configKeyInfo(key));
  }

  /** A class may be named by the npm package that brings it: then that is imported now. */
  async #loadFor(name: string): Promise<void> {
    if (this.#registry.find(['source', 'sink'], name) !== undefined) return;
    const location = packageForClass(name);
    if (location === undefined) return;
    try {
      await this.#registry.load(location, this.#importModule);
    } catch (error) {
      if (!(error instanceof PluginNotFoundError)) throw error;
      linkLogger(this.#link, {}).warn(error.message);
    }
  }

  async #create(properties: Readonly<Record<string, string>>): Promise<Connector> {
    const name = properties['connector.class'] ?? '';
    await this.#loadFor(name);
    return this.#registry.require(['source', 'sink'], name).plugin.create() as Connector;
  }

  async #startConnector({ name, properties }: ConnectorStart): Promise<void> {
    const connector = await this.#create(properties);
    if (connector instanceof SourceConnector && this.#input.isTopicCreationEnabled)
      topicGroups(properties);
    this.#connector = connector;
    const context: SourceConnectorContext = {
      requestTaskReconfiguration: () => this.#link.note('reconfigurationRequested'),
      raiseError: (error) => this.#link.note('connectorFailed', traceOf(error)),
      offsetStorageReader: new SourceOffsetReader(name, this.#offsets),
      logger: linkLogger(this.#link, { connector: name }),
      platform: this.#platform,
    };
    // A sink's context is a source's without the offsets.
    (connector as Connector<SourceConnectorContext>).initialize(context);
    await connector.start(properties);
  }

  async #stopConnector(): Promise<void> {
    const connector = this.#connector;
    this.#connector = undefined;
    await connector?.stop();
  }

  async #taskConfigs(tasksMax: number): Promise<Readonly<Record<string, string>>[]> {
    if (this.#connector === undefined) throw new ConnectError('the connector is not running');
    return this.#connector.taskConfigs(tasksMax);
  }

  async #startTask(start: TaskStart): Promise<void> {
    const { task, connectorName } = start;
    const run = await openTask(start, {
      input: this.#input,
      registry: this.#registry,
      platform: this.#platform,
      offsets: this.#offsets,
      standardInput: { read: () => this.#link.call<Uint8Array>('readStandardInput') },
      logger: linkLogger(this.#link, { connector: connectorName, task }),
      listener: {
        onState: (report) => this.#link.note('taskState', { task, report }),
        onTopic: (topic) => this.#link.note('topic', { task, topic }),
      },
    });
    this.#tasks.set(task, run);
  }

  async #stopTask(task: number): Promise<void> {
    const run = this.#tasks.get(task);
    if (run === undefined) return;
    run.stop();
    await run.finished;
    this.#tasks.delete(task);
  }

  async #shutdown(): Promise<void> {
    await Promise.all([...this.#tasks.keys()].map((task) => this.#stopTask(task)));
    await this.#stopConnector();
    // After the answer is on its way.
    this.#platform.timers.yield(() => this.#ended.resolve());
  }
}

/** Loaded where it is asked for: a host that runs a connector never is. */
const clusterCalls = () => import('./cluster-calls.ts');

interface AlterSource {
  readonly properties: Readonly<Record<string, string>>;
  readonly offsets: Parameters<SourceConnector['alterOffsets']>[1];
}

interface ChangeSink {
  readonly connector: ConnectorStart;
  readonly offsets: readonly AlteredSinkOffset[] | null;
}

interface AlterSink {
  readonly properties: Readonly<Record<string, string>>;
  readonly offsets: readonly AlteredSinkOffset[];
}

function infoOf({
  className,
  type,
  version,
}: {
  className: string;
  type: string;
  version: string;
}): PluginInfo {
  return { class: className, type, version };
}

/** The worker's offset store, seen from here. Buffers cross threads as bare arrays of bytes. */
function remoteOffsets(link: Link): OffsetAccess {
  return {
    async get(keys) {
      const values = await link.call<ReturnType<WorkerCalls['getOffsets']>>('getOffsets', keys);
      return values.map((value) => (value === null ? null : Buffer.from(value)));
    },
    set: (entries) => link.call<void>('setOffsets', entries),
  };
}
