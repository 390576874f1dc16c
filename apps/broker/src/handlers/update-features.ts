// UpdateFeatures on a broker: the controller decides.

import {
  updateFeaturesRequest,
  updateFeaturesResponse,
} from '@ottla/protocol/messages/update-features';
import type {
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from '@ottla/protocol/messages/update-features';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { failedUpdateFeatures } from './failed-cluster-responses.ts';
import { forwarded } from './forwarded-handler.ts';

/** Forwards. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  UpdateFeaturesRequest,
  UpdateFeaturesResponse
> = forwarded(updateFeaturesRequest, updateFeaturesResponse, failedUpdateFeatures);
