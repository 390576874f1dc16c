// AddRaftVoter (KIP-853): an observer that has caught up becomes a voter of the metadata quorum.

import { addRaftVoterRequest, addRaftVoterResponse } from '@ottla/protocol/messages/add-raft-voter';
import type {
  AddRaftVoterRequest,
  AddRaftVoterResponse,
} from '@ottla/protocol/messages/add-raft-voter';
import { failedAddRaftVoter } from '../../handlers/failed-voter-responses.ts';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';

/** The raft layer answers, when the change is committed. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  AddRaftVoterRequest,
  AddRaftVoterResponse
> = ({ quorum }) => ({
  request: addRaftVoterRequest,
  response: addRaftVoterResponse,
  handle: (_context, request) => quorum.voters.add(request),
  errorResponse: failedAddRaftVoter,
});
