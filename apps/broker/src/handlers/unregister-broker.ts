// UnregisterBroker on a broker: the controller decides.

import {
  unregisterBrokerRequest,
  unregisterBrokerResponse,
} from '@ottla/protocol/messages/unregister-broker';
import type {
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
} from '@ottla/protocol/messages/unregister-broker';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { failedUnregisterBroker } from './failed-cluster-responses.ts';
import { forwarded } from './forwarded-handler.ts';

/** Forwards. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  UnregisterBrokerRequest,
  UnregisterBrokerResponse
> = forwarded(unregisterBrokerRequest, unregisterBrokerResponse, failedUnregisterBroker);
