// The only door of @ottla/log.
export type { AppendResult } from './append-queue.ts';
export { BufferArena } from './buffer-arena.ts';
export { BufferLease, BufferPool, type BufferPoolOptions } from './buffer-pool.ts';
export {
  formatCheckpoint,
  parseCheckpoint,
  readEpochCheckpoint,
  readOffsetCheckpoint,
  writeEpochCheckpoint,
  writeOffsetCheckpoint,
} from './checkpoint-file.ts';
export { createDurably } from './create-durably.ts';
export { DelayedRemovals } from './delayed-removals.ts';
export { LogError, type LogErrorCode } from './errors.ts';
export { type FileHandle, HandleCache } from './handle-cache.ts';
export { type EpochEntry, LeaderEpochs } from './leader-epochs.ts';
export { LOG_CONFIG_DEFAULT, type LogConfig } from './log-config.ts';
export { type IndexHolder, LoadedIndexes, type LogContext } from './log-context.ts';
export { LogDirectory, type LogDirectoryOptions, type LogToOpen } from './log-directory.ts';
export type { ReadRequest } from './log-reader.ts';
export {
  FileRegion,
  type LogRegion,
  MemoryRegion,
  type RegionChunk,
  type RegionFile,
} from './log-region.ts';
export {
  META_PROPERTIES_FILE,
  type MetaProperties,
  readMetaProperties,
  writeMetaProperties,
} from './meta-properties.ts';
export type {
  FollowerAppendOptions,
  LeaderAppendOptions,
  OffsetListener,
  OpenLogOptions,
} from './log-options.ts';
export { PartitionLog } from './partition-log.ts';
export {
  type AbortedTransaction,
  type AppendOrigin,
  type ProducerBatch,
  type ProducerEntry,
  ProducerState,
} from './producer-state.ts';
export type { TimestampOffset } from './segment.ts';
export { type Slab, type SlabLease, SlabPool, type SlabPoolOptions } from './slab-pool.ts';
export { SyncGate } from './sync-gate.ts';
export { type CachedAppend, type LogTail, TailCache } from './tail-cache.ts';
