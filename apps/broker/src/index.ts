// The door of @ottla/broker.

export { BrokerConfig } from './config/broker-config.ts';
export type { BrokerConfigSource } from './config/broker-config.ts';
export { ConfigError } from './config/config-error.ts';
export type { EndPoint } from './config/listeners.ts';
export { MEMORY_BYTES_DEFAULT, MEMORY_PRESETS, memoryPlatform } from './server/memory-mode.ts';
export { startServer } from './server/server.ts';
export type { RunningServer, StartOptions } from './server/server.ts';
export { StartError } from './server/start-error.ts';
export type { StartErrorCode } from './server/start-error.ts';
export { randomUuid } from './server/random-uuid.ts';
export { formatStorage } from './storage-tool/format-storage.ts';
export type { FirstVoters, FormatOptions } from './storage-tool/format-storage.ts';
export {
  featureDependencies,
  parseFeature,
  versionMapping,
} from './storage-tool/release-features.ts';
export { storageInfo } from './storage-tool/storage-info.ts';
export type { StorageInfo } from './storage-tool/storage-info.ts';
