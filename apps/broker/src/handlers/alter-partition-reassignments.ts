// AlterPartitionReassignments on a broker: the controller decides.

import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/alter-partition-reassignments';
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/alter-partition-reassignments';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { failedAlterReassignments } from './failed-cluster-responses.ts';
import { forwarded } from './forwarded-handler.ts';

/** Forwards. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse
> = forwarded(
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
  failedAlterReassignments,
);
