// Why moves do not go on, in words. Pure.
import type { TopicMetadata } from '@ottla/client';
import type { PlacedPartition } from './placement.ts';

/** A replica that is on its way. */
export interface MoveUnderWay {
  readonly target: PlacedPartition;
  /** Ids of brokers that get a replica. */
  readonly coming: readonly number[];
}

const NAMES_MAX = 3;

/**
 * @param topics as they are now
 * @param active ids of brokers
 * @returns lines with their ends; empty when nothing is known to be in the way
 */
export function whyStalled(
  moves: readonly MoveUnderWay[],
  topics: readonly TopicMetadata[],
  active: readonly number[],
): string {
  const leaderless: string[] = [];
  const down = new Set<number>();
  const absent = new Set<number>();
  for (const { target, coming } of moves) {
    const now = topics.find(({ name }) => name === target.topic)?.partitions[target.partition];
    if (now === undefined) continue;
    if (now.leaderId < 0) {
      leaderless.push(`${target.topic}-${target.partition}`);
      for (const nodeId of now.replicas.filter((id) => !active.includes(id))) down.add(nodeId);
    }
    for (const nodeId of coming.filter((id) => !active.includes(id))) absent.add(nodeId);
  }
  const lines: string[] = [];
  if (leaderless.length > 0)
    lines.push(
      `waiting: no broker leads ${some(leaderless)}, so that there is nobody to copy from; start ${brokers(down)}\n`,
    );
  const others = new Set([...absent].filter((nodeId) => !down.has(nodeId)));
  if (others.size > 0)
    lines.push(`waiting: replicas go to ${brokers(others)}, not active now; start it again\n`);
  return lines.join('');
}

function some(names: readonly string[]): string {
  const hidden = names.length - NAMES_MAX;
  const shown = names.slice(0, NAMES_MAX).join(', ');
  return hidden > 0 ? `${shown} and ${hidden} more` : shown;
}

function brokers(ids: ReadonlySet<number>): string {
  return `broker ${[...ids].toSorted((a, b) => a - b).join(', ')}`;
}
