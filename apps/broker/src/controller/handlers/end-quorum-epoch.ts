// EndQuorumEpoch: a leader that goes tells this voter who should stand first (KIP-595).

import {
  endQuorumEpochRequest,
  endQuorumEpochResponse,
} from '@ottla/protocol/messages/end-quorum-epoch';
import type {
  EndQuorumEpochRequest,
  EndQuorumEpochResponse,
} from '@ottla/protocol/messages/end-quorum-epoch';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';

/** The raft layer answers, once what it promises is durable. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  EndQuorumEpochRequest,
  EndQuorumEpochResponse
> = ({ quorum }) => ({
  request: endQuorumEpochRequest,
  response: endQuorumEpochResponse,
  handle: (_context, request) => quorum.endQuorumEpoch(request),
  errorResponse: (_request, _version, errorCode) => endQuorumEpochResponse.create({ errorCode }),
});
