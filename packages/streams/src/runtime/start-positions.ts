// Where a partition begins that the group has committed nothing of: as its source says, else as the application does. Repartition
// topics begin at their start whatever was said: they hold only what the application itself has not read yet. Kafka: TaskManager, KIP-1106.
import type { CommittedOffset, Consumer, TopicPartition } from '@ottla/client';
import { StreamsError } from '../errors.ts';
import type { OffsetReset } from '../topology/node-definition.ts';

/** @param resetOf undefined: the consumer's own setting. @throws StreamsError `INVALID_STATE` for `none` */
export async function seekToStart(
  consumer: Consumer,
  committed: readonly CommittedOffset[],
  resetOf: (topic: string) => OffsetReset | undefined,
  nowMs: number,
): Promise<void> {
  for (const target of committed) {
    if (target.offset >= 0) continue;
    const reset = resetOf(target.topic);
    if (reset === 'earliest') await consumer.seekToBeginning([target]);
    else if (reset === 'latest') await consumer.seekToEnd([target]);
    else if (reset === 'none')
      throw new StreamsError(
        'INVALID_STATE',
        `nothing is committed of ${target.topic}-${target.partition}, and its source's offsetReset is none`,
      );
    else if (reset !== undefined) await seekToTime(consumer, target, nowMs - reset.byDurationMs);
  }
}

async function seekToTime(
  consumer: Consumer,
  { topic, partition }: TopicPartition,
  at: number,
): Promise<void> {
  const [found] = await consumer.offsetsAt([{ topic, partition, at: Math.max(0, at) }]);
  if (found === undefined || found.offset < 0) await consumer.seekToEnd([{ topic, partition }]);
  else consumer.seek({ topic, partition }, found.offset);
}
