// RemoveRaftVoter (KIP-853): a voter of the metadata quorum votes no more; the leader may be asked to remove itself.

import {
  removeRaftVoterRequest,
  removeRaftVoterResponse,
} from '@ottla/protocol/messages/remove-raft-voter';
import type {
  RemoveRaftVoterRequest,
  RemoveRaftVoterResponse,
} from '@ottla/protocol/messages/remove-raft-voter';
import { failedRemoveRaftVoter } from '../../handlers/failed-voter-responses.ts';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';

/** The raft layer answers, when the change is committed. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  RemoveRaftVoterRequest,
  RemoveRaftVoterResponse
> = ({ quorum }) => ({
  request: removeRaftVoterRequest,
  response: removeRaftVoterResponse,
  handle: (_context, request) => quorum.voters.remove(request),
  errorResponse: failedRemoveRaftVoter,
});
