// A bit of a replica changes on its disk, unseen. Where a batch's sum covers it, whoever reads it must find out: nobody is
// ever given other bytes than were written, and what the other replicas have is not lost.
import type { Random } from '@ottla/platform';
import type { SimulatedDisk } from '@ottla/platform/simulated';
import { BATCH_OVERHEAD_BYTES } from '@ottla/protocol/records';
import { headerOf } from './committed-prefix.ts';
import { TOPIC } from './load.ts';
import type { Member } from './member.ts';

/** Of a batch's header: what comes before is not covered by the sum, or is what `committed-prefix.ts` compares. */
const COVERED_FROM = 27;
const BITS = 8;

/** Partitions of which a copy was damaged, and on which member: never two copies of one, in one run. */
const damaged: WeakMap<readonly Member[], Map<string, Member>> = new WeakMap();

/** By the folder's name. */
export function damagedCopies(members: readonly Member[]): ReadonlyMap<string, Member> {
  return damaged.get(members) ?? new Map<string, Member>();
}

/** Flips a bit in a batch of the load on this member. @returns false when there is none */
export function flipBit(member: Member, members: readonly Member[], random: Random): boolean {
  const { disk } = member.node;
  const victims = damaged.get(members) ?? new Map<string, Member>();
  damaged.set(members, victims);
  const files = disk.files().filter((path) => {
    const name = /^\/data\/([^/]+)\/\d+\.log$/.exec(path)?.[1];
    if (name?.startsWith(`${TOPIC}-`) !== true || name.endsWith('-delete')) return false;
    return (victims.get(name) ?? member) === member;
  });
  if (files.length === 0) return false;
  const path = files[random.below(files.length)]!;
  const [, , folder = ''] = path.split('/');
  const batches = batchesOf(disk, path, recoveryPointOf(disk, folder));
  if (batches.length === 0) return false;
  const { position, sizeBytes } = batches[random.below(batches.length)]!;
  const at = position + COVERED_FROM + random.below(sizeBytes - COVERED_FROM);
  disk.flipBit(path, at, random.below(BITS));
  victims.set(folder, member);
  return true;
}

/** What was durable for certain at the last checkpoint (exclusive): what is behind, a start after a crash may cut off. */
function recoveryPointOf(disk: SimulatedDisk, folder: string): number {
  const text = disk.peek('/data/recovery-point-offset-checkpoint')?.toString() ?? '';
  const split = folder.lastIndexOf('-');
  const name = `${folder.slice(0, split)} ${folder.slice(split + 1)} `;
  const line = text.split('\n').find((each) => each.startsWith(name));
  return line === undefined ? 0 : Number(line.slice(name.length));
}

function batchesOf(
  disk: SimulatedDisk,
  path: string,
  endOffset: number,
): { position: number; sizeBytes: number }[] {
  const found: { position: number; sizeBytes: number }[] = [];
  for (let position = 0; ;) {
    const head = disk.peek(path, position, BATCH_OVERHEAD_BYTES);
    if (head?.length !== BATCH_OVERHEAD_BYTES) return found;
    const { sizeInBytes: sizeBytes, baseOffset, lastOffsetDelta } = headerOf(head);
    if (sizeBytes < BATCH_OVERHEAD_BYTES || baseOffset + lastOffsetDelta >= endOffset) return found;
    found.push({ position, sizeBytes });
    position += sizeBytes;
  }
}
