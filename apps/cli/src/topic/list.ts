// `ottla topic list`.
import { withAdmin } from '../cluster.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { print } from '../output/print.ts';

/** Options of the command. */
export interface ListTopicsOptions extends ClusterOptions {
  readonly internal?: boolean;
}

/** Prints all topics by name. */
export async function listTopics(io: CliIo, options: ListTopicsOptions): Promise<void> {
  const topics = await withAdmin(io, options, (admin) => admin.describeTopics(undefined));
  const json = topics
    .filter(({ isInternal }) => options.internal === true || !isInternal)
    .map(({ name, isInternal, partitions }) => ({
      name,
      partitions: partitions.length,
      replicationFactor: partitions[0]?.replicas.length ?? 0,
      internal: isInternal,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  await print(io, options.json, {
    json,
    headings: ['TOPIC', 'PARTITIONS', 'REPLICAS'],
    rows: json.map(({ name, partitions, replicationFactor }) => [
      name,
      partitions,
      replicationFactor,
    ]),
    whenEmpty: 'No topics yet. Create one with `ottla topic create <topic>`.',
  });
}
