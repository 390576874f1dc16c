// SyncGroup: a member asks for its part, the leader brings everybody's. Kafka: KafkaApis.handleSyncGroupRequest.
import type { CreateApiHandler } from '../network/api-handler.ts';
import {
  type SyncGroupRequest,
  syncGroupRequest,
  type SyncGroupResponse,
  syncGroupResponse,
} from '@ottla/protocol/messages/sync-group';
import { groupHandler, type GroupServices } from './group-handler.ts';

export const createHandler: CreateApiHandler<GroupServices, SyncGroupRequest, SyncGroupResponse> =
  groupHandler({
    request: syncGroupRequest,
    response: syncGroupResponse,
    answer: (groups, context, request) => groups.syncGroup(context, request),
    fail: (_request, errorCode) => syncGroupResponse.create({ errorCode }),
  });
