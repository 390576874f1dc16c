// UnregisterBroker at the controller: a broker that will not come back leaves the cluster.

import {
  unregisterBrokerRequest,
  unregisterBrokerResponse,
} from '@ottla/protocol/messages/unregister-broker';
import type {
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
} from '@ottla/protocol/messages/unregister-broker';
import { failedUnregisterBroker } from '../../handlers/failed-cluster-responses.ts';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';
import { operation } from '../operation-handler.ts';

/** The controller decides. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  UnregisterBrokerRequest,
  UnregisterBrokerResponse
> = operation(
  'unregisterBroker',
  unregisterBrokerRequest,
  unregisterBrokerResponse,
  failedUnregisterBroker,
);
