// `ottla group describe`.
import type { Admin, GroupDescription } from '@ottla/client';
import { withAdmin } from '../cluster.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { printJson } from '../output/print.ts';
import { bold, formatTable } from '../output/table.ts';
import { offsetsAt } from '../topic/partition-offsets.ts';
import { committedOffsets } from './committed-offsets.ts';
import { explainUnknownGroup } from './unknown-group.ts';

/** Options of the command. */
export type DescribeGroupOptions = ClusterOptions;

type Description = Awaited<ReturnType<typeof describe>>;

/** Prints state, offsets with lag, and members of each group. */
export async function describeGroups(
  io: CliIo,
  groups: readonly string[],
  options: DescribeGroupOptions,
): Promise<void> {
  const descriptions = await withAdmin(io, options, async (admin) => {
    const all: Description[] = [];
    for (const group of groups) all.push(await describe(admin, group));
    return all;
  });
  if (options.json === true) return printJson(io, descriptions);
  await io.stdout.write(descriptions.map((description) => asText(io, description)).join('\n'));
}

async function describe(admin: Admin, groupId: string) {
  const group = await describeOne(admin, groupId);
  const committed = await committedOffsets(admin, groupId);
  const latest = await offsetsAt(admin, committed, 'latest');
  return {
    group: groupId,
    state: group.state,
    protocolType: group.protocolType,
    assignor: group.protocol === '' ? null : group.protocol,
    offsets: committed.map(({ topic, partition, offset }, index) => ({
      topic,
      partition,
      committed: offset,
      latest: latest[index]!,
      lag: Math.max(0, latest[index]! - offset),
    })),
    members: group.members.map(
      ({ memberId, groupInstanceId, clientId, clientHost, assignment }) => ({
        member: memberId,
        instance: groupInstanceId,
        client: clientId,
        host: clientHost,
        assignment,
      }),
    ),
  };
}

async function describeOne(admin: Admin, groupId: string): Promise<GroupDescription> {
  try {
    const [group] = await admin.describeGroups([groupId]);
    return group!;
  } catch (error) {
    throw await explainUnknownGroup(admin, groupId, error);
  }
}

function asText(io: CliIo, { group, state, assignor, offsets, members }: Description): string {
  const heading = `${bold(group, io.stdout)}  ${state}${assignor === null ? '' : `, ${assignor}`}\n`;
  const offsetTable =
    offsets.length === 0
      ? 'No committed offsets.\n'
      : formatTable(
          ['TOPIC', 'PARTITION', 'COMMITTED', 'LATEST', 'LAG'],
          offsets.map(({ topic, partition, committed, latest, lag }) => [
            topic,
            partition,
            committed,
            latest,
            lag,
          ]),
          io.stdout,
        );
  if (members.length === 0) return `${heading}${offsetTable}No members.\n`;
  const memberTable = formatTable(
    ['MEMBER', 'HOST', 'PARTITIONS'],
    members.map(({ member, host, assignment }) => [
      member,
      host,
      assignment.map(({ topic, partition }) => `${topic}:${partition}`).join(' '),
    ]),
    io.stdout,
  );
  return `${heading}${offsetTable}\n${memberTable}`;
}
