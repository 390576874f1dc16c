// DescribeQuorum (KIP-595): leader, voters and observers of the metadata quorum.

import {
  describeQuorumRequest,
  describeQuorumResponse,
} from '@ottla/protocol/messages/describe-quorum';
import type {
  DescribeQuorumRequest,
  DescribeQuorumResponse,
} from '@ottla/protocol/messages/describe-quorum';
import { failedDescribeQuorum } from '../../handlers/failed-admin-responses.ts';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';

/** The raft layer answers. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  DescribeQuorumRequest,
  DescribeQuorumResponse
> = ({ quorum }) => ({
  request: describeQuorumRequest,
  response: describeQuorumResponse,
  handle: (_context, request) => quorum.describeQuorum(request),
  errorResponse: failedDescribeQuorum,
});
