// LeaveGroup: members go at once instead of after their session timeout, one by one or several named by an administrator (KIP-345).
// Kafka: GroupMetadataManager.classicGroupLeave….

import { ErrorCode } from '@ottla/protocol';
import {
  type LeaveGroupRequest,
  type LeaveGroupResponse,
  leaveGroupResponse,
} from '@ottla/protocol/messages/leave-group';
import { CoordinatorError } from '../runtime/coordinator-error.ts';
import type { CoordinatorResult } from '../runtime/coordinator-shard.ts';
import { type ClassicContext, type GroupResult, NOTHING, timerKeys } from './classic-context.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { GroupRecord } from './group-records.ts';
import { completeJoinIfAllJoined, rebalanceOrCompleteJoin } from './rebalance.ts';

type LeavingMember = LeaveGroupRequest['members'][number];

/**
 * Handles LeaveGroup in the form of version 3 and later, with `members`.
 *
 * @throws CoordinatorError `UNKNOWN_MEMBER_ID` when there is no such group
 */
export function leaveGroup(
  context: ClassicContext,
  request: LeaveGroupRequest,
): CoordinatorResult<GroupRecord, LeaveGroupResponse> {
  const group = context.groups.get(request.groupId);
  if (group === undefined) throw new CoordinatorError('UNKNOWN_MEMBER_ID');
  if (group.state === 'Dead')
    return respond(NOTHING, { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE });
  const members = request.members.map((leaving) => ({
    memberId: leaving.memberId,
    groupInstanceId: leaving.groupInstanceId,
    errorCode: leave(context, group, leaving),
  }));
  const left = members.filter(({ errorCode }) => errorCode === ErrorCode.NONE);
  if (left.length === 0) return respond(NOTHING, { members });
  const reason = `${left.map(({ memberId }) => memberId).join(', ')} left`;
  return respond(afterLeaving(context, group, reason), { members });
}

function respond(
  result: GroupResult,
  response: Partial<LeaveGroupResponse>,
): CoordinatorResult<GroupRecord, LeaveGroupResponse> {
  return { ...result, response: leaveGroupResponse.create(response) };
}

function leave(
  context: ClassicContext,
  group: ClassicGroup,
  { memberId, groupInstanceId, reason }: LeavingMember,
): number {
  const { groupId } = group;
  let leavingId: string | undefined = memberId;
  // An administrator names static members by instance id only.
  if (memberId === '')
    leavingId = groupInstanceId === null ? undefined : group.staticMemberId(groupInstanceId);
  if (leavingId === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  if (!group.pendingJoin.has(leavingId)) {
    try {
      group.validateMember(leavingId, groupInstanceId);
    } catch (error) {
      if (error instanceof CoordinatorError) return error.errorCode;
      throw error;
    }
  }
  group.remove(leavingId);
  context.timers.cancel(timerKeys.heartbeat(groupId, leavingId));
  context.logger.info('member left', { groupId, memberId: leavingId, reason });
  return ErrorCode.NONE;
}

function afterLeaving(context: ClassicContext, group: ClassicGroup, reason: string): GroupResult {
  switch (group.state) {
    case 'Stable':
    case 'CompletingRebalance':
      return rebalanceOrCompleteJoin(context, group, reason);
    case 'PreparingRebalance':
      return completeJoinIfAllJoined(context, group);
    default:
      return NOTHING;
  }
}
