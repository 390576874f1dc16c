// AllocateProducerIds (KIP-730): a block of ids for a broker to give to producers.

import {
  allocateProducerIdsRequest,
  allocateProducerIdsResponse,
} from '@ottla/protocol/messages/allocate-producer-ids';
import type {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
} from '@ottla/protocol/messages/allocate-producer-ids';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';
import { operation } from '../operation-handler.ts';

/** The controller decides. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse
> = operation(
  'allocateProducerIds',
  allocateProducerIdsRequest,
  allocateProducerIdsResponse,
  (_request, _version, errorCode) => allocateProducerIdsResponse.create({ errorCode }),
);
