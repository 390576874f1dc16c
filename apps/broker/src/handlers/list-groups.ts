// ListGroups: the groups that this broker coordinates. Kafka: KafkaApis.handleListGroupsRequest.
import type { CreateApiHandler } from '../network/api-handler.ts';
import {
  type ListGroupsRequest,
  listGroupsRequest,
  type ListGroupsResponse,
  listGroupsResponse,
} from '@ottla/protocol/messages/list-groups';
import { groupHandler, type GroupServices } from './group-handler.ts';

export const createHandler: CreateApiHandler<GroupServices, ListGroupsRequest, ListGroupsResponse> =
  groupHandler({
    request: listGroupsRequest,
    response: listGroupsResponse,
    answer: (groups, context, request) => groups.listGroups(context, request),
    fail: (_request, errorCode) => listGroupsResponse.create({ errorCode }),
  });
