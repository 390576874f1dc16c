// How the replicas stand, under Ottla's names with Kafka's meanings: UnderReplicatedPartitions, UnderMinIsrPartitionCount, AtMinIsrPartitionCount,
// OfflineReplicaCount, LeaderCount, IsrExpandsPerSec, IsrShrinksPerSec, MaxLag, the byte rates of throttled replication.
import type { BrokerMetrics } from '../metrics/broker-metrics.ts';
import type { Partition } from './partition.ts';
import type { Replicas } from './replicas.ts';
import type { Replication } from './replication.ts';

/** Registers them; they are read when the metrics are asked for. */
export function registerReplicationMetrics(
  metrics: BrokerMetrics,
  replicas: Pick<Replicas, 'partitions'>,
  { isrChanges, fetchers, leaderQuota, followerQuota }: Replication,
): void {
  const gauge = (name: string, help: string, counts: (partition: Partition) => boolean): void =>
    metrics.gauge(name, help, () => {
      let total = 0;
      for (const partition of replicas.partitions()) if (counts(partition)) total += 1;
      return total;
    });
  gauge('ottla_leader_partitions', 'Partitions led here.', ({ isLeader }) => isLeader);
  gauge(
    'ottla_under_replicated_partitions',
    'Partitions led here that lack replicas in sync.',
    ({ isUnderReplicated }) => isUnderReplicated,
  );
  gauge(
    'ottla_under_min_isr_partitions',
    'Partitions led here that refuse acks=all.',
    (partition) => partition.isLeader && !partition.hasMinInSync,
  );
  gauge(
    'ottla_at_min_isr_partitions',
    'Partitions led here that would refuse acks=all with one replica in sync less.',
    (partition) => partition.isLeader && partition.isAtMinInSync,
  );
  gauge(
    'ottla_offline_replicas',
    'Replicas whose log cannot be used.',
    ({ isOffline }) => isOffline,
  );
  metrics.counter(
    'ottla_isr_expands_total',
    'Replicas that came into sync.',
    () => isrChanges.expansions,
  );
  metrics.counter(
    'ottla_isr_shrinks_total',
    'Replicas that fell out of sync.',
    () => isrChanges.shrinkings,
  );
  metrics.gauge(
    'ottla_replica_fetchers',
    'Brokers that this one fetches from.',
    () => fetchers.size,
  );
  metrics.gauge(
    'ottla_replica_lag_max',
    'Most offsets that a replica here lacks of what its leader has committed.',
    () => fetchers.lagMax,
  );
  metrics.gauge(
    'ottla_throttled_replication_bytes_per_second',
    'Given to throttled replicas.',
    () => leaderQuota.bytesPerSecond,
  );
  metrics.gauge(
    'ottla_throttled_follower_bytes_per_second',
    'Taken by throttled replicas.',
    () => followerQuota.bytesPerSecond,
  );
}
