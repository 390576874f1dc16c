// AlterConfigs at the controller, checked by the broker that forwarded it.

import { alterConfigsRequest, alterConfigsResponse } from '@ottla/protocol/messages/alter-configs';
import type {
  AlterConfigsRequest,
  AlterConfigsResponse,
} from '@ottla/protocol/messages/alter-configs';
import { failedAlterConfigs } from '../../handlers/failed-admin-responses.ts';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';
import { operation } from '../operation-handler.ts';

/** The controller decides. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  AlterConfigsRequest,
  AlterConfigsResponse
> = operation('alterConfigs', alterConfigsRequest, alterConfigsResponse, failedAlterConfigs);
