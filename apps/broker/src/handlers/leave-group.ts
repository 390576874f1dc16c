// LeaveGroup: members leave. Kafka: KafkaApis.handleLeaveGroupRequest.
import type { CreateApiHandler } from '../network/api-handler.ts';
import {
  type LeaveGroupRequest,
  leaveGroupRequest,
  type LeaveGroupResponse,
  leaveGroupResponse,
} from '@ottla/protocol/messages/leave-group';
import { groupHandler, type GroupServices } from './group-handler.ts';

export const createHandler: CreateApiHandler<GroupServices, LeaveGroupRequest, LeaveGroupResponse> =
  groupHandler({
    request: leaveGroupRequest,
    response: leaveGroupResponse,
    answer: (groups, context, request) => groups.leaveGroup(context, request),
    fail: (_request, errorCode) => leaveGroupResponse.create({ errorCode }),
  });
