// Offsets by time, from the leaders. Kafka: ListOffsets; the special times of OffsetSpec.
import { listOffsetsRequest, listOffsetsResponse } from '@ottla/protocol/messages/list-offsets';
import type { Cluster } from '../connection/cluster.ts';
import { throwOnError } from '../errors.ts';
import { withRetries } from '../retry.ts';

const LIST_OFFSETS = { request: listOffsetsRequest, response: listOffsetsResponse };
const SPECIAL = { latest: -1, earliest: -2, maxTimestamp: -3 } as const;

/** Which offset of which partition. */
export interface OffsetQuery {
  readonly topic: string;
  readonly partition: number;
  /** Milliseconds since 1970: the first record at or after it; or a special place. */
  readonly at: number | 'earliest' | 'latest' | 'maxTimestamp';
}

export interface OffsetResult {
  readonly topic: string;
  readonly partition: number;
  /** −1 when there is no such record. */
  readonly offset: number;
  /** Milliseconds; −1 for earliest and latest. */
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/** Answers in the order of the queries. One request for each partition's leader and query group. */
export async function listOffsets(
  cluster: Cluster,
  queries: readonly OffsetQuery[],
  isolationLevel: 'read_committed' | 'read_uncommitted' = 'read_uncommitted',
): Promise<OffsetResult[]> {
  const { options } = cluster;
  return Promise.all(
    queries.map(({ topic, partition, at }) =>
      withRetries(
        options,
        `looking up an offset of ${topic}-${partition}`,
        options.defaultApiTimeoutMs,
        async () => {
          const leader = await cluster.leader(topic, partition);
          const connection = await cluster.broker(leader.leaderId);
          const response = await connection.send(
            LIST_OFFSETS,
            listOffsetsRequest.create({
              replicaId: -1,
              isolationLevel: isolationLevel === 'read_committed' ? 1 : 0,
              topics: [
                {
                  name: topic,
                  partitions: [
                    {
                      partitionIndex: partition,
                      currentLeaderEpoch: leader.leaderEpoch,
                      timestamp: typeof at === 'number' ? at : SPECIAL[at],
                    },
                  ],
                },
              ],
            }),
          );
          const found = response.topics[0]!.partitions[0]!;
          if (found.errorCode !== 0) cluster.invalidate(topic);
          throwOnError(found.errorCode, undefined, { topic, partition });
          return {
            topic,
            partition,
            offset: found.offset,
            timestamp: found.timestamp,
            leaderEpoch: found.leaderEpoch,
          };
        },
      ),
    ),
  );
}
