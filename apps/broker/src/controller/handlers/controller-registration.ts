// ControllerRegistration (KIP-919): a controller says where it is reached.

import {
  controllerRegistrationRequest,
  controllerRegistrationResponse,
} from '@ottla/protocol/messages/controller-registration';
import type {
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
} from '@ottla/protocol/messages/controller-registration';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';
import { operation } from '../operation-handler.ts';

/** The controller decides. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  ControllerRegistrationRequest,
  ControllerRegistrationResponse
> = operation(
  'registerController',
  controllerRegistrationRequest,
  controllerRegistrationResponse,
  (_request, _version, errorCode, errorMessage) =>
    controllerRegistrationResponse.create({ errorCode, errorMessage }),
);
