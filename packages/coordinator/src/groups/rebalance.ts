// The rebalance: how a group gathers its members, hands out a generation, and what happens when one of them is late. Every step
// returns the records to write. Kafka: GroupMetadataManager (prepareRebalance, completeClassicGroupJoin, expire…).

import { ErrorCode } from '@ottla/protocol';
import { type JoinGroupResponse, joinGroupResponse } from '@ottla/protocol/messages/join-group';
import { syncGroupResponse } from '@ottla/protocol/messages/sync-group';
import { type ClassicContext, type GroupResult, NOTHING, timerKeys } from './classic-context.ts';
import type { ClassicGroup } from './classic-group.ts';
import { type ClassicMember, EMPTY_ASSIGNMENT, isExcusedFromHeartbeat } from './classic-member.ts';
import { recordOf } from './group-metadata.ts';

/** Rebalances if the state allows it, else sees whether the one under way is complete. */
export function rebalanceOrCompleteJoin(
  context: ClassicContext,
  group: ClassicGroup,
  reason: string,
): GroupResult {
  return group.canRebalance
    ? prepareRebalance(context, group, reason)
    : completeJoinIfAllJoined(context, group);
}

/** Completes the join phase when nobody is missing and it is not the first one, which waits for its delay. */
export function completeJoinIfAllJoined(context: ClassicContext, group: ClassicGroup): GroupResult {
  const isInitial = group.previousState === 'Empty';
  if (group.state !== 'PreparingRebalance' || isInitial || !group.hasAllMembersJoined)
    return NOTHING;
  return completeJoin(context, group);
}

/** Calls all members to join again. The first rebalance of an empty group waits for more members to come. */
export function prepareRebalance(
  context: ClassicContext,
  group: ClassicGroup,
  reason: string,
): GroupResult {
  const { config, timers, logger } = context;
  if (group.state === 'CompletingRebalance')
    failAssignment(context, group, ErrorCode.REBALANCE_IN_PROGRESS);
  group.pendingSync.clear();
  timers.cancel(timerKeys.sync(group.groupId));
  const isInitial = group.state === 'Empty';
  group.transitionTo('PreparingRebalance', context.now());
  const { groupId, generationId } = group;
  logger.info('preparing to rebalance', { groupId, generationId, reason });
  if (isInitial) {
    const delayMs = config.initialRebalanceDelayMs;
    const restMs = Math.max(group.rebalanceTimeoutMs - delayMs, 0);
    scheduleInitialJoin(context, group, delayMs, restMs);
    return NOTHING;
  }
  if (group.hasAllMembersJoined) return completeJoin(context, group);
  scheduleJoinEnd(context, group);
  return NOTHING;
}

/** Waits `delayMs` for the first members, and again while new ones keep coming, within the rebalance timeout. */
function scheduleInitialJoin(
  context: ClassicContext,
  { groupId }: ClassicGroup,
  delayMs: number,
  restMs: number,
): void {
  context.timers.schedule(timerKeys.join(groupId), delayMs, () => {
    const group = context.groups.get(groupId);
    if (group === undefined) return NOTHING;
    if (!group.newMemberAdded || restMs === 0) return completeJoin(context, group);
    group.newMemberAdded = false;
    const nextDelayMs = Math.min(context.config.initialRebalanceDelayMs, restMs);
    scheduleInitialJoin(context, group, nextDelayMs, Math.max(restMs - delayMs, 0));
    return NOTHING;
  });
}

function scheduleJoinEnd(
  context: ClassicContext,
  { groupId, rebalanceTimeoutMs }: ClassicGroup,
): void {
  context.timers.schedule(timerKeys.join(groupId), rebalanceTimeoutMs, () => {
    const group = context.groups.get(groupId);
    return group === undefined ? NOTHING : completeJoin(context, group);
  });
}

/** Ends the join phase: drops dynamic members that have not come, and answers the others with the next generation. */
export function completeJoin(context: ClassicContext, group: ClassicGroup): GroupResult {
  const { timers, logger } = context;
  const { groupId } = group;
  timers.cancel(timerKeys.join(groupId));
  for (const member of group.members.values()) {
    if (member.awaitingJoin !== undefined || member.groupInstanceId !== null) continue;
    group.remove(member.memberId);
    timers.cancel(timerKeys.heartbeat(groupId, member.memberId));
    logger.info('member did not join in time', { groupId, memberId: member.memberId });
  }
  if (group.state === 'Dead') return NOTHING;
  if (!group.electJoinedLeader() && group.members.size > 0) {
    // Only static members are left and none of them came: wait until their sessions expire.
    logger.warn('no member joined again', { groupId });
    scheduleJoinEnd(context, group);
    return NOTHING;
  }
  group.startNextGeneration(context.now());
  if (group.state === 'Empty') return emptied(context, group);
  answerJoins(context, group);
  scheduleSyncEnd(context, group);
  return NOTHING;
}

function emptied({ logger }: ClassicContext, group: ClassicGroup): GroupResult {
  const { groupId, generationId } = group;
  logger.info('group is empty', { groupId, generationId });
  return {
    records: [recordOf(group, new Map())],
    response: undefined,
    replay: false,
    whenSettled: (error) => {
      // The earlier generation would come back after a failover, and its members would time out there. Nothing is wrong by that.
      if (error !== undefined) logger.warn('empty group was not written', { groupId, error });
    },
  };
}

function answerJoins(context: ClassicContext, group: ClassicGroup): void {
  const { groupId, generationId } = group;
  context.logger.info('group has a new generation', {
    groupId,
    generationId,
    members: group.members.size,
  });
  for (const member of group.members.values()) {
    const { memberId } = member;
    group.answerJoin(member, currentGenerationFor(group, memberId));
    scheduleHeartbeat(context, group, member);
    member.isNew = false;
    group.pendingSync.add(memberId);
  }
}

/** The JoinGroup response with the group's present generation; only the leader is told the members. */
export function currentGenerationFor(group: ClassicGroup, memberId: string): JoinGroupResponse {
  return joinGroupResponse.create({
    members: group.isLeader(memberId) ? group.membersForLeader() : [],
    memberId,
    generationId: group.generationId,
    protocolName: group.protocolName ?? null,
    protocolType: group.protocolType ?? null,
    leader: group.leaderId ?? '',
  });
}

/** Drops the members that have joined but not synced within the rebalance timeout. */
function scheduleSyncEnd(context: ClassicContext, group: ClassicGroup): void {
  const { groupId, generationId, rebalanceTimeoutMs } = group;
  context.timers.schedule(timerKeys.sync(groupId), rebalanceTimeoutMs, () => {
    const current = context.groups.get(groupId);
    if (current === undefined || current.generationId !== generationId) return NOTHING;
    if (current.state !== 'CompletingRebalance' && current.state !== 'Stable') return NOTHING;
    if (current.pendingSync.size === 0) return NOTHING;
    const late = [...current.pendingSync];
    for (const memberId of late) {
      current.remove(memberId);
      context.timers.cancel(timerKeys.heartbeat(groupId, memberId));
    }
    return prepareRebalance(context, current, `${late.join(', ')} did not sync in time`);
  });
}

/** Notes that the member has synced, or is gone; without anyone missing the timeout of syncs ends. */
export function removePendingSync(
  { timers }: ClassicContext,
  group: ClassicGroup,
  memberId: string,
): void {
  group.pendingSync.delete(memberId);
  if (group.pendingSync.size === 0) timers.cancel(timerKeys.sync(group.groupId));
}

/** Expects a heartbeat, or anything that counts as one, within `timeoutMs`. */
export function scheduleHeartbeat(
  context: ClassicContext,
  { groupId }: ClassicGroup,
  { memberId, sessionTimeoutMs }: Pick<ClassicMember, 'memberId' | 'sessionTimeoutMs'>,
  timeoutMs: number = sessionTimeoutMs,
): void {
  context.timers.schedule(timerKeys.heartbeat(groupId, memberId), timeoutMs, () =>
    expireHeartbeat(context, groupId, memberId),
  );
}

function expireHeartbeat(context: ClassicContext, groupId: string, memberId: string): GroupResult {
  const group = context.groups.get(groupId);
  if (group === undefined || group.state === 'Dead') return NOTHING;
  if (group.pendingJoin.has(memberId)) {
    group.remove(memberId);
    const isComplete = group.state === 'PreparingRebalance' && group.hasAllMembersJoined;
    return isComplete ? completeJoin(context, group) : NOTHING;
  }
  const member = group.members.get(memberId);
  if (member === undefined || isExcusedFromHeartbeat(member)) return NOTHING;
  context.logger.info('member has failed', { groupId, memberId });
  group.remove(memberId);
  if (group.state === 'Stable' || group.state === 'CompletingRebalance')
    return prepareRebalance(context, group, `${memberId} sent no heartbeat`);
  const isComplete = group.state === 'PreparingRebalance' && group.hasAllMembersJoined;
  return isComplete ? completeJoin(context, group) : NOTHING;
}

/** Gives every member its assignment and answers the SyncGroups that wait. */
export function propagateAssignment(
  context: ClassicContext,
  group: ClassicGroup,
  assignments: ReadonlyMap<string, Buffer>,
): void {
  for (const member of group.members.values())
    member.assignment = assignments.get(member.memberId) ?? EMPTY_ASSIGNMENT;
  answerSyncs(context, group, ErrorCode.NONE);
}

/** Takes all assignments away and answers the SyncGroups that wait with the error. */
export function failAssignment(
  context: ClassicContext,
  group: ClassicGroup,
  errorCode: number,
): void {
  for (const member of group.members.values()) member.assignment = EMPTY_ASSIGNMENT;
  answerSyncs(context, group, errorCode);
}

function answerSyncs(context: ClassicContext, group: ClassicGroup, errorCode: number): void {
  const isGood = errorCode === ErrorCode.NONE;
  for (const member of group.members.values()) {
    const response = syncGroupResponse.create({
      errorCode,
      protocolName: isGood ? (group.protocolName ?? null) : null,
      protocolType: isGood ? (group.protocolType ?? null) : null,
      assignment: member.assignment,
    });
    // A session that ran out while the SyncGroup waited was excused, and nothing expects a heartbeat since then.
    if (group.answerSync(member, response)) scheduleHeartbeat(context, group, member);
  }
}
