// CreateTopics on a broker: the controller answers.

import { createTopicsRequest, createTopicsResponse } from '@ottla/protocol/messages/create-topics';
import type {
  CreateTopicsRequest,
  CreateTopicsResponse,
} from '@ottla/protocol/messages/create-topics';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { failedCreateTopics } from './failed-admin-responses.ts';
import { forwarded } from './forwarded-handler.ts';

/** Forwards. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  CreateTopicsRequest,
  CreateTopicsResponse
> = forwarded(createTopicsRequest, createTopicsResponse, failedCreateTopics);
