// JoinGroup: a member joins; the answer waits for the others. Kafka: KafkaApis.handleJoinGroupRequest.
import type { CreateApiHandler } from '../network/api-handler.ts';
import {
  type JoinGroupRequest,
  joinGroupRequest,
  type JoinGroupResponse,
  joinGroupResponse,
} from '@ottla/protocol/messages/join-group';
import { groupHandler, type GroupServices } from './group-handler.ts';

export const createHandler: CreateApiHandler<GroupServices, JoinGroupRequest, JoinGroupResponse> =
  groupHandler({
    request: joinGroupRequest,
    response: joinGroupResponse,
    answer: (groups, context, request) => groups.joinGroup(context, request),
    fail: ({ memberId }, errorCode) => joinGroupResponse.create({ memberId, errorCode }),
  });
