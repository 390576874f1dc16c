// DeleteGroups: empty groups with their offsets. Kafka: KafkaApis.handleDeleteGroupsRequest.
import type { CreateApiHandler } from '../network/api-handler.ts';
import {
  type DeleteGroupsRequest,
  deleteGroupsRequest,
  type DeleteGroupsResponse,
  deleteGroupsResponse,
} from '@ottla/protocol/messages/delete-groups';
import { groupHandler, type GroupServices } from './group-handler.ts';

export const createHandler: CreateApiHandler<
  GroupServices,
  DeleteGroupsRequest,
  DeleteGroupsResponse
> = groupHandler({
  request: deleteGroupsRequest,
  response: deleteGroupsResponse,
  answer: (groups, context, request) => groups.deleteGroups(context, request),
  fail: ({ groupsNames }, errorCode) =>
    deleteGroupsResponse.create({
      results: groupsNames.map((groupId) => ({ groupId, errorCode })),
    }),
});
