// IncrementalAlterConfigs (KIP-339): sets, deletes, appends and subtracts. Checked here, decided by the controller.

import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '@ottla/protocol/messages/incremental-alter-configs';
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '@ottla/protocol/messages/incremental-alter-configs';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { changeConfigs } from './config-changes.ts';
import { failedIncrementalAlterConfigs } from './failed-admin-responses.ts';

/** Checks and forwards. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse
> = (services) => ({
  request: incrementalAlterConfigsRequest,
  response: incrementalAlterConfigsResponse,
  handle: async (context, request) => {
    const responses = await changeConfigs(services, request, async (resources) => {
      const answer = await services.controller.forward(
        context,
        incrementalAlterConfigsRequest,
        incrementalAlterConfigsResponse,
        { ...request, resources },
      );
      return answer.responses;
    });
    return incrementalAlterConfigsResponse.create({ responses });
  },
  errorResponse: failedIncrementalAlterConfigs,
});
