// AlterConfigs: replaces all values of a resource. Checked here, decided by the controller.

import { alterConfigsRequest, alterConfigsResponse } from '@ottla/protocol/messages/alter-configs';
import type {
  AlterConfigsRequest,
  AlterConfigsResponse,
} from '@ottla/protocol/messages/alter-configs';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { changeConfigs } from './config-changes.ts';
import { failedAlterConfigs } from './failed-admin-responses.ts';

/** Checks and forwards. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  AlterConfigsRequest,
  AlterConfigsResponse
> = (services) => ({
  request: alterConfigsRequest,
  response: alterConfigsResponse,
  handle: async (context, request) => {
    const responses = await changeConfigs(services, request, async (resources) => {
      const body = { ...request, resources };
      const { controller } = services;
      return (await controller.forward(context, alterConfigsRequest, alterConfigsResponse, body))
        .responses;
    });
    return alterConfigsResponse.create({ responses });
  },
  errorResponse: failedAlterConfigs,
});
