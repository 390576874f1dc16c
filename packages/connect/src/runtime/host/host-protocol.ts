// What the worker and the host of a connector's code say to each other. Every message can be copied between threads.
import type { ConfigInfos, ConfigKeyInfo } from '../config/config-infos.ts';
import type { StoredOffset } from '../offsets/source-offsets.ts';
import type { StateReport } from '../task/task-state.ts';

/** What a host is started with. */
export interface HostInput {
  /** Modules to import for plugins, as URLs or package names. */
  readonly pluginModules: readonly string[];
  /** The worker's properties, placeholders resolved: converters and client settings come from them. */
  readonly workerProperties: Readonly<Record<string, string>>;
  readonly flushIntervalMs: number;
  readonly flushTimeoutMs: number;
  readonly isTopicCreationEnabled: boolean;
}

/** A plugin as `GET /connector-plugins` shows it. */
export interface PluginInfo {
  readonly class: string;
  readonly type: string;
  readonly version: string;
}

export interface ConnectorStart {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface TaskStart {
  readonly connectorName: string;
  readonly task: number;
  readonly connectorProperties: Readonly<Record<string, string>>;
  readonly taskProperties: Readonly<Record<string, string>>;
  readonly isPaused: boolean;
}

/** What a sink's group has committed of a partition. */
export interface SinkOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** An offset of a sink; null resets. */
export interface AlteredSinkOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | null;
}

/** Calls that a host answers. */
export interface HostCalls {
  /** Of the cluster that the worker works for. @throws KafkaError when no broker answers */
  clusterId(): string;
  plugins(): PluginInfo[];
  /** @throws NotFoundError */
  pluginConfig(name: string): ConfigKeyInfo[];
  /** What a class name means. @throws PluginNotFoundError */
  connectorPlugin(name: string): PluginInfo;
  validate(properties: Readonly<Record<string, string | null>>): ConfigInfos;
  startConnector(start: ConnectorStart): void;
  stopConnector(): void;
  taskConfigs(tasksMax: number): Readonly<Record<string, string>>[];
  startTask(start: TaskStart): void;
  /** Resolves when the task has ended. */
  stopTask(task: number): void;
  pauseTask(task: number): void;
  resumeTask(task: number): void;
  alterSourceOffsets(change: {
    readonly properties: Readonly<Record<string, string>>;
    readonly offsets: readonly StoredOffset[];
  }): boolean;
  alterSinkOffsets(change: {
    readonly properties: Readonly<Record<string, string>>;
    readonly offsets: readonly AlteredSinkOffset[];
  }): boolean;
  /** @throws ConnectError */
  readSinkOffsets(connector: ConnectorStart): SinkOffset[];
  /** Null resets all. @throws ConnectError */
  changeSinkOffsets(change: {
    readonly connector: ConnectorStart;
    readonly offsets: readonly AlteredSinkOffset[] | null;
  }): void;
  /** Ends everything that runs in the host. */
  shutdown(): void;
}

/** Notes that a host sends. */
export interface HostNotes {
  taskState(note: { readonly task: number; readonly report: StateReport }): void;
  /** The connector has failed by itself. */
  connectorFailed(trace: string): void;
  reconfigurationRequested(): void;
  topic(note: { readonly task: number; readonly topic: string }): void;
  log(line: LogLine): void;
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Calls that the worker answers: bytes of the offset store, and of its standard input. */
export interface WorkerCalls {
  getOffsets(keys: readonly Uint8Array[]): (Uint8Array | null)[];
  setOffsets(entries: readonly (readonly [Uint8Array, Uint8Array | null])[]): void;
  /** @throws ConnectError for a worker that has none */
  readStandardInput(): Uint8Array;
}
