// The settings of the group coordinator under Kafka's names in camelCase, with Kafka 4.3's defaults.
// Kafka: GroupCoordinatorConfig, OffsetConfig.

/** Settings of `GroupCoordinator`. Each line names the broker key, its unit and its default. */
export interface GroupCoordinatorConfig {
  /** `group.initial.rebalance.delay.ms`: how long the first rebalance of an empty group waits for more members. 3000. */
  readonly initialRebalanceDelayMs: number;
  /** `group.min.session.timeout.ms` (inclusive). 6000. */
  readonly sessionTimeoutMsMin: number;
  /** `group.max.session.timeout.ms` (inclusive). 1,800,000. */
  readonly sessionTimeoutMsMax: number;
  /** `group.max.size`: members in one group (inclusive). 2^31−1. */
  readonly groupSizeMax: number;
  /** `offset.metadata.max.bytes`: longest metadata of one committed offset, in characters as Kafka counts. 4096. */
  readonly offsetMetadataSizeMax: number;
  /** `offsets.retention.minutes`, here in milliseconds. 7 days. */
  readonly offsetsRetentionMs: number;
  /** `offsets.retention.check.interval.ms`. 600,000. */
  readonly offsetsRetentionCheckIntervalMs: number;
  /** `offsets.load.buffer.size`: bytes read at a time while a shard loads. 5 MiB. */
  readonly loadBufferBytes: number;
  /** `offsets.commit.timeout.ms`: how long a write waits for the high watermark. 5000. */
  readonly commitTimeoutMs: number;
  /** `offsets.topic.compression.codec`: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. 0. */
  readonly compressionCodec: number;
  /** `group.coordinator.append.linger.ms`: how long a batch is held open for more operations; −1 or 0: this turn of the loop. −1. */
  readonly appendLingerMs: number;
  /** Operations that may wait in one shard (loading included) before new ones get COORDINATOR_LOAD_IN_PROGRESS. 10,000. */
  readonly pendingOperationsMax: number;
}

/** Kafka 4.3's defaults. */
export const defaultGroupCoordinatorConfig: GroupCoordinatorConfig = {
  initialRebalanceDelayMs: 3000,
  sessionTimeoutMsMin: 6000,
  sessionTimeoutMsMax: 1_800_000,
  groupSizeMax: 2_147_483_647,
  offsetMetadataSizeMax: 4096,
  offsetsRetentionMs: 10_080 * 60_000,
  offsetsRetentionCheckIntervalMs: 600_000,
  loadBufferBytes: 5_242_880,
  commitTimeoutMs: 5000,
  compressionCodec: 0,
  appendLingerMs: -1,
  pendingOperationsMax: 10_000,
};
