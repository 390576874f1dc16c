// What the steps of classic groups share: the groups of the shard, and the ways to ask for a timer, a member id and the time.

import type { Logger } from '@ottla/platform';
import type { CoordinatorResult } from '../runtime/coordinator-shard.ts';
import type { KeyedTimers } from '../runtime/shard-timers.ts';
import type { SnapshotMap } from '../runtime/snapshot-map.ts';
import { ClassicGroup } from './classic-group.ts';
import type { GroupCoordinatorConfig } from './group-config.ts';
import type { GroupRecord } from './group-records.ts';

/** What a step wants written; answers go through the members' replies. */
export type GroupResult = CoordinatorResult<GroupRecord, void>;

/** Nothing to write. */
export const NOTHING: GroupResult = { records: [], response: undefined };

/** The surroundings of every step. */
export interface ClassicContext {
  readonly config: GroupCoordinatorConfig;
  readonly groups: SnapshotMap<string, ClassicGroup>;
  readonly timers: KeyedTimers<GroupRecord>;
  readonly logger: Logger;
  /** Wall clock, ms since 1970. */
  now(): number;
  /** A new id that begins with `prefix`. */
  newMemberId(prefix: string): string;
}

/** Keys of a group's timers. The separator cannot be confused: each kind ends its group id with it or with the key. */
export const timerKeys = {
  heartbeat: (groupId: string, memberId: string): string =>
    `heartbeat ${groupId.length} ${groupId} ${memberId}`,
  join: (groupId: string): string => `join ${groupId}`,
  sync: (groupId: string): string => `sync ${groupId}`,
};

/** The group, made empty when there is none. */
export function groupOrNew(context: ClassicContext, groupId: string): ClassicGroup {
  const existing = context.groups.get(groupId);
  if (existing !== undefined) return existing;
  const group = ClassicGroup.empty(groupId, context.now());
  context.groups.set(groupId, group);
  return group;
}
