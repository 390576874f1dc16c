// `ottla topic describe`.
import type { Admin } from '@ottla/client';
import { CliError } from '../cli-error.ts';
import { PATIENCE, withAdmin } from '../cluster.ts';
import { explainError } from '../explain-error.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { printJson } from '../output/print.ts';
import { bold, formatTable } from '../output/table.ts';
import { knownOffsets } from './known-offsets.ts';
import { describeTopicsByName } from './partition-offsets.ts';

/** Options of the command. */
export type DescribeTopicOptions = ClusterOptions;

type Description = Awaited<ReturnType<typeof describe>>['descriptions'][number];

/** Prints partitions and settings of each topic. @throws CliError behind that when leaders do not tell their offsets */
export async function describeTopics(
  io: CliIo,
  topics: readonly string[],
  options: DescribeTopicOptions,
): Promise<void> {
  const { descriptions, silent } = await withAdmin(
    io,
    options,
    (admin) => describe(admin, topics),
    PATIENCE,
  );
  if (options.json === true) await printJson(io, descriptions);
  else {
    const texts = descriptions.map((description) => asText(io, description));
    await io.stdout.write(texts.join('\n'));
  }
  if (silent.length > 0)
    throw new CliError(
      `no offsets from broker ${silent.map(({ nodeId }) => nodeId).join(', ')}: ${explainError(silent[0]!.error).message}`,
      '`ottla cluster status` shows which brokers are active.',
    );
}

async function describe(admin: Admin, names: readonly string[]) {
  const topics = await describeTopicsByName(admin, names);
  const configs = await Promise.all(
    names.map((name) => admin.describeConfigs({ type: 'topic', name })),
  );
  const [offsets, eligible] = await Promise.all([
    knownOffsets(admin, topics),
    admin.describeEligibleLeaders(names),
  ]);
  const mayLead = new Map(
    eligible.map((each) => [`${each.topic}-${each.partition}`, each.eligible] as const),
  );
  const descriptions = topics.map(({ name, topicId, isInternal, partitions }, position) => ({
    name,
    id: topicId,
    internal: isInternal,
    config: Object.fromEntries(
      configs[position]!.entries.filter(({ source }) => source === 'dynamicTopic').map((entry) => [
        entry.name,
        entry.value,
      ]),
    ),
    partitions: partitions.map(({ partition, leaderId, replicas, isr }) => {
      const range = offsets.of(name, partition);
      const { earliest = null, latest = null } = range ?? {};
      const leader = leaderId < 0 ? null : leaderId;
      const eligibleLeaders = mayLead.get(`${name}-${partition}`) ?? [];
      return { partition, leader, replicas, isr, eligibleLeaders, earliest, latest };
    }),
  }));
  return { descriptions, silent: offsets.silent };
}

function asText(io: CliIo, { name, id, config, partitions }: Description): string {
  const settings = Object.entries(config).map(([key, value]) => `${key}=${value}`);
  // Seldom is there anything to say: then the column is left out.
  const isElr = partitions.some(({ eligibleLeaders }) => eligibleLeaders.length > 0);
  const table = formatTable(
    [
      'PARTITION',
      'LEADER',
      'REPLICAS',
      'IN SYNC',
      ...(isElr ? ['MAY LEAD'] : []),
      'EARLIEST',
      'LATEST',
    ],
    partitions.map(({ partition, leader, replicas, isr, eligibleLeaders, earliest, latest }) => [
      partition,
      leader ?? 'none',
      replicas.join(','),
      isr.join(','),
      ...(isElr ? [eligibleLeaders.join(',')] : []),
      earliest,
      latest,
    ]),
    io.stdout,
  );
  const heading = `${bold(name, io.stdout)}  id ${id}`;
  return `${heading}\n${settings.length === 0 ? '' : `settings: ${settings.join(' ')}\n`}${table}`;
}
