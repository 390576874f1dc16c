// ListPartitionReassignments on a broker: the controller knows.

import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/list-partition-reassignments';
import type {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/list-partition-reassignments';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { failedListReassignments } from './failed-cluster-responses.ts';
import { forwarded } from './forwarded-handler.ts';

/** Forwards. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse
> = forwarded(
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
  failedListReassignments,
);
