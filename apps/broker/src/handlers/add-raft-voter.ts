// AddRaftVoter (KIP-853) on a broker: the controller answers.

import { addRaftVoterRequest, addRaftVoterResponse } from '@ottla/protocol/messages/add-raft-voter';
import type {
  AddRaftVoterRequest,
  AddRaftVoterResponse,
} from '@ottla/protocol/messages/add-raft-voter';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { failedAddRaftVoter } from './failed-voter-responses.ts';
import { forwarded } from './forwarded-handler.ts';

/** Forwards. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  AddRaftVoterRequest,
  AddRaftVoterResponse
> = forwarded(addRaftVoterRequest, addRaftVoterResponse, failedAddRaftVoter);
