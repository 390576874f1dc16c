// BrokerRegistration (KIP-631): a broker's process introduces itself and gets its epoch.

import {
  brokerRegistrationRequest,
  brokerRegistrationResponse,
} from '@ottla/protocol/messages/broker-registration';
import type {
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
} from '@ottla/protocol/messages/broker-registration';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';
import { operation } from '../operation-handler.ts';

/** The controller decides. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  BrokerRegistrationRequest,
  BrokerRegistrationResponse
> = operation(
  'registerBroker',
  brokerRegistrationRequest,
  brokerRegistrationResponse,
  (_request, _version, errorCode) => brokerRegistrationResponse.create({ errorCode }),
);
