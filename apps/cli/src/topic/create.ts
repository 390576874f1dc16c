// `ottla topic create`.
import type { Admin } from '@ottla/client';
import { errorNameOf } from '../cli-error.ts';
import { withAdmin } from '../cluster.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { printDone } from '../output/print.ts';

/** Options of the command. */
export interface CreateTopicOptions extends ClusterOptions {
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly config?: readonly (readonly [string, string])[];
  readonly ifNotExists?: boolean;
  readonly dryRun?: boolean;
}

/** Creates one topic after the other, so that a failure names the one it is about. */
export async function createTopics(
  io: CliIo,
  topics: readonly string[],
  options: CreateTopicOptions,
): Promise<void> {
  await withAdmin(io, options, async (admin) => {
    const outcomes: { topic: string; outcome: Outcome }[] = [];
    for (const topic of topics)
      outcomes.push({ topic, outcome: await createTopic(admin, topic, options) });
    const lines = outcomes.map(({ topic, outcome }) => LINES[outcome](topic));
    await printDone(io, options.json, lines.join('\n'), outcomes);
  });
}

/** `exists`: it was there already, which was accepted; `valid`: it could be created. */
type Outcome = 'created' | 'exists' | 'valid';

const LINES: Readonly<Record<Outcome, (topic: string) => string>> = {
  created: (topic) => `Created topic ${topic}.`,
  exists: (topic) => `Topic ${topic} is there already.`,
  valid: (topic) => `Topic ${topic} can be created.`,
};

async function createTopic(
  admin: Admin,
  name: string,
  options: CreateTopicOptions,
): Promise<Outcome> {
  const { partitions, replicationFactor, config = [] } = options;
  try {
    await admin.createTopics(
      [
        {
          name,
          configs: Object.fromEntries(config),
          ...(partitions === undefined ? {} : { numPartitions: partitions }),
          ...(replicationFactor === undefined ? {} : { replicationFactor }),
        },
      ],
      { validateOnly: options.dryRun ?? false },
    );
    return options.dryRun === true ? 'valid' : 'created';
  } catch (error) {
    if (options.ifNotExists === true && errorNameOf(error) === 'TOPIC_ALREADY_EXISTS')
      return 'exists';
    throw error;
  }
}
