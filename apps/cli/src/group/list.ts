// `ottla group list`.
import { withAdmin } from '../cluster.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { print } from '../output/print.ts';

/** Options of the command. */
export type ListGroupsOptions = ClusterOptions;

/** Prints all groups by name. */
export async function listGroups(io: CliIo, options: ListGroupsOptions): Promise<void> {
  const groups = await withAdmin(io, options, (admin) => admin.listGroups());
  const json = groups
    .map(({ groupId, state, protocolType }) => ({ group: groupId, state, protocolType }))
    .sort((a, b) => (a.group < b.group ? -1 : 1));
  await print(io, options.json, {
    json,
    headings: ['GROUP', 'STATE', 'PROTOCOL'],
    rows: json.map(({ group, state, protocolType }) => [group, state, protocolType]),
    whenEmpty: 'No groups yet. One appears with `ottla consume <topic> --group <group>`.',
  });
}
