// What a consumer is opened with, its defaults, and the shapes of what goes in and out of it.
import { UsageError } from '../errors.ts';
import type { Assignor } from '../group/assignor.ts';
import { type AssignorName, resolveAssignors } from '../group/assignors.ts';
import type { TopicPartition } from '../group/consumer-protocol.ts';
import type { ClientOptions } from '../options.ts';
import type { ConsumerRecord } from './fetched-records.ts';

/** Where to begin without a committed offset, or outside the log. */
export type AutoOffsetReset = 'earliest' | 'latest' | 'none';

export interface ConsumerOptions extends ClientOptions {
  /** Needed for `subscribe` and commits. */
  readonly groupId?: string;
  /** Static membership (KIP-345): keeps its partitions over a restart within the session time-out. */
  readonly groupInstanceId?: string;
  /** Default `latest`; `none` is an error. */
  readonly autoOffsetReset?: AutoOffsetReset;
  /** Commit what has been processed, every so often, on rebalance and on close. Default true with a group. */
  readonly autoCommit?: boolean;
  /** Default 5,000. */
  readonly autoCommitIntervalMs?: number;
  /** Default `read_uncommitted`. */
  readonly isolationLevel?: 'read_committed' | 'read_uncommitted';
  /** Without a heartbeat for so long, the group goes on without this member. Default 45,000. */
  readonly sessionTimeoutMs?: number;
  /** Default 3,000. */
  readonly heartbeatIntervalMs?: number;
  /** A record, batch or poll that takes longer costs the membership. Default 300,000. */
  readonly maxPollIntervalMs?: number;
  /** How long a rebalance waits for this member. Default `maxPollIntervalMs`, as Java's. */
  readonly rebalanceTimeoutMs?: number;
  /** Preferred first; names of Kafka's, or your own. Default range, then cooperative-sticky. */
  readonly assignors?: readonly (Assignor | AssignorName)[];
  /** Where this consumer stands, for brokers that choose by it. */
  readonly rackId?: string;
  /** Default 1. */
  readonly fetchMinBytes?: number;
  /** Default 50 MB. */
  readonly fetchMaxBytes?: number;
  /** Default 500. */
  readonly fetchMaxWaitMs?: number;
  /** Of one fetch of one partition; so much is fetched ahead as well. Default 1 MB. */
  readonly maxPartitionFetchBytes?: number;
}

/** Options with every default filled in. */
export interface ResolvedConsumerOptions {
  readonly groupId: string | undefined;
  readonly groupInstanceId: string | null;
  readonly autoOffsetReset: AutoOffsetReset;
  readonly autoCommit: boolean;
  readonly autoCommitIntervalMs: number;
  readonly isolationLevel: 'read_committed' | 'read_uncommitted';
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly maxPollIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly assignors: readonly Assignor[];
  readonly rackId: string | null;
  readonly fetchMinBytes: number;
  readonly fetchMaxBytes: number;
  readonly fetchMaxWaitMs: number;
  readonly maxPartitionFetchBytes: number;
}

/** @throws UsageError for options that cannot be together */
export function resolveConsumerOptions(options: ConsumerOptions): ResolvedConsumerOptions {
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 45_000;
  const heartbeatIntervalMs = options.heartbeatIntervalMs ?? Math.min(3_000, sessionTimeoutMs / 3);
  if (heartbeatIntervalMs >= sessionTimeoutMs)
    throw new UsageError(
      `heartbeatIntervalMs (${heartbeatIntervalMs}) must be below sessionTimeoutMs (${sessionTimeoutMs}): a third of it is usual`,
    );
  if (options.autoCommit === true && options.groupId === undefined)
    throw new UsageError('autoCommit needs a groupId');
  if (options.assignors?.length === 0) throw new UsageError('assignors is empty');
  const maxPollIntervalMs = options.maxPollIntervalMs ?? 300_000;
  return {
    groupId: options.groupId,
    groupInstanceId: options.groupInstanceId ?? null,
    autoOffsetReset: options.autoOffsetReset ?? 'latest',
    autoCommit: options.groupId !== undefined && (options.autoCommit ?? true),
    autoCommitIntervalMs: options.autoCommitIntervalMs ?? 5_000,
    isolationLevel: options.isolationLevel ?? 'read_uncommitted',
    sessionTimeoutMs,
    heartbeatIntervalMs,
    maxPollIntervalMs,
    rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? maxPollIntervalMs,
    assignors: resolveAssignors(options.assignors ?? ['range', 'cooperative-sticky']),
    rackId: options.rackId ?? null,
    fetchMinBytes: options.fetchMinBytes ?? 1,
    fetchMaxBytes: options.fetchMaxBytes ?? 50 * 1024 * 1024,
    fetchMaxWaitMs: options.fetchMaxWaitMs ?? 500,
    maxPartitionFetchBytes: options.maxPartitionFetchBytes ?? 1024 * 1024,
  };
}

export interface IterateOptions {
  /** Ends the iteration by throwing its reason. */
  readonly signal?: AbortSignal;
}

/** How much to wait for, and how much to take. */
export interface PollOptions {
  /** Default 500, as Java's. */
  readonly maxRecords?: number;
  /** How long to wait for the first record, milliseconds. Default 0: what is there now. */
  readonly timeoutMs?: number;
  /** Ends the wait by throwing its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Told what the group gives and takes, while the user's code is between two records (or inside `poll`). The rebalance waits
 * for the promises; commits and seeks inside them work, asking for records does not. An error that a listener throws comes out of the iteration or poll.
 * Kafka: ConsumerRebalanceListener.
 */
export interface RebalanceListener {
  /** New partitions (cooperative: only what was added); positions are set, nothing was handed out yet. */
  onAssigned?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** Partitions that will go to others (also when the consumer is closed): commit what was done of them. */
  onRevoked?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** Partitions that may belong to others already: nothing of them can be committed any more. Default: as `onRevoked`. */
  onLost?(partitions: readonly TopicPartition[]): void | Promise<void>;
}

/** A position to commit. */
export interface OffsetAndMetadata extends TopicPartition {
  /** Of the next record to read. */
  readonly offset: number;
  /** Free text beside it. Default empty. */
  readonly metadata?: string;
  /** Of the last record read; default −1, unknown. */
  readonly leaderEpoch?: number;
}

/** Who this consumer is to its group, now. */
export interface GroupMetadata {
  readonly groupId: string;
  /** −1 outside of a generation. */
  readonly generationId: number;
  /** Empty before the first join. */
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/** Records of one partition that were fetched together. */
export interface ConsumedBatch<K = Buffer | null, V = Buffer | null> {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly ConsumerRecord<K, V>[];
  /** Exclusive end of what is committed by replicas; −1 when not known. */
  readonly highWatermark: number;
}
