// The worker runtime: what an application that runs connectors needs. Its own entry of the package, `@ottla/connect/runtime`, so
// that the worker's thread does not load converters and transformations, which it never runs.
export type { StandardInput } from '../connector/source-task.ts';
export { ConfigError, ConnectError, NotFoundError } from '../errors.ts';
export { type ConfigInfos, type ConfigKeyInfo } from './config/config-infos.ts';
export { parseProperties } from './config/properties.ts';
export { withPrefix } from './config/with-prefix.ts';
export {
  parseWorkerConfig,
  type TaskIsolation,
  type WorkerConfig,
  type WorkerConfigOptions,
} from './config/worker-config.ts';
export * from './herder/entities.ts';
export { BadRequestError } from './herder/rest-errors.ts';
export { type HerderOptions, StandaloneHerder } from './herder/standalone-herder.ts';
export type { PluginInfo } from './host/host-protocol.ts';
export { RemoteError } from './host/link.ts';
export { JavaFormatError } from './offsets/java-hash-map.ts';
export { FileOffsetStore, MemoryOffsetStore, type OffsetStore } from './offsets/offset-store.ts';
export type { ConnectState, TargetState } from './task/task-state.ts';
export { type Conceal, ConfigProviders, type ResolvedConfig } from './worker/config-providers.ts';
export { LOG_LEVELS, Loggers, type LoggerLevel, type LogLevel } from './worker/loggers.ts';
