// A partition of an internal topic as its coordinator sees it, and the elections that give it one. Kafka: PartitionWriter,
// CoordinatorLoader, BrokerMetadataPublisher's elections.
import type { CoordinatorLog, GroupCoordinator } from '@ottla/coordinator';
import { LogError, type LogRegion, type PartitionLog } from '@ottla/log';
import { ErrorCode, errorInfo } from '@ottla/protocol';
import type { LeadershipListener } from './replicas.ts';
import type { Partition } from './partition.ts';

/** The log of one leader epoch: refuses appends when another epoch has begun. */
export class PartitionCoordinatorLog implements CoordinatorLog {
  readonly #partition: Partition;
  readonly #log: PartitionLog;
  readonly #leaderEpoch: number;

  /** @param partition led by this broker */
  constructor(partition: Partition) {
    this.#partition = partition;
    this.#log = partition.log!;
    this.#leaderEpoch = partition.leaderEpoch;
  }

  get logStartOffset(): number {
    return this.#log.logStartOffset;
  }
  get logEndOffset(): number {
    return this.#log.logEndOffset;
  }
  get highWatermark(): number {
    return this.#log.highWatermark;
  }
  get batchSizeBytesMax(): number {
    return this.#partition.config.maxMessageBytes;
  }

  async append(batch: Buffer): Promise<number> {
    const code = this.#partition.checkLeader(this.#leaderEpoch);
    // Whatever the epoch says, this log's time is over.
    if (code !== ErrorCode.NONE) throw coordinatorLogError(code);
    if (!this.#partition.hasMinInSync) throw coordinatorLogError(ErrorCode.NOT_ENOUGH_REPLICAS);
    const { lastOffset } = await this.#partition.append(batch, { origin: 'coordinator' });
    return lastOffset;
  }

  async read(offset: number, maxBytes: number): Promise<Buffer> {
    const endOffset = this.#log.logEndOffset;
    const region = await this.#log.read({ offset, maxBytes, endOffset, minOneBatch: true });
    return wholeBytes(region);
  }

  onHighWatermark(listener: (highWatermark: number) => void): () => void {
    return this.#log.onHighWatermark(listener);
  }
}

/** Failures that are not the log's own: the coordinator knows them by `code`. */
function coordinatorLogError(errorCode: number): Error {
  const { name, description } = errorInfo(errorCode);
  const isFenced =
    errorCode === ErrorCode.FENCED_LEADER_EPOCH || errorCode === ErrorCode.UNKNOWN_LEADER_EPOCH;
  const code = isFenced ? 'NOT_LEADER_OR_FOLLOWER' : name;
  return Object.assign(new Error(description), { code });
}

async function wholeBytes(region: LogRegion): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(region.sizeBytes);
  let filled = 0;
  try {
    while (filled < bytes.length) {
      const chunk = await region.next(bytes.length - filled);
      bytes.set(chunk.bytes, filled);
      filled += chunk.bytes.length;
      chunk.release();
    }
  } catch (error) {
    if (error instanceof LogError) throw error;
    throw new LogError('KAFKA_STORAGE_ERROR', `the log cannot be read: ${String(error)}`, error);
  } finally {
    region.release();
  }
  return bytes;
}

function lead(groups: Pick<GroupCoordinator, 'onElection'>, partition: Partition): void {
  const log = new PartitionCoordinatorLog(partition);
  void groups.onElection(partition.id, partition.leaderEpoch, log);
}

/**
 * What it took in as a follower may still be on its way to the disk: a coordinator that loaded without it would never hear
 * of it.
 */
function whenWritten(partition: Partition, then: () => void): void {
  const { leaderEpoch, epochStartOffset = 0, log } = partition;
  if (partition.logEndOffset >= epochStartOffset) then();
  else
    void log!.settled().then(() => {
      if (partition.leads(leaderEpoch)) then();
    });
}

/** Tells the group coordinator which partitions of its topic this broker leads. Give it to `Replicas.listen`. */
export function coordinatorElections(
  groups: Pick<GroupCoordinator, 'onElection' | 'onResignation'>,
  topic = '__consumer_offsets',
): LeadershipListener {
  return {
    elected(partition) {
      if (partition.topic === topic) whenWritten(partition, () => lead(groups, partition));
    },
    resigned(partition) {
      if (partition.topic === topic) groups.onResignation(partition.id, partition.leaderEpoch);
    },
  };
}
