// BeginQuorumEpoch: a new leader tells this voter of itself (KIP-595).

import {
  beginQuorumEpochRequest,
  beginQuorumEpochResponse,
} from '@ottla/protocol/messages/begin-quorum-epoch';
import type {
  BeginQuorumEpochRequest,
  BeginQuorumEpochResponse,
} from '@ottla/protocol/messages/begin-quorum-epoch';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';

/** The raft layer answers, once what it promises is durable. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  BeginQuorumEpochRequest,
  BeginQuorumEpochResponse
> = ({ quorum }) => ({
  request: beginQuorumEpochRequest,
  response: beginQuorumEpochResponse,
  handle: (_context, request) => quorum.beginQuorumEpoch(request),
  errorResponse: (_request, _version, errorCode) => beginQuorumEpochResponse.create({ errorCode }),
});
