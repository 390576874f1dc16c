// The door of @ottla/platform: the ports, Node's implementation and the in-memory disk.
// The simulated world has its own door, `@ottla/platform/simulated`, so that servers never load it.
export * from './ports.ts';
export { DiskError, NetError, ThreadError, type DiskErrorOptions } from './errors.ts';
export { silentLogger } from './silent-logger.ts';
export { memoryDisk, type MemoryDiskOptions } from './memory/memory-disk.ts';
export { nodePlatform } from './node/node-platform.ts';
