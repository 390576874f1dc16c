// Internal topics whose replication factor nobody configured: they begin with the replicas that the
// first broker can give, and gain more as brokers join. When all of them are in sync, losing one broker
// stops no write, and `min.insync.replicas` goes up so that it loses none either. Kafka has nothing of
// the kind: it asks for three brokers, or for a setting.
import { ConfigResourceType, configsOf, type TopicImage } from '../image/metadata-image.ts';
import type { PartitionImage } from '../image/partition-image.ts';
import type { MetadataRecord } from '../metadata-record.ts';
import { metadataRecord } from '../metadata-record.ts';
import { type DecisionScope, isActive, minIsrOf } from './decision-scope.ts';
import { clearElrRecords } from './elr-configs.ts';
import { usableBrokers } from './new-partitions.ts';
import { decidePartition } from './partition-decision.ts';
import { isReassigning, reassignmentTo } from './reassignment.ts';
import { grownReplicas } from './replica-growth.ts';
import type { Steps } from './slices.ts';

/** Replicas of an internal topic when there are enough brokers. */
const REPLICAS_MAX = 3;

/** `min.insync.replicas` of an internal topic when there are enough replicas. */
const MIN_ISR_MAX = 2;

/** Gives the growing topics the replicas that the brokers of today allow. */
export function* growInternalTopics(scope: DecisionScope): Steps {
  for (const name of scope.options.growingTopics()) {
    const topic = scope.image.topics.byName.get(name);
    if (topic === undefined) continue;
    yield* addReplicas(scope, topic);
    yield (now) => raiseMinIsr(now, topic);
  }
}

function* addReplicas(scope: DecisionScope, topic: TopicImage): Steps {
  const brokers = usableBrokers(scope).filter(({ brokerId }) => isActive(scope, brokerId));
  const factor = Math.min(REPLICAS_MAX, brokers.length);
  const remaining = topic.partitions.map((partition) => withoutMissing(scope, partition));
  const isStuck = ({ replicas }: PartitionImage, partitionId: number): boolean =>
    remaining[partitionId]?.length !== replicas.length;
  const isEnough = remaining.every((replicas) => replicas.length >= factor);
  if (isEnough && !topic.partitions.some(isStuck)) return;
  // One move at a time: while replicas are on their way, nothing is planned on top.
  if (topic.partitions.some((partition, id) => isReassigning(partition) && !isStuck(partition, id)))
    return;
  const wanted = grownReplicas(remaining, brokers, factor);
  for (const [partitionId, partition] of topic.partitions.entries()) {
    const replicas = wanted[partitionId] ?? partition.replicas;
    yield (now) => {
      const current = now.image.topics.byName.get(topic.name);
      if (current?.partitions[partitionId] !== partition) return [];
      const moved = reassignmentTo(partition, replicas);
      const found = { topic: current, partitionId, partition };
      const record = decidePartition(now, found, { election: 'online', ...moved });
      return record === undefined ? [] : [record];
    };
  }
}

/** The replicas, except for those that never came: their brokers were unregistered on the way. */
function withoutMissing(
  { image }: DecisionScope,
  { replicas, addingReplicas }: PartitionImage,
): readonly number[] {
  return replicas.filter((id) => !addingReplicas.includes(id) || image.cluster.brokers.has(id));
}

/** Once every partition has the members for it; never where somebody set a value for the topic. */
function raiseMinIsr(scope: DecisionScope, { name }: TopicImage): readonly MetadataRecord[] {
  const topic = scope.image.topics.byName.get(name);
  if (topic === undefined) return [];
  const resource = { type: ConfigResourceType.TOPIC, name };
  if (configsOf(scope.image, resource).has('min.insync.replicas')) return [];
  const factor = Math.min(...topic.partitions.map(({ replicas }) => replicas.length));
  const minIsr = Math.min(MIN_ISR_MAX, factor);
  if (minIsr <= minIsrOf(scope, topic)) return [];
  const isSettled = topic.partitions.every(
    (partition) => !isReassigning(partition) && partition.isr.length >= minIsr,
  );
  if (!isSettled) return [];
  const change = metadataRecord('ConfigRecord', {
    resourceType: resource.type,
    resourceName: name,
    name: 'min.insync.replicas',
    value: String(minIsr),
  });
  return [change, ...clearElrRecords(scope, [change])];
}
