// ApiVersions on the controller's listeners. An unknown version is answered by the pipeline.

import { apiVersionsRequest, apiVersionsResponse } from '@ottla/protocol/messages/api-versions';
import type {
  ApiVersionsRequest,
  ApiVersionsResponse,
} from '@ottla/protocol/messages/api-versions';
import { describeApiVersions, failedApiVersions } from '../../handlers/api-versions-body.ts';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';

/** Advertises exactly what the table of this role serves. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  ApiVersionsRequest,
  ApiVersionsResponse
> = (services) => ({
  request: apiVersionsRequest,
  response: apiVersionsResponse,
  handle: ({ apiVersion }, request) =>
    describeApiVersions(request, apiVersion, services.servedApiKeys(), {
      image: services.driver.image,
      kraftVersion: services.kraftVersion,
    }),
  errorResponse: (_request, _version, code) => failedApiVersions(code),
});
