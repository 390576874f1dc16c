// From what a session wants to the request's bytes, by topic.
import {
  createFetchPartition,
  type FetchRequest,
  fetchRequest,
} from '@ottla/protocol/messages/fetch';
import { byTopic } from './by-topic.ts';
import type { SessionRequest } from './fetch-session.ts';

/** What all fetches of a consumer have in common. */
export interface FetchLimits {
  readonly fetchMinBytes: number;
  readonly fetchMaxBytes: number;
  readonly fetchMaxWaitMs: number;
  readonly maxPartitionFetchBytes: number;
  readonly isolationLevel: 'read_committed' | 'read_uncommitted';
  readonly rackId: string | null;
}

export function encodeFetch(limits: FetchLimits, session: SessionRequest): FetchRequest {
  return fetchRequest.create({
    maxWaitMs: limits.fetchMaxWaitMs,
    minBytes: limits.fetchMinBytes,
    maxBytes: limits.fetchMaxBytes,
    isolationLevel: limits.isolationLevel === 'read_committed' ? 1 : 0,
    sessionId: session.sessionId,
    sessionEpoch: session.sessionEpoch,
    rackId: limits.rackId ?? '',
    topics: byTopic(session.send).map(([topic, targets]) => ({
      topic,
      topicId: targets[0]!.topicId,
      partitions: targets.map(({ partition, fetchOffset, currentLeaderEpoch }) =>
        createFetchPartition({
          partition,
          fetchOffset,
          currentLeaderEpoch,
          partitionMaxBytes: limits.maxPartitionFetchBytes,
        }),
      ),
    })),
    forgottenTopicsData: byTopic(session.forget).map(([topic, targets]) => ({
      topic,
      topicId: targets[0]!.topicId,
      partitions: targets.map(({ partition }) => partition),
    })),
  });
}
