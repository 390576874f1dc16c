// Committed offsets of a group, sorted for people.
import type { Admin, CommittedOffset } from '@ottla/client';

/** Those that are set, by topic and partition. */
export async function committedOffsets(
  admin: Admin,
  group: string,
): Promise<readonly CommittedOffset[]> {
  const offsets = await admin.listGroupOffsets(group);
  return offsets
    .filter(({ offset }) => offset >= 0)
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}
