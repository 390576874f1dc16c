// `ottla config alter`.
import type { ConfigChange } from '@ottla/client';
import { usageError } from '../cli-error.ts';
import { withAdmin } from '../cluster.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { printDone } from '../output/print.ts';
import { checkResource } from './resource-check.ts';
import { type ResourceKind, resourceOf } from './resource.ts';

type Pairs = readonly (readonly [string, string])[];

/** Options of the command. */
export interface AlterConfigOptions extends ClusterOptions {
  readonly set?: Pairs;
  readonly delete?: readonly string[];
  readonly append?: Pairs;
  readonly subtract?: Pairs;
  readonly dryRun?: boolean;
}

/** Changes the settings of a topic or broker, all or none. */
export async function alterConfig(
  io: CliIo,
  kind: ResourceKind,
  name: string,
  options: AlterConfigOptions,
): Promise<void> {
  const changes = changesOf(options);
  if (changes.length === 0)
    throw usageError('nothing to change', 'Give --set key=value or --delete key.');
  const { dryRun = false } = options;
  const resource = resourceOf(kind, name);
  await withAdmin(io, options, async (admin) => {
    await checkResource(admin, resource);
    await admin.incrementalAlterConfigs(resource, changes, { validateOnly: dryRun });
  });
  const keys = changes.map((change) => change.name).join(', ');
  const line = `${dryRun ? 'Could change' : 'Changed'} ${keys} of ${kind} ${name}.`;
  await printDone(io, options.json, line, { kind, name, changes, altered: !dryRun });
}

function changesOf(options: AlterConfigOptions): readonly ConfigChange[] {
  const { set = [], delete: deleted = [], append = [], subtract = [] } = options;
  return [
    ...set.map(([name, value]) => ({ name, operation: 'set' as const, value })),
    ...deleted.map((name) => ({ name, operation: 'delete' as const })),
    ...append.map(([name, value]) => ({ name, operation: 'append' as const, value })),
    ...subtract.map(([name, value]) => ({ name, operation: 'subtract' as const, value })),
  ];
}
