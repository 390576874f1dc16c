// First and next offsets of partitions as far as their leaders answer: who describes a topic while a broker is down wants to see the rest.
import type { Admin, TopicMetadata, TopicPartition } from '@ottla/client';
import { offsetsAt } from './partition-offsets.ts';

/** Of one partition. */
export interface OffsetRange {
  readonly earliest: number;
  /** Of the next record. */
  readonly latest: number;
}

/** A leader that did not answer. */
export interface SilentLeader {
  readonly nodeId: number;
  readonly error: unknown;
}

/** What the leaders said. */
export interface KnownOffsets {
  /** Undefined where there is no leader, or it did not answer. */
  of(topic: string, partition: number): OffsetRange | undefined;
  readonly silent: readonly SilentLeader[];
}

/** Asks each leader by itself, so that one that is gone hides nothing of the others. */
export async function knownOffsets(
  admin: Pick<Admin, 'listOffsets'>,
  topics: readonly TopicMetadata[],
): Promise<KnownOffsets> {
  const ranges = new Map<string, OffsetRange>();
  const silent: SilentLeader[] = [];
  const ask = async (nodeId: number, led: readonly TopicPartition[]): Promise<void> => {
    try {
      const [earliest, latest] = await Promise.all([
        offsetsAt(admin, led, 'earliest'),
        offsetsAt(admin, led, 'latest'),
      ]);
      for (const [index, { topic, partition }] of led.entries())
        ranges.set(`${topic}-${partition}`, {
          earliest: earliest[index]!,
          latest: latest[index]!,
        });
    } catch (error) {
      silent.push({ nodeId, error });
    }
  };
  await Promise.all([...byLeader(topics)].map(([nodeId, led]) => ask(nodeId, led)));
  return { of: (topic, partition) => ranges.get(`${topic}-${partition}`), silent };
}

function byLeader(topics: readonly TopicMetadata[]): ReadonlyMap<number, TopicPartition[]> {
  const led = new Map<number, TopicPartition[]>();
  for (const { name: topic, partitions } of topics)
    for (const { partition, leaderId } of partitions) {
      if (leaderId < 0) continue;
      led.set(leaderId, [...(led.get(leaderId) ?? []), { topic, partition }]);
    }
  return led;
}
