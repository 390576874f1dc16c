// Vote: a candidate asks this voter for its vote, or before that whether it would get it (KIP-595, KIP-996).

import { voteRequest, voteResponse } from '@ottla/protocol/messages/vote';
import type { VoteRequest, VoteResponse } from '@ottla/protocol/messages/vote';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';

/** The raft layer answers, once what it promises is durable. */
export const createHandler: CreateApiHandler<ControllerServices, VoteRequest, VoteResponse> = ({
  quorum,
}) => ({
  request: voteRequest,
  response: voteResponse,
  handle: (_context, request) => quorum.vote(request),
  errorResponse: (_request, _version, errorCode) => voteResponse.create({ errorCode }),
});
