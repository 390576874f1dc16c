// SyncGroup: the leader hands in the assignment, everyone waits for it, and gets it when its record is committed.
// Kafka: GroupMetadataManager.classicGroupSync….

import { ErrorCode, type ErrorName } from '@ottla/protocol';
import {
  type SyncGroupRequest,
  type SyncGroupResponse,
  syncGroupResponse,
} from '@ottla/protocol/messages/sync-group';
import { CoordinatorError, toClientError } from '../runtime/coordinator-error.ts';
import { type ClassicContext, type GroupResult, NOTHING } from './classic-context.ts';
import type { ClassicGroup } from './classic-group.ts';
import { EMPTY_ASSIGNMENT, type Reply } from './classic-member.ts';
import { recordOf } from './group-metadata.ts';
import {
  failAssignment,
  propagateAssignment,
  rebalanceOrCompleteJoin,
  removePendingSync,
} from './rebalance.ts';

/** Handles SyncGroup; `reply` is called now, or when the leader's assignment is committed. */
export function syncGroup(
  context: ClassicContext,
  request: SyncGroupRequest,
  reply: Reply<SyncGroupResponse>,
): GroupResult {
  const group = context.groups.get(request.groupId);
  if (group === undefined || group.state === 'Empty') return refuse(reply, 'UNKNOWN_MEMBER_ID');
  const { memberId } = request;
  let member;
  try {
    member = validated(group, request);
  } catch (error) {
    if (error instanceof CoordinatorError) return refuse(reply, error.code);
    throw error;
  }
  switch (group.state) {
    case 'PreparingRebalance':
      return refuse(reply, 'REBALANCE_IN_PROGRESS');
    case 'CompletingRebalance':
      group.awaitSync(member, reply);
      removePendingSync(context, group, memberId);
      return group.isLeader(memberId) ? writeAssignment(context, group, request) : NOTHING;
    case 'Stable':
      removePendingSync(context, group, memberId);
      reply(
        syncGroupResponse.create({
          protocolType: group.protocolType ?? null,
          protocolName: group.protocolName ?? null,
          assignment: member.assignment,
        }),
      );
      return NOTHING;
    case 'Dead':
      return refuse(reply, 'COORDINATOR_NOT_AVAILABLE');
  }
}

function refuse(reply: Reply<SyncGroupResponse>, code: ErrorName): GroupResult {
  reply(syncGroupResponse.create({ errorCode: ErrorCode[code] }));
  return NOTHING;
}

function validated(
  group: ClassicGroup,
  request: SyncGroupRequest,
): ReturnType<ClassicGroup['validateMember']> {
  if (group.state === 'Dead') throw new CoordinatorError('COORDINATOR_NOT_AVAILABLE');
  const member = group.validateMember(request.memberId, request.groupInstanceId);
  if (request.generationId !== group.generationId) throw new CoordinatorError('ILLEGAL_GENERATION');
  const isOther = (asked: string | null, own: string | undefined): boolean =>
    asked !== null && own !== undefined && asked !== own;
  if (
    isOther(request.protocolType, group.protocolType) ||
    isOther(request.protocolName, group.protocolName)
  )
    throw new CoordinatorError('INCONSISTENT_GROUP_PROTOCOL');
  return member;
}

function writeAssignment(
  context: ClassicContext,
  group: ClassicGroup,
  request: SyncGroupRequest,
): GroupResult {
  const { groupId, generationId } = request;
  const assignments = new Map<string, Buffer>();
  for (const memberId of group.members.keys()) assignments.set(memberId, EMPTY_ASSIGNMENT);
  // The request's bytes are not ours to keep. Whoever is not a member is left out.
  for (const { memberId, assignment } of request.assignments)
    if (assignments.has(memberId)) assignments.set(memberId, Buffer.from(assignment));
  return {
    records: [recordOf(group, assignments)],
    response: undefined,
    replay: false,
    whenSettled: (error) => {
      // Someone may have joined while the record was on its way; then there is another rebalance and this one is void.
      if (group.state !== 'CompletingRebalance' || group.generationId !== generationId) return;
      if (error === undefined) {
        propagateAssignment(context, group, assignments);
        group.transitionTo('Stable', context.now());
        return;
      }
      const code = toClientError(error.code);
      failAssignment(context, group, ErrorCode[code]);
      context.logger.warn('assignment was not written', { groupId, generationId, error });
      // Has no records of its own: the members are there, and must join again first.
      rebalanceOrCompleteJoin(context, group, `${code} when storing the assignment`);
    },
  };
}
