// CreatePartitions at the controller, forwarded by brokers or asked by tools.

import {
  createPartitionsRequest,
  createPartitionsResponse,
} from '@ottla/protocol/messages/create-partitions';
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from '@ottla/protocol/messages/create-partitions';
import { failedCreatePartitions } from '../../handlers/failed-admin-responses.ts';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';
import { operation } from '../operation-handler.ts';

/** The controller decides. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  CreatePartitionsRequest,
  CreatePartitionsResponse
> = operation(
  'createPartitions',
  createPartitionsRequest,
  createPartitionsResponse,
  failedCreatePartitions,
);
