// Who may lead a partition though it is not in sync: what somebody wants to know when the last replica in sync is gone.
// Kafka: KafkaAdminClient.describeTopics by DescribeTopicPartitions; KIP-966.
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
  type DescribeTopicPartitionsRequest,
} from '@ottla/protocol/messages/describe-topic-partitions';
import type { PartitionName } from './admin-replicas.ts';
import type { BrokerCall } from './broker-call.ts';

const DESCRIBE = {
  request: describeTopicPartitionsRequest,
  response: describeTopicPartitionsResponse,
};

/** Of one partition. */
export interface EligibleLeaders extends PartitionName {
  /** Node ids of replicas that left the ISR when it was small, and have all that is committed (ELR). */
  readonly eligible: readonly number[];
  /** Who was eligible or in sync last, when nobody is any more: since then they crashed, and may lack records. */
  readonly lastKnown: readonly number[];
}

/**
 * Partitions of the topics that have such replicas. None where the cluster does not know of them: before Apache Kafka 4.0, or with
 * `eligible.leader.replicas.version` 0.
 */
export async function describeEligibleLeaders(
  call: BrokerCall,
  topics: readonly string[],
): Promise<EligibleLeaders[]> {
  const found: EligibleLeaders[] = [];
  if (topics.length === 0) return found;
  const names = topics.map((name) => ({ name }));
  let cursor: DescribeTopicPartitionsRequest['cursor'] = null;
  do {
    const request = describeTopicPartitionsRequest.create({ topics: names, cursor });
    const page = await call('describing eligible leaders', async (connection) =>
      connection.versionOf(describeTopicPartitionsRequest.apiKey!) === undefined
        ? undefined
        : connection.send(DESCRIBE, request),
    );
    for (const { name: topic, partitions } of page?.topics ?? [])
      for (const { partitionIndex, eligibleLeaderReplicas, lastKnownElr } of partitions) {
        const [eligible, lastKnown] = [eligibleLeaderReplicas ?? [], lastKnownElr ?? []];
        if (eligible.length + lastKnown.length > 0)
          found.push({ topic: topic ?? '', partition: partitionIndex, eligible, lastKnown });
      }
    cursor = page?.nextCursor ?? null;
  } while (cursor !== null);
  return found;
}
