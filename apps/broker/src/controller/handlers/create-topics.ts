// CreateTopics at the controller, forwarded by brokers or asked by tools.

import { createTopicsRequest, createTopicsResponse } from '@ottla/protocol/messages/create-topics';
import type {
  CreateTopicsRequest,
  CreateTopicsResponse,
} from '@ottla/protocol/messages/create-topics';
import { failedCreateTopics } from '../../handlers/failed-admin-responses.ts';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';
import { operation } from '../operation-handler.ts';

/** The controller decides. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  CreateTopicsRequest,
  CreateTopicsResponse
> = operation('createTopics', createTopicsRequest, createTopicsResponse, failedCreateTopics);
