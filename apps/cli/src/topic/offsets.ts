// `ottla topic offsets`.
import { withAdmin } from '../cluster.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { print } from '../output/print.ts';
import { offsetsAt, partitionsOf } from './partition-offsets.ts';

/** Options of the command. */
export interface TopicOffsetsOptions extends ClusterOptions {
  /** Milliseconds since 1970. */
  readonly at?: number;
}

/** Prints the first and the next offset of each partition, or the offset at a time. */
export async function topicOffsets(
  io: CliIo,
  topics: readonly string[],
  options: TopicOffsetsOptions,
): Promise<void> {
  const json = await withAdmin(io, options, async (admin) => {
    const partitions = await partitionsOf(admin, topics);
    const [earliest, latest, at] = await Promise.all([
      offsetsAt(admin, partitions, 'earliest'),
      offsetsAt(admin, partitions, 'latest'),
      options.at === undefined ? undefined : offsetsAt(admin, partitions, options.at),
    ]);
    return partitions.map(({ topic, partition }, index) => ({
      topic,
      partition,
      earliest: earliest[index]!,
      latest: latest[index]!,
      // A time after the last record has no offset: reading from there starts at the end.
      ...(at === undefined ? {} : { at: at[index]! < 0 ? latest[index]! : at[index]! }),
    }));
  });
  await print(io, options.json, {
    json,
    headings: [
      'TOPIC',
      'PARTITION',
      'EARLIEST',
      'LATEST',
      options.at === undefined ? 'RECORDS' : 'AT',
    ],
    rows: json.map(({ topic, partition, earliest, latest, at }) => [
      topic,
      partition,
      earliest,
      latest,
      at ?? latest - earliest,
    ]),
    whenEmpty: 'No partitions.',
  });
}
