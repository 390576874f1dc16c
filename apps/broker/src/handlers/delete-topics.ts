// DeleteTopics on a broker: the controller answers.

import { deleteTopicsRequest, deleteTopicsResponse } from '@ottla/protocol/messages/delete-topics';
import type {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
} from '@ottla/protocol/messages/delete-topics';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { failedDeleteTopics } from './failed-admin-responses.ts';
import { forwarded } from './forwarded-handler.ts';

/** Forwards. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  DeleteTopicsRequest,
  DeleteTopicsResponse
> = forwarded(deleteTopicsRequest, deleteTopicsResponse, failedDeleteTopics);
