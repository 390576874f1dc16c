// BrokerHeartbeat (KIP-631): a broker lives, wants to serve, or wants to stop.

import {
  brokerHeartbeatRequest,
  brokerHeartbeatResponse,
} from '@ottla/protocol/messages/broker-heartbeat';
import type {
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponse,
} from '@ottla/protocol/messages/broker-heartbeat';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';
import { operation } from '../operation-handler.ts';

/** The controller decides. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponse
> = operation(
  'brokerHeartbeat',
  brokerHeartbeatRequest,
  brokerHeartbeatResponse,
  (_request, _version, errorCode) => brokerHeartbeatResponse.create({ errorCode }),
);
