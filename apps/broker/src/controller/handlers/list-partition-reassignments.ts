// ListPartitionReassignments at the controller: which replicas are on the move (KIP-455).

import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/list-partition-reassignments';
import type {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/list-partition-reassignments';
import { failedListReassignments } from '../../handlers/failed-cluster-responses.ts';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';
import { operation } from '../operation-handler.ts';

/** The controller decides. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse
> = operation(
  'listPartitionReassignments',
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
  failedListReassignments,
);
