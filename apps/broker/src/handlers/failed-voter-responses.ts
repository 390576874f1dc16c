// AddRaftVoter and RemoveRaftVoter that failed before the quorum could answer.

import { addRaftVoterResponse } from '@ottla/protocol/messages/add-raft-voter';
import type {
  AddRaftVoterRequest,
  AddRaftVoterResponse,
} from '@ottla/protocol/messages/add-raft-voter';
import { removeRaftVoterResponse } from '@ottla/protocol/messages/remove-raft-voter';
import type {
  RemoveRaftVoterRequest,
  RemoveRaftVoterResponse,
} from '@ottla/protocol/messages/remove-raft-voter';

export function failedAddRaftVoter(
  _request: AddRaftVoterRequest,
  _version: number,
  errorCode: number,
  errorMessage: string | null,
): AddRaftVoterResponse {
  return addRaftVoterResponse.create({ errorCode, errorMessage });
}

export function failedRemoveRaftVoter(
  _request: RemoveRaftVoterRequest,
  _version: number,
  errorCode: number,
  errorMessage: string | null,
): RemoveRaftVoterResponse {
  return removeRaftVoterResponse.create({ errorCode, errorMessage });
}
