// DescribeQuorum (KIP-595) on a broker: the controller answers.

import {
  describeQuorumRequest,
  describeQuorumResponse,
} from '@ottla/protocol/messages/describe-quorum';
import type {
  DescribeQuorumRequest,
  DescribeQuorumResponse,
} from '@ottla/protocol/messages/describe-quorum';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { failedDescribeQuorum } from './failed-admin-responses.ts';
import { forwarded } from './forwarded-handler.ts';

/** Forwards. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  DescribeQuorumRequest,
  DescribeQuorumResponse
> = forwarded(describeQuorumRequest, describeQuorumResponse, failedDescribeQuorum);
