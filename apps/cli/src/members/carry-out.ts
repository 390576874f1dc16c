// Carries out a plan of moves, or says what it would be.
import type { Admin } from '@ottla/client';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { printDone } from '../output/print.ts';
import { type ClusterState, placements } from './cluster-state.ts';
import { move } from './move.ts';
import type { PlacedPartition } from './placement.ts';

/** What is said meanwhile, and at the end. */
export interface Words {
  readonly what: string;
  readonly done: string;
  /** When there is nothing to move. */
  readonly nothing: string;
}

/** Options of the commands that move replicas. */
export interface CarryOutOptions extends ClusterOptions {
  /** Says what would move, and moves nothing. */
  readonly dryRun?: boolean;
}

/** Moves, or with `dryRun` says what would move. @throws CliError when it was interrupted */
export async function carryOut(
  io: CliIo,
  admin: Admin,
  options: CarryOutOptions,
  {
    state,
    targets,
  }: { readonly state: ClusterState; readonly targets: readonly PlacedPartition[] },
  words: Words,
): Promise<void> {
  if (options.dryRun === true || targets.length === 0) {
    const before = new Map(placements(state.topics).map((one) => [nameOf(one), one.replicas]));
    const lines = targets.map((one) => {
      const name = nameOf(one);
      return `${name}: ${before.get(name)?.join(',')} → ${one.replicas.join(',')}`;
    });
    const text = targets.length === 0 ? words.nothing : lines.join('\n');
    await printDone(io, options.json, text, { moved: [], planned: targets });
    return;
  }
  if (!(await move(io, admin, targets, words.what)))
    throw new CliError(
      'interrupted: what was begun goes on in the cluster',
      'The same command again moves the rest; `ottla cluster status` shows what is being moved.',
    );
  await admin.electLeaders('preferred', targets);
  await printDone(io, options.json, words.done, { moved: targets });
}

function nameOf({ topic, partition }: PlacedPartition): string {
  return `${topic}-${partition}`;
}
