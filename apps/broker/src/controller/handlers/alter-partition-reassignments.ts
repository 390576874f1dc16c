// AlterPartitionReassignments at the controller: replicas move to other brokers, or stop doing so (KIP-455).

import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/alter-partition-reassignments';
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/alter-partition-reassignments';
import { failedAlterReassignments } from '../../handlers/failed-cluster-responses.ts';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';
import { operation } from '../operation-handler.ts';

/** The controller decides. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse
> = operation(
  'alterPartitionReassignments',
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
  failedAlterReassignments,
);
