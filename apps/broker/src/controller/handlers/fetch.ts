// Fetch on the controller's listeners: the metadata log, for followers and observers of the quorum (KIP-595).

import { fetchRequest, fetchResponse } from '@ottla/protocol/messages/fetch';
import type { FetchRequest, FetchResponse } from '@ottla/protocol/messages/fetch';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';

/** The raft layer answers. */
export const createHandler: CreateApiHandler<ControllerServices, FetchRequest, FetchResponse> = ({
  quorum,
}) => ({
  request: fetchRequest,
  response: fetchResponse,
  handle: (_context, request) => quorum.fetch(request),
  errorResponse: (_request, _version, errorCode) => fetchResponse.create({ errorCode }),
});
