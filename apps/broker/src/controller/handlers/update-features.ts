// UpdateFeatures at the controller: finalized levels go up or down (KIP-584).

import {
  updateFeaturesRequest,
  updateFeaturesResponse,
} from '@ottla/protocol/messages/update-features';
import type {
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from '@ottla/protocol/messages/update-features';
import { failedUpdateFeatures } from '../../handlers/failed-cluster-responses.ts';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';
import { operation } from '../operation-handler.ts';

/** The controller decides. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  UpdateFeaturesRequest,
  UpdateFeaturesResponse
> = operation(
  'updateFeatures',
  updateFeaturesRequest,
  updateFeaturesResponse,
  failedUpdateFeatures,
);
