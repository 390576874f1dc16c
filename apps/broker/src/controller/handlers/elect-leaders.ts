// ElectLeaders at the controller: preferred and unclean elections by hand (KIP-460).

import { electLeadersRequest, electLeadersResponse } from '@ottla/protocol/messages/elect-leaders';
import type {
  ElectLeadersRequest,
  ElectLeadersResponse,
} from '@ottla/protocol/messages/elect-leaders';
import { failedElectLeaders } from '../../handlers/failed-cluster-responses.ts';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';
import { operation } from '../operation-handler.ts';

/** The controller decides. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  ElectLeadersRequest,
  ElectLeadersResponse
> = operation('electLeaders', electLeadersRequest, electLeadersResponse, failedElectLeaders);
