// One pass over the partitions of a fetch: within its limits, in its order, the first that has records gives at least one
// batch (KIP-74). No promise as long as the tail cache answers. Kafka: ReplicaManager.readFromLog, Partition.readRecords.
import { type AbortedTransaction, LogError, type LogRegion, type PartitionLog } from '@ottla/log';
import { ErrorCode } from '@ottla/protocol';
import type { FetchIsolation, Partition } from '../replica/partition.ts';
import type { Replicas } from '../replica/replicas.ts';
import { errorCodeOf } from './error-code.ts';
import type { WantedPartition } from './fetch-session.ts';
import { preferredReadReplica, type ReadingClient } from './read-replica.ts';
import { failedFetch, fetched, type FetchedPartition, releaseAll } from './fetched-partition.ts';
import { wholeFirstBatch } from './whole-first-batch.ts';

/** The limits and the reader of a fetch. */
export interface FetchLimits {
  /** Broker that fetches as a follower, or −1 for a consumer. */
  readonly followerId: number;
  /** Epoch of the follower's registration, −1 when it does not say. */
  readonly followerEpoch: number;
  /** A consumer that knows how to read from followers (KIP-392), since version 11; undefined for everybody else. */
  readonly client: ReadingClient | undefined;
  readonly isolation: FetchIsolation;
  readonly usesTopicIds: boolean;
  /** Of all partitions together. */
  readonly maxBytes: number;
}

/** The partition object, or why there is none. */
export function resolve(
  replicas: Replicas,
  wanted: WantedPartition,
  usesTopicIds: boolean,
): Partition | number {
  return usesTopicIds
    ? (replicas.partitionById(wanted.topicId, wanted.partition) ??
        replicas.whyMissingById(wanted.topicId, wanted.partition))
    : (replicas.partition(wanted.topic, wanted.partition) ??
        replicas.whyMissing(wanted.topic, wanted.partition));
}

/** Whether a partition serves such a fetch: `ErrorCode.NONE` or the code to answer. */
export function refusalOf(
  partition: Partition,
  { currentLeaderEpoch }: WantedPartition,
  { followerId, client }: Pick<FetchLimits, 'followerId' | 'client'>,
): number {
  if (client !== undefined) return partition.checkReplica(currentLeaderEpoch);
  const code = partition.checkLeader(currentLeaderEpoch);
  if (code !== ErrorCode.NONE || followerId < 0 || partition.progress(followerId) !== undefined)
    return code;
  // The metadata that makes it a replica may be on its way to this broker: it is to ask again.
  return currentLeaderEpoch >= 0
    ? ErrorCode.UNKNOWN_LEADER_EPOCH
    : ErrorCode.NOT_LEADER_OR_FOLLOWER;
}

/** What is done once for each request, however often it is read for. */
export interface FetchReadOptions {
  readonly replicas: Replicas;
  readonly wanted: readonly WantedPartition[];
  readonly limits: FetchLimits;
  /** The first reading: followers are noted to be where they fetch, consumers are sent to the replica next to them. */
  readonly isFirst: boolean;
  /** `replica.selector.class` sends consumers to the replica in their rack. */
  readonly selectsByRack: boolean;
}

/** A pass under way. */
export class FetchRead {
  /** In the order of the wanted. */
  readonly results: FetchedPartition[] = [];
  /** Bytes of all records. */
  sizeBytes = 0;
  /** Something that the client should hear of without a wait. */
  isUrgent = false;
  readonly #options: FetchReadOptions;
  readonly #limits: FetchLimits;

  constructor(options: FetchReadOptions) {
    this.#options = options;
    this.#limits = options.limits;
  }

  /** Reads what is left. @returns a promise only if files had to be read */
  run(): void | Promise<void> {
    const all = this.#options.wanted;
    while (this.results.length < all.length) {
      const wanted = all[this.results.length]!;
      const result = this.#readOne(wanted);
      if (result instanceof Promise)
        return result.then((later) => {
          this.#take(later);
          return this.run();
        });
      this.#take(result);
    }
  }

  /** Gives back what was read. */
  release(): void {
    releaseAll(this.results);
  }

  #take(result: FetchedPartition): void {
    this.results.push(result);
    this.sizeBytes += result.region?.sizeBytes ?? 0;
    const { errorCode, divergingEpoch, preferredReadReplica: elsewhere } = result.data;
    if (
      elsewhere >= 0 ||
      divergingEpoch.epoch >= 0 ||
      (errorCode !== ErrorCode.NONE && !isUnknown(errorCode))
    )
      this.isUrgent = true;
  }

  #readOne(wanted: WantedPartition): FetchedPartition | Promise<FetchedPartition> {
    const partition = resolve(this.#options.replicas, wanted, this.#limits.usesTopicIds);
    if (typeof partition === 'number') return failedFetch(wanted, partition);
    const refusal = refusalOf(partition, wanted, this.#limits);
    if (refusal !== ErrorCode.NONE) return failedFetch(wanted, refusal);
    const log = partition.log!;
    try {
      const diverging = divergingEpoch(log, wanted);
      if (diverging !== undefined) {
        const result = fetched(wanted, partition, undefined);
        result.data.divergingEpoch = diverging;
        return result;
      }
      if (!this.#noteFollower(log, partition, wanted))
        return failedFetch(wanted, ErrorCode.NOT_LEADER_OR_FOLLOWER);
      const elsewhere = this.#elsewhere(partition, wanted);
      if (elsewhere >= 0) {
        const result = fetched(wanted, partition, undefined);
        result.data.preferredReadReplica = elsewhere;
        return result;
      }
      const region = this.#readLog(log, partition, wanted);
      if (!(region instanceof Promise)) return this.#finish(log, partition, wanted, region);
      const isFirst = this.sizeBytes === 0;
      const whole = isFirst ? region : region.then(wholeFirstBatch);
      return whole.then(
        (read) => this.#finish(log, partition, wanted, read),
        (error: unknown) => failedFetch(wanted, errorCodeOf(error)),
      );
    } catch (error) {
      return failedFetch(wanted, errorCodeOf(error));
    }
  }

  /** A follower has what is below the offset that it asks for. @returns false when it is not to be served */
  #noteFollower(log: PartitionLog, partition: Partition, wanted: WantedPartition): boolean {
    const { followerId: brokerId, followerEpoch: brokerEpoch } = this.#limits;
    const { fetchOffset, logStartOffset } = wanted;
    const isInRange = fetchOffset >= log.logStartOffset && fetchOffset <= log.logEndOffset;
    if (brokerId < 0 || !this.#options.isFirst || !isInRange) return true;
    return partition.followerFetched({ brokerId, brokerEpoch, fetchOffset, logStartOffset });
  }

  /** The replica that a consumer should read from instead, or −1. */
  #elsewhere(partition: Partition, { fetchOffset }: WantedPartition): number {
    const { replicas, isFirst, selectsByRack } = this.#options;
    const { client } = this.#limits;
    if (!selectsByRack || !isFirst || client === undefined || !partition.isLeader) return -1;
    return preferredReadReplica(replicas.image, partition, client, fetchOffset);
  }

  #readLog(
    log: PartitionLog,
    partition: Partition,
    wanted: WantedPartition,
  ): LogRegion | undefined | Promise<LogRegion> {
    const { fetchOffset: offset } = wanted;
    const endOffset = partition.readEnd(this.#limits.isolation);
    const minOneBatch = this.sizeBytes === 0;
    const left = Math.max(0, this.#limits.maxBytes - this.sizeBytes);
    const maxBytes = Math.min(Math.max(0, wanted.maxBytes), left);
    const isInRange = offset >= log.logStartOffset && offset <= log.logEndOffset;
    const isHeldBack = this.#options.replicas.isHeldBack(partition, this.#limits.followerId);
    const isNothingToRead = isHeldBack || offset >= endOffset || (maxBytes === 0 && !minOneBatch);
    if (isInRange && isNothingToRead) return undefined;
    return log.read({ offset, maxBytes, endOffset, minOneBatch });
  }

  #finish(
    log: PartitionLog,
    partition: Partition,
    wanted: WantedPartition,
    region: LogRegion | undefined,
  ): FetchedPartition | Promise<FetchedPartition> {
    const result = fetched(wanted, partition, region);
    if (this.#limits.followerId >= 0)
      this.#options.replicas.givenToFollower(partition, result.region?.sizeBytes ?? 0);
    if (this.#limits.isolation !== 'committed') return result;
    const tell = (aborted: readonly AbortedTransaction[]): FetchedPartition => {
      result.data.abortedTransactions = aborted.map(({ producerId, firstOffset }) => ({
        producerId,
        firstOffset,
      }));
      return result;
    };
    if (result.region === undefined) return tell([]);
    const aborted = log.abortedTransactions(wanted.fetchOffset, partition.lastStableOffset);
    if (!(aborted instanceof Promise)) return tell(aborted);
    return aborted.then(tell, (error: unknown) => {
      releaseAll([result]);
      return failedFetch(wanted, errorCodeOf(error));
    });
  }
}

/** Of a topic that is not there: no reason to answer those that are without a wait. */
function isUnknown(errorCode: number): boolean {
  return (
    errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION || errorCode === ErrorCode.UNKNOWN_TOPIC_ID
  );
}

/** Where the log leaves the one that the reader has, when it does (KIP-320, KIP-595). */
function divergingEpoch(
  log: PartitionLog,
  wanted: WantedPartition,
): { epoch: number; endOffset: number } | undefined {
  const { fetchOffset, lastFetchedEpoch } = wanted;
  if (lastFetchedEpoch < 0 || fetchOffset < log.logStartOffset) return undefined;
  const { epoch, endOffset } = log.endOffsetForEpoch(lastFetchedEpoch);
  if (epoch < 0 || endOffset < 0)
    throw new LogError('OFFSET_OUT_OF_RANGE', 'the last fetched epoch is not known');
  return epoch < lastFetchedEpoch || endOffset < fetchOffset ? { epoch, endOffset } : undefined;
}
