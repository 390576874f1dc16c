// What the controller knows of the cluster, under Ottla's names with Kafka's meanings: ActiveControllerCount, GlobalTopicCount,
// GlobalPartitionCount, OfflinePartitionsCount, PreferredReplicaImbalanceCount, FencedBrokerCount, ActiveBrokerCount,
// ControlledShutdownBrokerCount, LastAppliedRecordOffset. Standbys say the same, as far as they have heard.

import type { BrokerRegistration, ControllerDriver, MetadataImage } from '@ottla/metadata';
import type { BrokerMetrics } from '../metrics/broker-metrics.ts';

/** Registers them; they are read when the metrics are asked for. */
export function registerControllerMetrics(
  metrics: BrokerMetrics,
  driver: Pick<ControllerDriver, 'activeEpoch' | 'image' | 'waitingRequests'>,
): void {
  metrics.gauge('ottla_active_controller', '1 where the active controller is.', () =>
    driver.activeEpoch === undefined ? 0 : 1,
  );
  metrics.gauge(
    'ottla_controller_waiting',
    'Requests that wait for their commit.',
    () => driver.waitingRequests.count,
  );
  metrics.gauge(
    'ottla_controller_waiting_bound',
    'The bound of those.',
    () => driver.waitingRequests.countMax,
  );
  metrics.gauge(
    'ottla_controller_metadata_offset',
    'Offset of the last committed metadata record that this controller has taken in.',
    () => driver.image.provenance.lastContainedOffset,
  );
  registerTopicMetrics(metrics, driver);
  registerBrokerCounts(metrics, driver);
}

function registerTopicMetrics(
  metrics: BrokerMetrics,
  driver: Pick<ControllerDriver, 'image'>,
): void {
  const partitions = new PartitionCounts();
  metrics.gauge('ottla_cluster_topics', 'Topics.', () => driver.image.topics.byName.size);
  metrics.gauge('ottla_cluster_partitions', 'Partitions.', () => partitions.of(driver.image).all);
  metrics.gauge(
    'ottla_cluster_offline_partitions',
    'Partitions without a leader.',
    () => partitions.of(driver.image).offline,
  );
  metrics.gauge(
    'ottla_cluster_imbalanced_partitions',
    'Partitions that another than the first of their replicas leads, or nobody.',
    () => partitions.of(driver.image).imbalanced,
  );
}

function registerBrokerCounts(
  metrics: BrokerMetrics,
  driver: Pick<ControllerDriver, 'image'>,
): void {
  const gauge = (
    name: string,
    help: string,
    counts: (broker: BrokerRegistration) => boolean,
  ): void =>
    metrics.gauge(name, help, () => {
      let total = 0;
      for (const broker of driver.image.cluster.brokers.values()) if (counts(broker)) total += 1;
      return total;
    });
  gauge('ottla_cluster_active_brokers', 'Brokers that count.', ({ fenced }) => !fenced);
  gauge('ottla_cluster_fenced_brokers', 'Brokers that are counted out.', ({ fenced }) => fenced);
  gauge(
    'ottla_cluster_stopping_brokers',
    'Brokers in controlled shutdown.',
    ({ inControlledShutdown }) => inControlledShutdown,
  );
}

interface Counts {
  readonly all: number;
  readonly offline: number;
  readonly imbalanced: number;
}

/** Counted once for each image, however many metrics are read of it. */
class PartitionCounts {
  #topics: MetadataImage['topics'] | undefined;
  #counts: Counts = { all: 0, offline: 0, imbalanced: 0 };

  of({ topics }: MetadataImage): Counts {
    if (this.#topics === topics) return this.#counts;
    const counts = { all: 0, offline: 0, imbalanced: 0 };
    for (const { partitions } of topics.byName.values()) {
      counts.all += partitions.length;
      for (const { leader, replicas } of partitions) {
        if (leader < 0) counts.offline += 1;
        if (leader !== replicas[0]) counts.imbalanced += 1;
      }
    }
    this.#topics = topics;
    this.#counts = counts;
    return counts;
  }
}
