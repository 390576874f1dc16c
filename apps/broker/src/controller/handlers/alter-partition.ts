// AlterPartition (KIP-497): a leader asks the controller for another ISR.

import {
  alterPartitionRequest,
  alterPartitionResponse,
} from '@ottla/protocol/messages/alter-partition';
import type {
  AlterPartitionRequest,
  AlterPartitionResponse,
} from '@ottla/protocol/messages/alter-partition';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';
import { operation } from '../operation-handler.ts';

/** The controller decides. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  AlterPartitionRequest,
  AlterPartitionResponse
> = operation(
  'alterPartition',
  alterPartitionRequest,
  alterPartitionResponse,
  (_request, _version, errorCode) => alterPartitionResponse.create({ errorCode }),
);
