// `ottla topic alter`.
import { withAdmin } from '../cluster.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { printDone } from '../output/print.ts';
import { explainUnknownTopic } from './unknown-topic.ts';

/** Options of the command. */
export interface AlterTopicOptions extends ClusterOptions {
  readonly partitions: number;
  readonly dryRun?: boolean;
}

/** Gives a topic more partitions. */
export async function alterTopic(
  io: CliIo,
  topic: string,
  options: AlterTopicOptions,
): Promise<void> {
  const { partitions, dryRun = false } = options;
  await withAdmin(io, options, async (admin) => {
    try {
      await admin.createPartitions([{ name: topic, totalCount: partitions }], {
        validateOnly: dryRun,
      });
    } catch (error) {
      throw await explainUnknownTopic(admin, topic, error);
    }
  });
  const verb = dryRun ? 'can have' : 'has';
  await printDone(io, options.json, `Topic ${topic} ${verb} ${partitions} partitions.`, {
    topic,
    partitions,
    altered: !dryRun,
  });
}
