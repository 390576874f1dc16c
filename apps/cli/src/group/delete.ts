// `ottla group delete`.
import { withAdmin } from '../cluster.ts';
import { confirmOrRefuse } from '../confirm.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { printDone } from '../output/print.ts';
import { explainUnknownGroup } from './unknown-group.ts';

/** Options of the command. */
export interface DeleteGroupOptions extends ClusterOptions {
  readonly yes?: boolean;
}

/** Deletes one group after the other, so that a failure names the one it is about. */
export async function deleteGroups(
  io: CliIo,
  groups: readonly string[],
  options: DeleteGroupOptions,
): Promise<void> {
  await confirmOrRefuse(io, options, `Delete ${groups.join(', ')} with all committed offsets?`);
  await withAdmin(io, options, async (admin) => {
    for (const group of groups)
      try {
        await admin.deleteGroups([group]);
      } catch (error) {
        throw await explainUnknownGroup(admin, group, error);
      }
  });
  await printDone(
    io,
    options.json,
    groups.map((group) => `Deleted group ${group}.`).join('\n'),
    groups.map((group) => ({ group, deleted: true })),
  );
}
