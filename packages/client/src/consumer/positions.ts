// Where to read from: committed offsets, else the start or end of the log, as `autoOffsetReset` says; and whether what was
// read is still there after a change of leader. Kafka: OffsetFetcher, SubscriptionState; KIP-320.
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from '@ottla/protocol/messages/offset-for-leader-epoch';
import { listOffsets } from '../admin/list-offsets.ts';
import type { Cluster } from '../connection/cluster.ts';
import { isRetriable, KafkaError, throwOnError, UsageError } from '../errors.ts';
import type { TopicPartition } from '../group/consumer-protocol.ts';
import { withRetries } from '../retry.ts';
import { type CommittedOffset, fetchCommitted } from './committed-offsets.ts';
import type { ResolvedConsumerOptions } from './consumer-options.ts';
import type { PartitionReader } from './partition-reader.ts';

const OFFSET_FOR_LEADER_EPOCH = {
  request: offsetForLeaderEpochRequest,
  response: offsetForLeaderEpochResponse,
};
const RESET_RETRY_MS = 1_000;

export class Positions {
  readonly #cluster: Cluster;
  readonly #options: ResolvedConsumerOptions;

  constructor(cluster: Cluster, options: ResolvedConsumerOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /** @throws UsageError without a group; BrokerError; TimeoutError */
  committed(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    const { groupId } = this.#options;
    if (groupId === undefined) throw new UsageError('committed offsets need a groupId');
    if (partitions.length === 0) return Promise.resolve([]);
    const { options } = this.#cluster;
    return withRetries(
      options,
      `fetching offsets of group ${groupId}`,
      options.defaultApiTimeoutMs,
      async () => {
        try {
          const connection = await this.#cluster.coordinator(groupId);
          return await fetchCommitted(connection, groupId, partitions, true);
        } catch (error) {
          if (isRetriable(error)) this.#cluster.forgetCoordinator(groupId);
          throw error;
        }
      },
      this.#cluster.closing,
    );
  }

  /**
   * Sets the positions that are not known yet. With `autoOffsetReset: 'none'` some may stay unknown (−1).
   *
   * @param onFound called when some are known, while others may not be yet
   * @returns what was committed, among them
   */
  async lookUp(
    readers: readonly PartitionReader[],
    onFound?: () => void,
  ): Promise<CommittedOffset[]> {
    const unknown = readers.filter(({ position }) => position < 0);
    if (unknown.length === 0) return [];
    const byName = new Map(unknown.map((reader) => [reader.name, reader]));
    const committed =
      this.#options.groupId === undefined
        ? []
        : (await this.committed(unknown)).filter(({ offset }) => offset >= 0);
    for (const { topic, partition, offset, leaderEpoch } of committed) {
      // Metadata from before the commit may name a leader that never had what was committed.
      this.#cluster.seeLeaderEpoch({ topic, partition }, leaderEpoch);
      const reader = byName.get(`${topic}-${partition}`);
      if (reader !== undefined && reader.position < 0) reader.seek(offset, leaderEpoch);
    }
    if (committed.length > 0) onFound?.();
    await this.#reset(
      unknown.filter(({ position }) => position < 0),
      onFound,
    );
    return committed;
  }

  async #reset(readers: readonly PartitionReader[], onFound?: () => void): Promise<void> {
    const at = this.#options.autoOffsetReset;
    if (readers.length === 0 || at === 'none') return;
    await listOffsets(
      this.#cluster,
      readers.map(({ topic, partition }) => ({ topic, partition, at })),
      this.#options.isolationLevel,
      ({ offset }, index) => {
        const reader = readers[index]!;
        if (reader.position >= 0) return;
        reader.seek(offset);
        onFound?.();
      },
    );
  }

  /** @throws KafkaError `NO_OFFSET` when a position is not known and none is to be chosen */
  requireKnown(readers: readonly PartitionReader[]): void {
    if (this.#options.autoOffsetReset !== 'none') return;
    const reader = readers.find(({ position, isGone }) => position < 0 && !isGone);
    if (reader === undefined) return;
    const { topic, partition } = reader;
    throw new UsageError(
      `there is no committed offset for ${reader.name} and autoOffsetReset is 'none': seek, or choose 'earliest' or 'latest'`,
      'NO_OFFSET',
      { topic, partition },
    );
  }

  /** The log begins later or ends earlier than the position. @throws UsageError `OFFSET_OUT_OF_RANGE` with `none` */
  async outOfRange(reader: PartitionReader): Promise<void> {
    const { topic, partition, generation } = reader;
    const at = this.#options.autoOffsetReset;
    reader.notBeforeMs = this.#cluster.options.platform.clock.monotonicMs() + RESET_RETRY_MS;
    if (at === 'none')
      throw new UsageError(
        `offset ${reader.fetchOffset} of ${reader.name} is outside the log and autoOffsetReset is 'none'`,
        'OFFSET_OUT_OF_RANGE',
        { topic, partition },
      );
    const [found] = await listOffsets(
      this.#cluster,
      [{ topic, partition, at }],
      this.#options.isolationLevel,
    );
    reader.notBeforeMs = 0;
    if (reader.generation === generation) reader.seek(found!.offset);
  }

  /**
   * Asks the new leader where the epoch of the last record fetched ends in its log. When that is before the position, records
   * that were read are not in the log any more: goes on where the logs part. What was only fetched ahead is fetched anew.
   * @throws KafkaError `LOG_TRUNCATION` with `autoOffsetReset: 'none'`
   */
  async validate(reader: PartitionReader, currentLeaderEpoch: number): Promise<void> {
    const { topic, partition, generation, fetchedEpoch: leaderEpoch } = reader;
    const { leaderId } = await this.#cluster.leader(topic, partition);
    const connection = await this.#cluster.broker(leaderId);
    const response = await connection.send(
      OFFSET_FOR_LEADER_EPOCH,
      offsetForLeaderEpochRequest.create({
        replicaId: -1,
        topics: [{ topic, partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }],
      }),
    );
    const found = response.topics[0]!.partitions[0]!;
    throwOnError(found.errorCode, undefined, { topic, partition });
    if (reader.generation !== generation) return;
    const isKnown = found.leaderEpoch >= 0 && found.endOffset >= 0;
    if (isKnown && found.endOffset < reader.fetchOffset && found.endOffset >= reader.position)
      // Not validated by that: next it is asked for the epoch of what the user has.
      return reader.dropFetched();
    reader.validatedEpoch = currentLeaderEpoch;
    if (isKnown && found.endOffset >= reader.fetchOffset) return;
    const at = isKnown ? found.endOffset : -1;
    if (this.#options.autoOffsetReset === 'none')
      throw new KafkaError(
        'LOG_TRUNCATION',
        `the log of ${reader.name} was cut behind ${at}, and ${reader.position} had been reached: seek to go on`,
        false,
        { topic, partition },
      );
    this.#cluster.options.logger.warn('records that were read are not in the log any more', {
      topic,
      partition,
      position: reader.position,
      endOffset: at,
    });
    if (isKnown) reader.seek(found.endOffset, found.leaderEpoch);
    else {
      reader.seek(-1);
      await this.#reset([reader]);
    }
    reader.validatedEpoch = currentLeaderEpoch;
  }
}
