// IncrementalAlterConfigs at the controller, checked by the broker that forwarded it.

import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '@ottla/protocol/messages/incremental-alter-configs';
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '@ottla/protocol/messages/incremental-alter-configs';
import { failedIncrementalAlterConfigs } from '../../handlers/failed-admin-responses.ts';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';
import { operation } from '../operation-handler.ts';

/** The controller decides. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse
> = operation(
  'incrementalAlterConfigs',
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
  failedIncrementalAlterConfigs,
);
