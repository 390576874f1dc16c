// One pass over the partitions of a fetch: within its limits, in its order, the first that has records gives at least one
// batch (KIP-74). No promise as long as the tail cache answers. Kafka: ReplicaManager.readFromLog, Partition.readRecords.
import { type AbortedTransaction, LogError, type LogRegion, type PartitionLog } from '@ottla/log';
import { ErrorCode } from '@ottla/protocol';
import type { FetchIsolation, Partition } from '../replica/partition.ts';
import type { Replicas } from '../replica/replicas.ts';
import { errorCodeOf } from './error-code.ts';
import type { WantedPartition } from './fetch-session.ts';
import { failedFetch, fetched, type FetchedPartition, releaseAll } from './fetched-partition.ts';
import { wholeFirstBatch } from './whole-first-batch.ts';

/** The limits and the reader of a fetch. */
export interface FetchLimits {
  /** Broker that fetches as a follower, or −1 for a consumer. */
  readonly followerId: number;
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

/** A pass under way. */
export class FetchRead {
  /** In the order of the wanted. */
  readonly results: FetchedPartition[] = [];
  /** Bytes of all records. */
  sizeBytes = 0;
  /** Something that the client should hear of without a wait. */
  isUrgent = false;
  readonly #replicas: Replicas;
  readonly #wanted: readonly WantedPartition[];
  readonly #limits: FetchLimits;

  constructor(replicas: Replicas, wanted: readonly WantedPartition[], limits: FetchLimits) {
    this.#replicas = replicas;
    this.#wanted = wanted;
    this.#limits = limits;
  }

  /** Reads what is left. @returns a promise only if files had to be read */
  run(): void | Promise<void> {
    while (this.results.length < this.#wanted.length) {
      const wanted = this.#wanted[this.results.length]!;
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
    const { errorCode, divergingEpoch } = result.data;
    if (divergingEpoch.epoch >= 0 || (errorCode !== ErrorCode.NONE && !isUnknown(errorCode)))
      this.isUrgent = true;
  }

  #readOne(wanted: WantedPartition): FetchedPartition | Promise<FetchedPartition> {
    const partition = resolve(this.#replicas, wanted, this.#limits.usesTopicIds);
    if (typeof partition === 'number') return failedFetch(wanted, partition);
    const refusal = this.#refusalOf(partition, wanted);
    if (refusal !== ErrorCode.NONE) return failedFetch(wanted, refusal);
    const log = partition.log!;
    try {
      const diverging = divergingEpoch(log, wanted);
      if (diverging !== undefined) {
        const result = fetched(wanted, partition, undefined);
        result.data.divergingEpoch = diverging;
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

  #refusalOf(partition: Partition, wanted: WantedPartition): number {
    const code = partition.checkLeader(wanted.currentLeaderEpoch);
    if (code !== ErrorCode.NONE) return code;
    const { followerId } = this.#limits;
    const isStranger = followerId >= 0 && !partition.replicas.includes(followerId);
    return isStranger ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.NONE;
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
    const isNothingToRead = offset >= endOffset || (maxBytes === 0 && !minOneBatch);
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
