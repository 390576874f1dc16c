// DeleteTopics at the controller, forwarded by brokers or asked by tools.

import { deleteTopicsRequest, deleteTopicsResponse } from '@ottla/protocol/messages/delete-topics';
import type {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
} from '@ottla/protocol/messages/delete-topics';
import { failedDeleteTopics } from '../../handlers/failed-admin-responses.ts';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';
import { operation } from '../operation-handler.ts';

/** The controller decides. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  DeleteTopicsRequest,
  DeleteTopicsResponse
> = operation('deleteTopics', deleteTopicsRequest, deleteTopicsResponse, failedDeleteTopics);
