// Offsets by time, from the leaders: one request to each broker for all of its partitions, and again only for those that
// failed. Kafka: ListOffsets; the special times of OffsetSpec.
import { listOffsetsRequest, listOffsetsResponse } from '@ottla/protocol/messages/list-offsets';
import type { Cluster } from '../connection/cluster.ts';
import { byTopic } from '../consumer/by-topic.ts';
import { BrokerError, ConnectionError, isRetriable } from '../errors.ts';
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

type IsolationLevel = 'read_committed' | 'read_uncommitted';

/** A query that waits for its answer; `round` keeps two queries of one partition in different requests. */
interface Waiting extends OffsetQuery {
  readonly slot: number;
  readonly round: number;
}

/**
 * Answers in the order of the queries.
 *
 * @param onFound called with each as it comes, also when others then fail; the index is the query's
 * @throws BrokerError, TimeoutError
 */
export async function listOffsets(
  cluster: Cluster,
  queries: readonly OffsetQuery[],
  isolationLevel: IsolationLevel = 'read_uncommitted',
  onFound?: (result: OffsetResult, index: number) => void,
): Promise<OffsetResult[]> {
  if (queries.length === 0) return [];
  const { options } = cluster;
  const results: OffsetResult[] = [];
  const found = (result: OffsetResult, index: number): void => {
    results[index] = result;
    onFound?.(result, index);
  };
  let left = numbered(queries);
  await withRetries(
    options,
    `looking up offsets of ${queries[0]!.topic}-${queries[0]!.partition}${queries.length > 1 ? ` and ${queries.length - 1} more` : ''}`,
    options.defaultApiTimeoutMs,
    async () => {
      const failures: unknown[] = [];
      const fail = (query: Waiting, error: unknown): Waiting[] => {
        cluster.invalidate(query.topic);
        failures.push(error);
        return [query];
      };
      const groups = await byLeader(cluster, left, fail);
      const again = await Promise.all(
        groups.requests.map(async ({ leaderId, items }) => {
          try {
            return await ask(cluster, leaderId, items, isolationLevel, found, fail);
          } catch (error) {
            return items.flatMap(({ query }) => fail(query, error));
          }
        }),
      );
      left = [...groups.failed, ...again.flat()];
      // What cannot be helped comes out first.
      const worst = failures.find((error) => !isRetriable(error)) ?? failures[0];
      if (worst !== undefined) throw worst as Error;
    },
    cluster.closing,
  );
  return results;
}

interface Item {
  readonly query: Waiting;
  readonly leaderEpoch: number;
}

async function byLeader(
  cluster: Cluster,
  queries: readonly Waiting[],
  fail: (query: Waiting, error: unknown) => Waiting[],
): Promise<{ requests: { leaderId: number; items: Item[] }[]; failed: Waiting[] }> {
  const failed: Waiting[] = [];
  const requests = new Map<string, { leaderId: number; items: Item[] }>();
  for (const query of queries) {
    try {
      const { leaderId, leaderEpoch } = await cluster.leader(query.topic, query.partition);
      const key = `${leaderId}/${query.round}`;
      const request = requests.get(key) ?? { leaderId, items: [] };
      requests.set(key, request);
      request.items.push({ query, leaderEpoch });
    } catch (error) {
      failed.push(...fail(query, error));
    }
  }
  return { requests: [...requests.values()], failed };
}

/** @returns the queries that must be asked again */
async function ask(
  cluster: Cluster,
  leaderId: number,
  items: readonly Item[],
  isolationLevel: IsolationLevel,
  onFound: (result: OffsetResult, index: number) => void,
  fail: (query: Waiting, error: unknown) => Waiting[],
): Promise<Waiting[]> {
  const connection = await cluster.broker(leaderId);
  const response = await connection.send(
    LIST_OFFSETS,
    listOffsetsRequest.create({
      replicaId: -1,
      isolationLevel: isolationLevel === 'read_committed' ? 1 : 0,
      topics: byTopic(items.map(({ query, leaderEpoch }) => ({ ...query, leaderEpoch }))).map(
        ([name, list]) => ({
          name,
          partitions: list.map(({ partition, leaderEpoch, at }) => ({
            partitionIndex: partition,
            currentLeaderEpoch: leaderEpoch,
            timestamp: typeof at === 'number' ? at : SPECIAL[at],
          })),
        }),
      ),
    }),
  );
  const found = new Map(
    response.topics.flatMap(({ name, partitions }) =>
      partitions.map((each) => [`${name}-${each.partitionIndex}`, each] as const),
    ),
  );
  return items.flatMap(({ query }) => {
    const { topic, partition } = query;
    const answer = found.get(`${topic}-${partition}`);
    if (answer === undefined)
      return fail(query, new ConnectionError('EPROTO', `${topic}-${partition} was not answered`));
    if (answer.errorCode !== 0)
      return fail(query, new BrokerError(answer.errorCode, undefined, { topic, partition }));
    const { offset, timestamp, leaderEpoch } = answer;
    onFound({ topic, partition, offset, timestamp, leaderEpoch }, query.slot);
    return [];
  });
}

function numbered(queries: readonly OffsetQuery[]): Waiting[] {
  const rounds = new Map<string, number>();
  return queries.map((query, slot) => {
    const name = `${query.topic}-${query.partition}`;
    const round = rounds.get(name) ?? 0;
    rounds.set(name, round + 1);
    return { ...query, slot, round };
  });
}
