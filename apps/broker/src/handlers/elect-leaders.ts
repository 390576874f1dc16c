// ElectLeaders on a broker: the controller elects.

import { electLeadersRequest, electLeadersResponse } from '@ottla/protocol/messages/elect-leaders';
import type {
  ElectLeadersRequest,
  ElectLeadersResponse,
} from '@ottla/protocol/messages/elect-leaders';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { failedElectLeaders } from './failed-cluster-responses.ts';
import { forwarded } from './forwarded-handler.ts';

/** Forwards. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  ElectLeadersRequest,
  ElectLeadersResponse
> = forwarded(electLeadersRequest, electLeadersResponse, failedElectLeaders);
