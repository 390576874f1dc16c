// DescribeGroups: states and members. Kafka: KafkaApis.handleDescribeGroupsRequest.
import type { CreateApiHandler } from '../network/api-handler.ts';
import {
  type DescribeGroupsRequest,
  describeGroupsRequest,
  type DescribeGroupsResponse,
  describeGroupsResponse,
} from '@ottla/protocol/messages/describe-groups';
import { groupHandler, type GroupServices } from './group-handler.ts';

/** Kafka's value for "was not asked for". */
const OPERATIONS_NOT_ASKED = -(2 ** 31);
/** READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS and ALTER_CONFIGS: everything, as there is no authorizer. */
const ALL_GROUP_OPERATIONS = (1 << 3) | (1 << 6) | (1 << 8) | (1 << 10) | (1 << 11);

export const createHandler: CreateApiHandler<
  GroupServices,
  DescribeGroupsRequest,
  DescribeGroupsResponse
> = groupHandler({
  request: describeGroupsRequest,
  response: describeGroupsResponse,
  answer: async (groups, context, request) => {
    const { includeAuthorizedOperations } = request;
    const response = await groups.describeGroups(context, request);
    if (includeAuthorizedOperations)
      for (const group of response.groups)
        if (group.errorCode === 0) group.authorizedOperations = ALL_GROUP_OPERATIONS;
    return response;
  },
  fail: ({ groups }, errorCode) =>
    describeGroupsResponse.create({
      groups: groups.map((groupId) => ({
        errorCode,
        errorMessage: null,
        groupId,
        groupState: '',
        protocolType: '',
        protocolData: '',
        members: [],
        authorizedOperations: OPERATIONS_NOT_ASKED,
      })),
    }),
});
