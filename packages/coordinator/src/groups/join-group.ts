// JoinGroup: who may join, under which id, and whether that starts a rebalance. KIP-394 (member ids), KIP-345 (static members),
// KIP-814 (skip assignment). Kafka: GroupMetadataManager.classicGroupJoin….

import { ErrorCode, type ErrorName } from '@ottla/protocol';
import {
  type JoinGroupRequest,
  type JoinGroupResponse,
  joinGroupResponse,
} from '@ottla/protocol/messages/join-group';
import { CoordinatorError, toClientError } from '../runtime/coordinator-error.ts';
import { type ClassicContext, groupOrNew, type GroupResult, NOTHING } from './classic-context.ts';
import type { ClassicGroup } from './classic-group.ts';
import {
  type ClassicMember,
  copyProtocols,
  EMPTY_ASSIGNMENT,
  offersSame,
  type Reply,
} from './classic-member.ts';
import { emptyRecordOf, recordOf } from './group-metadata.ts';
import {
  completeJoinIfAllJoined,
  currentGenerationFor,
  prepareRebalance,
  rebalanceOrCompleteJoin,
  scheduleHeartbeat,
} from './rebalance.ts';
import type { RequestContext } from './request-context.ts';

/** A new member's JoinGroup is given up after this time: its client cannot send heartbeats, and would ask again. */
export const NEW_MEMBER_JOIN_TIMEOUT_MS: number = 5 * 60 * 1000;

const MEMBER_ID_REQUIRED_VERSION_MIN = 4;
const SKIP_ASSIGNMENT_VERSION_MIN = 9;

/** One JoinGroup on its way through the steps. */
interface Join {
  readonly client: RequestContext;
  readonly request: JoinGroupRequest;
  readonly reply: Reply<JoinGroupResponse>;
}

/** Handles JoinGroup; `reply` is called now, or when the rebalance is over. */
export function joinGroup(
  context: ClassicContext,
  client: RequestContext,
  request: JoinGroupRequest,
  reply: Reply<JoinGroupResponse>,
): GroupResult {
  const { groupId, memberId } = request;
  const isNewGroup = !context.groups.has(groupId);
  if (isNewGroup && memberId !== '') return refuse(reply, memberId, 'UNKNOWN_MEMBER_ID');
  const group = groupOrNew(context, groupId);
  let isAnswered = false;
  const answer: typeof reply = (response) => {
    isAnswered = true;
    reply(response);
  };
  const result = joinExistingGroup(context, group, { client, request, reply: answer });
  if (!isNewGroup || result.records.length > 0) return result;
  return {
    records: [emptyRecordOf(group)],
    response: undefined,
    replay: false,
    whenSettled: (error) => {
      if (error === undefined) return;
      // The runtime has taken the new group out again, unless only the time for waiting was over.
      const failed = joinGroupResponse.create({ errorCode: ErrorCode[toClientError(error.code)] });
      for (const member of group.members.values())
        if (member.awaitingJoin === answer) group.answerJoin(member, failed);
      if (!isAnswered) reply(failed);
    },
  };
}

function refuse(reply: Reply<JoinGroupResponse>, memberId: string, code: ErrorName): GroupResult {
  reply(joinGroupResponse.create({ memberId, errorCode: ErrorCode[code] }));
  return NOTHING;
}

function joinExistingGroup(context: ClassicContext, group: ClassicGroup, join: Join): GroupResult {
  const { request, reply } = join;
  const { memberId, protocolType, protocols } = request;
  if (!hasRoomFor(context, group, memberId)) {
    group.remove(memberId);
    return refuse(reply, '', 'GROUP_MAX_SIZE_REACHED');
  }
  if (group.state === 'Dead') return refuse(reply, memberId, 'COORDINATOR_NOT_AVAILABLE');
  if (!group.supports(protocolType, protocols))
    return refuse(reply, memberId, 'INCONSISTENT_GROUP_PROTOCOL');
  if (memberId === '') return joinAsNew(context, group, join);
  if (group.pendingJoin.has(memberId)) {
    if (request.groupInstanceId !== null)
      throw new CoordinatorError('UNKNOWN_SERVER_ERROR', 'a pending member cannot be static');
    return addMember(context, group, join, memberId);
  }
  return joinAgain(context, group, join);
}

/** Whether `group.max.size` lets the member in. While members gather, those that have come count; later, all do. */
function hasRoomFor({ config }: ClassicContext, group: ClassicGroup, memberId: string): boolean {
  const member = group.members.get(memberId);
  switch (group.state) {
    case 'Empty':
    case 'Dead':
      return true;
    case 'PreparingRebalance':
      // Counting those that wait also turns away the last ones of a group that was larger when the limit was lowered.
      return member?.awaitingJoin !== undefined || group.awaitingJoinCount < config.groupSizeMax;
    case 'CompletingRebalance':
    case 'Stable':
      return member !== undefined || group.members.size < config.groupSizeMax;
  }
}

function joinAsNew(context: ClassicContext, group: ClassicGroup, join: Join): GroupResult {
  const { client, request, reply } = join;
  const { groupInstanceId } = request;
  const memberId = context.newMemberId(groupInstanceId ?? client.clientId);
  if (groupInstanceId !== null) {
    const replaced = group.staticMemberId(groupInstanceId);
    return replaced === undefined
      ? addMember(context, group, join, memberId)
      : replaceMember(context, group, join, groupInstanceId, replaced, memberId);
  }
  if (client.apiVersion < MEMBER_ID_REQUIRED_VERSION_MIN)
    return addMember(context, group, join, memberId);
  // The client must come again with this id: one that lost the answer would otherwise leave a member behind.
  group.pendingJoin.add(memberId);
  scheduleHeartbeat(context, group, { memberId, sessionTimeoutMs: request.sessionTimeoutMs });
  return refuse(reply, memberId, 'MEMBER_ID_REQUIRED');
}

function addMember(
  context: ClassicContext,
  group: ClassicGroup,
  { client, request, reply }: Join,
  memberId: string,
): GroupResult {
  const member: ClassicMember = {
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: client.clientId,
    clientHost: client.clientHost,
    protocolType: request.protocolType,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocols: copyProtocols(request.protocols),
    assignment: EMPTY_ASSIGNMENT,
    awaitingJoin: reply,
    awaitingSync: undefined,
    isNew: true,
  };
  if (group.state === 'PreparingRebalance' && group.previousState === 'Empty')
    group.newMemberAdded = true;
  group.add(member);
  scheduleHeartbeat(context, group, member, NEW_MEMBER_JOIN_TIMEOUT_MS);
  return rebalanceOrCompleteJoin(context, group, reasonOf(request, `${memberId} joins`));
}

function joinAgain(context: ClassicContext, group: ClassicGroup, join: Join): GroupResult {
  const { request, reply } = join;
  const { memberId } = request;
  let member: ClassicMember;
  try {
    member = group.validateMember(memberId, request.groupInstanceId);
  } catch (error) {
    if (!(error instanceof CoordinatorError)) throw error;
    const { errorCode } = error;
    reply(
      joinGroupResponse.create({ memberId, errorCode, protocolType: null, protocolName: null }),
    );
    return NOTHING;
  }
  const update = (reason: string): GroupResult => {
    group.update(member, request, reply);
    return rebalanceOrCompleteJoin(context, group, reasonOf(request, `${memberId} ${reason}`));
  };
  switch (group.state) {
    case 'PreparingRebalance':
      return update('joins again');
    case 'CompletingRebalance':
      if (!offersSame(member, request.protocols)) return update('changes its metadata');
      break;
    case 'Stable':
      // A leader joins again when something changed that only it can see, such as the partitions of a topic.
      if (group.isLeader(memberId)) return update('leads and joins again');
      if (!offersSame(member, request.protocols)) return update('changes its metadata');
      break;
    default:
      return refuse(reply, memberId, 'UNKNOWN_MEMBER_ID');
  }
  // Nothing new: the answer to its last JoinGroup was probably lost.
  reply(currentGenerationFor(group, memberId));
  return NOTHING;
}

/** A static member came back without its member id: it takes its old place, without a rebalance where nothing else changes. */
function replaceMember(
  context: ClassicContext,
  group: ClassicGroup,
  join: Join,
  groupInstanceId: string,
  oldMemberId: string,
  newMemberId: string,
): GroupResult {
  const { request, reply } = join;
  const { leaderId } = group;
  const member = group.replaceStaticMember(groupInstanceId, oldMemberId, newMemberId);
  scheduleHeartbeat(context, group, member);
  const before = { ...member };
  group.update(member, request, reply);
  const reason = reasonOf(request, `${groupInstanceId} is back as ${newMemberId}`);
  switch (group.state) {
    case 'Stable':
      if (group.selectProtocol() !== group.protocolName)
        return rebalanceOrCompleteJoin(context, group, reason);
      break;
    case 'CompletingRebalance':
      // The leader may be assigning to the old id at this moment.
      return prepareRebalance(context, group, reason);
    case 'PreparingRebalance':
      return completeJoinIfAllJoined(context, group);
    default:
      throw new RangeError(`a static member in ${group.state} group ${group.groupId}`);
  }
  const assignments = new Map([...group.members].map(([id, { assignment }]) => [id, assignment]));
  return {
    records: [recordOf(group, assignments)],
    response: undefined,
    replay: false,
    whenSettled: (error) => {
      if (error === undefined) {
        group.answerJoin(member, replacedResponse(join, group, newMemberId, leaderId));
        return;
      }
      const errorCode = ErrorCode[toClientError(error.code)];
      const failed = { ...currentGenerationFor(group, ''), members: [], leader: leaderId ?? '' };
      group.answerJoin(member, { ...failed, errorCode });
      // A later JoinGroup of the same instance may have replaced this one meanwhile; then there is nothing to take back.
      if (group.staticMemberId(groupInstanceId) === newMemberId) {
        group.update(member, before, undefined);
        const old = group.replaceStaticMember(groupInstanceId, newMemberId, oldMemberId);
        scheduleHeartbeat(context, group, old);
      }
    },
  };
}

function replacedResponse(
  { client }: Join,
  group: ClassicGroup,
  memberId: string,
  leaderBefore: string | undefined,
): JoinGroupResponse {
  const response = currentGenerationFor(group, memberId);
  if (client.apiVersion >= SKIP_ASSIGNMENT_VERSION_MIN)
    return { ...response, skipAssignment: group.isLeader(memberId) };
  // An older client must not compute an assignment, so it is not told that it leads.
  return { ...response, members: [], leader: leaderBefore ?? '' };
}

function reasonOf({ reason }: JoinGroupRequest, what: string): string {
  return reason === null || reason === '' ? what : `${what}: ${reason}`;
}
