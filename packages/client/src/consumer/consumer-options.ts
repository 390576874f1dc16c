// What a consumer is opened with, and the defaults, written once. Kafka: ConsumerConfig; names and defaults follow it.
import { UsageError } from '../errors.ts';
import type { ClientOptions } from '../options.ts';
import type { RecordHeader } from '@ottla/protocol/records';
import type { TopicPartition } from './consumer-protocol.ts';

/** Where to start when there is no committed offset, or it is gone: `none` throws instead. */
export type OffsetReset = 'earliest' | 'latest' | 'none';

/** `read_committed` leaves out records of open and aborted transactions. */
export type IsolationLevel = 'read_uncommitted' | 'read_committed';

/** How a group's leader spreads partitions; see the assignors of Kafka with the same names. */
export type AssignorName = 'range' | 'roundrobin';

/** Makes a key or value of bytes; null stays what the function makes of null. */
export type Deserialize<T> = (
  bytes: Buffer | null,
  record: { readonly topic: string; readonly headers: readonly RecordHeader[] },
) => T;

/** Told of changes in what a subscribed consumer owns. A promise that is returned is waited for. */
export interface RebalanceListener {
  /** These were given to us. */
  onAssigned?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** These go to somebody else: the last moment to commit. */
  onRevoked?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** These were taken, for we were too late; a commit would be refused. */
  onLost?(partitions: readonly TopicPartition[]): void | Promise<void>;
}

export interface ConsumerOptions<Key = Buffer | null, Value = Buffer | null> extends ClientOptions {
  /** Needed to subscribe and to commit. */
  readonly groupId?: string;
  /** Static membership (KIP-345): a restart within the session keeps the partitions. */
  readonly groupInstanceId?: string;
  /** Default `latest`. */
  readonly autoOffsetReset?: OffsetReset;
  /** Default `read_uncommitted`. */
  readonly isolationLevel?: IsolationLevel;
  /** Commit what the loop has done with, now and then and when closing. Default: true with a `groupId`. */
  readonly autoCommit?: boolean;
  /** Default 5,000. */
  readonly autoCommitIntervalMs?: number;
  /** Without a heartbeat for so long, the group goes on without us. Default 45,000. */
  readonly sessionTimeoutMs?: number;
  /** Default 3,000. */
  readonly heartbeatIntervalMs?: number;
  /** How long the group waits for our loop to come to its next record in a rebalance. Default 300,000. */
  readonly rebalanceTimeoutMs?: number;
  /** In order of preference. Default `['range', 'roundrobin']`. */
  readonly assignors?: readonly AssignorName[];
  /** The broker answers a fetch when so much is there. Default 1. */
  readonly fetchMinBytes?: number;
  /** … or so long has passed. Default 500. */
  readonly fetchMaxWaitMs?: number;
  /** Of one fetch response. Default 50 MB. */
  readonly fetchMaxBytes?: number;
  /** Of one partition in it. Default 1 MB. */
  readonly partitionMaxBytes?: number;
  /** Fetched and not yet handed out; beyond, nothing more is fetched. Default 64 MB. */
  readonly prefetchMaxBytes?: number;
  /** Whether asking for an unknown topic may create it by the broker's rules. Default true. */
  readonly allowAutoTopicCreation?: boolean;
  readonly deserializeKey?: Deserialize<Key>;
  readonly deserializeValue?: Deserialize<Value>;
}

/** One record as it is handed out. Keys and values are slices of what was fetched, unless deserialised. */
export interface ConsumerRecord<Key = Buffer | null, Value = Buffer | null> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970; −1 for none. */
  readonly timestamp: number;
  readonly key: Key;
  readonly value: Value;
  /** In the order written; names may repeat. */
  readonly headers: readonly RecordHeader[];
  /** −1 when unknown. */
  readonly leaderEpoch: number;
}

/** Records of one partition, in order, as they came in one response. Never empty. */
export interface ConsumerBatch<Key = Buffer | null, Value = Buffer | null> {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly ConsumerRecord<Key, Value>[];
  /** End of what consumers can read, exclusive, when it was fetched. */
  readonly highWatermark: number;
  /** The offset after the last record. */
  readonly nextOffset: number;
}

/** A partition to read, and from where: an offset, the first record at or after a time, an end of the log. */
export interface PartitionToAssign extends TopicPartition {
  /** Default: committed offset if there is a `groupId`, else `autoOffsetReset`. */
  readonly from?: number | 'earliest' | 'latest' | { readonly timestamp: number };
}

/** Everything that decides how it behaves, with the defaults filled in. */
export interface ResolvedConsumerOptions {
  readonly groupId: string | undefined;
  readonly groupInstanceId: string | null;
  readonly autoOffsetReset: OffsetReset;
  readonly isolationLevel: IsolationLevel;
  readonly autoCommit: boolean;
  readonly autoCommitIntervalMs: number;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly assignors: readonly AssignorName[];
  readonly fetchMinBytes: number;
  readonly fetchMaxWaitMs: number;
  readonly fetchMaxBytes: number;
  readonly partitionMaxBytes: number;
  readonly prefetchMaxBytes: number;
  readonly allowAutoTopicCreation: boolean;
}

/** @throws UsageError for options that contradict each other */
export function resolveConsumerOptions(
  options: ConsumerOptions<unknown, unknown>,
): ResolvedConsumerOptions {
  const { groupId, autoCommit = groupId !== undefined } = options;
  const { sessionTimeoutMs = 45_000, heartbeatIntervalMs = 3_000 } = options;
  if (groupId === '') throw new UsageError('groupId is empty');
  if (autoCommit && groupId === undefined)
    throw new UsageError('autoCommit needs a groupId: offsets are committed for a group');
  if (heartbeatIntervalMs >= sessionTimeoutMs)
    throw new UsageError(
      `heartbeatIntervalMs (${heartbeatIntervalMs}) must be below sessionTimeoutMs (${sessionTimeoutMs})`,
    );
  if (options.assignors?.length === 0)
    throw new UsageError('assignors is empty: name at least one');
  return {
    groupId,
    groupInstanceId: options.groupInstanceId ?? null,
    autoOffsetReset: options.autoOffsetReset ?? 'latest',
    isolationLevel: options.isolationLevel ?? 'read_uncommitted',
    autoCommit,
    autoCommitIntervalMs: options.autoCommitIntervalMs ?? 5_000,
    sessionTimeoutMs,
    heartbeatIntervalMs,
    rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 300_000,
    assignors: options.assignors ?? ['range', 'roundrobin'],
    fetchMinBytes: options.fetchMinBytes ?? 1,
    fetchMaxWaitMs: options.fetchMaxWaitMs ?? 500,
    fetchMaxBytes: options.fetchMaxBytes ?? 50 * 1024 * 1024,
    partitionMaxBytes: options.partitionMaxBytes ?? 1024 * 1024,
    prefetchMaxBytes: options.prefetchMaxBytes ?? 64 * 1024 * 1024,
    allowAutoTopicCreation: options.allowAutoTopicCreation ?? true,
  };
}
