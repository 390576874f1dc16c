// UpdateRaftVoter (KIP-853): a voter tells the leader where it is reached and what it serves.

import {
  updateRaftVoterRequest,
  updateRaftVoterResponse,
} from '@ottla/protocol/messages/update-raft-voter';
import type {
  UpdateRaftVoterRequest,
  UpdateRaftVoterResponse,
} from '@ottla/protocol/messages/update-raft-voter';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';

/** The raft layer answers. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  UpdateRaftVoterRequest,
  UpdateRaftVoterResponse
> = ({ quorum }) => ({
  request: updateRaftVoterRequest,
  response: updateRaftVoterResponse,
  handle: (_context, request) => quorum.voters.update(request),
  errorResponse: (_request, _version, errorCode) => updateRaftVoterResponse.create({ errorCode }),
});
