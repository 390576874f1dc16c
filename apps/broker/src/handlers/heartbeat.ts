// Heartbeat: a member lives. Kafka: KafkaApis.handleHeartbeatRequest.
import type { CreateApiHandler } from '../network/api-handler.ts';
import {
  type HeartbeatRequest,
  heartbeatRequest,
  type HeartbeatResponse,
  heartbeatResponse,
} from '@ottla/protocol/messages/heartbeat';
import { groupHandler, type GroupServices } from './group-handler.ts';

export const createHandler: CreateApiHandler<GroupServices, HeartbeatRequest, HeartbeatResponse> =
  groupHandler({
    request: heartbeatRequest,
    response: heartbeatResponse,
    answer: (groups, context, request) => groups.heartbeat(context, request),
    fail: (_request, errorCode) => heartbeatResponse.create({ errorCode }),
  });
