// Heartbeat. Kafka: GroupMetadataManager.classicGroupHeartbeat….

import { ErrorCode } from '@ottla/protocol';
import {
  type HeartbeatRequest,
  type HeartbeatResponse,
  heartbeatResponse,
} from '@ottla/protocol/messages/heartbeat';
import { CoordinatorError } from '../runtime/coordinator-error.ts';
import type { ClassicContext } from './classic-context.ts';
import { scheduleHeartbeat } from './rebalance.ts';

/**
 * Handles Heartbeat: keeps the member's session alive and tells it to join again during a rebalance.
 *
 * @throws CoordinatorError `UNKNOWN_MEMBER_ID`, `FENCED_INSTANCE_ID`, `ILLEGAL_GENERATION`, `COORDINATOR_NOT_AVAILABLE`
 */
export function heartbeat(context: ClassicContext, request: HeartbeatRequest): HeartbeatResponse {
  const group = context.groups.get(request.groupId);
  if (group === undefined) throw new CoordinatorError('UNKNOWN_MEMBER_ID');
  if (group.state === 'Dead') throw new CoordinatorError('COORDINATOR_NOT_AVAILABLE');
  const member = group.validateMember(request.memberId, request.groupInstanceId);
  if (request.generationId !== group.generationId) throw new CoordinatorError('ILLEGAL_GENERATION');
  scheduleHeartbeat(context, group, member);
  const isRebalancing = group.state === 'PreparingRebalance';
  return heartbeatResponse.create({
    errorCode: isRebalancing ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE,
  });
}
