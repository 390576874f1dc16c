// `ottla topic delete`.
import { errorNameOf } from '../cli-error.ts';
import { withAdmin } from '../cluster.ts';
import { confirmOrRefuse } from '../confirm.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { printDone } from '../output/print.ts';
import { explainUnknownTopic } from './unknown-topic.ts';

/** Options of the command. */
export interface DeleteTopicOptions extends ClusterOptions {
  readonly yes?: boolean;
  readonly ifExists?: boolean;
}

/** Deletes one topic after the other, so that a failure names the one it is about. */
export async function deleteTopics(
  io: CliIo,
  topics: readonly string[],
  options: DeleteTopicOptions,
): Promise<void> {
  await confirmOrRefuse(io, options, `Delete ${topics.join(', ')} with all records?`);
  await withAdmin(io, options, async (admin) => {
    const outcomes: { topic: string; deleted: boolean }[] = [];
    for (const topic of topics)
      try {
        await admin.deleteTopics([topic]);
        outcomes.push({ topic, deleted: true });
      } catch (error) {
        const isAbsent = errorNameOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION';
        if (!isAbsent || options.ifExists !== true)
          throw await explainUnknownTopic(admin, topic, error);
        outcomes.push({ topic, deleted: false });
      }
    const lines = outcomes.map(({ topic, deleted }) =>
      deleted ? `Deleted topic ${topic}.` : `There is no topic ${topic}.`,
    );
    await printDone(io, options.json, lines.join('\n'), outcomes);
  });
}
