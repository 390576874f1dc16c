// `ottla topic describe`.
import type { Admin } from '@ottla/client';
import { withAdmin } from '../cluster.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { printJson } from '../output/print.ts';
import { bold, formatTable } from '../output/table.ts';
import { describeTopicsByName, offsetsAt } from './partition-offsets.ts';

/** Options of the command. */
export type DescribeTopicOptions = ClusterOptions;

type Description = Awaited<ReturnType<typeof describe>>[number];

/** Prints partitions and settings of each topic. */
export async function describeTopics(
  io: CliIo,
  topics: readonly string[],
  options: DescribeTopicOptions,
): Promise<void> {
  const descriptions = await withAdmin(io, options, (admin) => describe(admin, topics));
  if (options.json === true) return printJson(io, descriptions);
  const texts = descriptions.map((description) => asText(io, description));
  await io.stdout.write(texts.join('\n'));
}

async function describe(admin: Admin, names: readonly string[]) {
  const topics = await describeTopicsByName(admin, names);
  const configs = await Promise.all(
    names.map((name) => admin.describeConfigs({ type: 'topic', name })),
  );
  const all = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partition }) => ({ topic: name, partition })),
  );
  const [earliest, latest] = await Promise.all([
    offsetsAt(admin, all, 'earliest'),
    offsetsAt(admin, all, 'latest'),
  ]);
  let index = 0;
  return topics.map(({ name, topicId, isInternal, partitions }, position) => ({
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
      const offsets = { earliest: earliest[index]!, latest: latest[index]! };
      index += 1;
      return { partition, leader: leaderId < 0 ? null : leaderId, replicas, isr, ...offsets };
    }),
  }));
}

function asText(io: CliIo, { name, id, config, partitions }: Description): string {
  const settings = Object.entries(config).map(([key, value]) => `${key}=${value}`);
  const table = formatTable(
    ['PARTITION', 'LEADER', 'REPLICAS', 'IN SYNC', 'EARLIEST', 'LATEST'],
    partitions.map(({ partition, leader, replicas, isr, earliest, latest }) => [
      partition,
      leader ?? 'none',
      replicas.join(','),
      isr.join(','),
      earliest,
      latest,
    ]),
    io.stdout,
  );
  const heading = `${bold(name, io.stdout)}  id ${id}`;
  return `${heading}\n${settings.length === 0 ? '' : `settings: ${settings.join(' ')}\n`}${table}`;
}
