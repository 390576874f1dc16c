// ApiVersions on the brokers' listeners (KIP-35, KIP-511). An unknown version is answered by the pipeline.

import { apiVersionsRequest, apiVersionsResponse } from '@ottla/protocol/messages/api-versions';
import type {
  ApiVersionsRequest,
  ApiVersionsResponse,
} from '@ottla/protocol/messages/api-versions';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { describeApiVersions, failedApiVersions } from './api-versions-body.ts';

/** Advertises exactly what the table of this role serves. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  ApiVersionsRequest,
  ApiVersionsResponse
> = (services) => ({
  request: apiVersionsRequest,
  response: apiVersionsResponse,
  handle: ({ apiVersion }, request) =>
    describeApiVersions(request, apiVersion, services.servedApiKeys(), {
      image: services.image(),
      kraftVersion: services.kraftVersion,
    }),
  errorResponse: (_request, _version, code) => failedApiVersions(code),
});
