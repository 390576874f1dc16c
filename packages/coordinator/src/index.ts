// The door of `@ottla/coordinator`.

export {
  CoordinatorError,
  toClientError,
  toCoordinatorError,
} from './runtime/coordinator-error.ts';
export type { CoordinatorLog } from './runtime/coordinator-log.ts';
export {
  CoordinatorRuntime,
  type CoordinatorRuntimeOptions,
} from './runtime/coordinator-runtime.ts';
export type {
  CoordinatorResult,
  CoordinatorShard,
  RecordBytes,
  RecordCodec,
  RecordProducer,
  ShardContext,
} from './runtime/coordinator-shard.ts';
export type { ShardLimits, ShardRunnerState } from './runtime/shard-runner.ts';
export type { KeyedTimers, TimedOperation } from './runtime/shard-timers.ts';
export { SnapshotMap } from './runtime/snapshot-map.ts';
export { SnapshotRegistry } from './runtime/snapshot-registry.ts';
export type { ClassicGroupState } from './groups/classic-group-state.ts';
export {
  defaultGroupCoordinatorConfig,
  type GroupCoordinatorConfig,
} from './groups/group-config.ts';
export { GroupCoordinator, type GroupCoordinatorOptions } from './groups/group-coordinator.ts';
export { type GroupRecord, GroupRecordCodec, GroupRecordType } from './groups/group-records.ts';
export type { RequestContext } from './groups/request-context.ts';
export type { DeletedTopic, TopicCatalog } from './groups/topic-catalog.ts';
