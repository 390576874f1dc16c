// OffsetFetch in its two shapes: one group (up to version 7) and batches of groups (from 8).
import { ZERO_UUID } from '@ottla/protocol';
import { offsetFetchRequest, offsetFetchResponse } from '@ottla/protocol/messages/offset-fetch';
import type { BrokerConnection } from '../connection/broker-connection.ts';
import { throwOnError } from '../errors.ts';
import type { TopicPartition } from '../group/consumer-protocol.ts';
import { byTopic } from './by-topic.ts';

const OFFSET_FETCH = { request: offsetFetchRequest, response: offsetFetchResponse };
/** The newest versions name topics by id, which this client does not use here. */
const OFFSET_FETCH_MAX_VERSION = 9;
const BATCHED_FROM = 8;
const STABLE_FROM = 7;

export interface CommittedOffset extends TopicPartition {
  /** −1 when nothing is committed. */
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
}

/**
 * @param partitions undefined: all that the group has committed
 * @param requireStable not while a transaction with offsets for them is open (KIP-447): `UNSTABLE_OFFSET_COMMIT`, retriable
 * @throws BrokerError
 */
export async function fetchCommitted(
  connection: BrokerConnection,
  groupId: string,
  partitions: readonly TopicPartition[] | undefined,
  requireStable = false,
): Promise<CommittedOffset[]> {
  const topics =
    partitions === undefined
      ? null
      : byTopic(partitions).map(([name, items]) => ({
          name,
          partitionIndexes: items.map(({ partition }) => partition),
        }));
  const version = connection.versionOf(offsetFetchRequest.apiKey!, OFFSET_FETCH_MAX_VERSION) ?? 0;
  const request =
    version >= BATCHED_FROM
      ? {
          groups: [
            {
              groupId,
              memberId: null,
              memberEpoch: -1,
              topics: topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null,
            },
          ],
          requireStable,
        }
      : { groupId, topics, requireStable: requireStable && version >= STABLE_FROM };
  const response = await connection.send(OFFSET_FETCH, offsetFetchRequest.create(request), {
    maxVersion: OFFSET_FETCH_MAX_VERSION,
  });
  const group = response.groups[0] ?? response;
  throwOnError(group.errorCode, undefined, { group: groupId });
  return group.topics.flatMap((topic) =>
    topic.partitions.map((partition) => {
      throwOnError(partition.errorCode, undefined, {
        topic: topic.name,
        partition: partition.partitionIndex,
        group: groupId,
      });
      return {
        topic: topic.name,
        partition: partition.partitionIndex,
        offset: partition.committedOffset,
        leaderEpoch: partition.committedLeaderEpoch,
        metadata: partition.metadata ?? '',
      };
    }),
  );
}
