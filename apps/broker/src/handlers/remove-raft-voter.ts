// RemoveRaftVoter (KIP-853) on a broker: the controller answers.

import {
  removeRaftVoterRequest,
  removeRaftVoterResponse,
} from '@ottla/protocol/messages/remove-raft-voter';
import type {
  RemoveRaftVoterRequest,
  RemoveRaftVoterResponse,
} from '@ottla/protocol/messages/remove-raft-voter';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { failedRemoveRaftVoter } from './failed-voter-responses.ts';
import { forwarded } from './forwarded-handler.ts';

/** Forwards. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  RemoveRaftVoterRequest,
  RemoveRaftVoterResponse
> = forwarded(removeRaftVoterRequest, removeRaftVoterResponse, failedRemoveRaftVoter);
