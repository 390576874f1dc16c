// DeleteTopics on a broker: the controller decides, and this broker answers when the topics are gone here.

import { type MetadataImage, topicById } from '@ottla/metadata';
import { ErrorCode, ZERO_UUID } from '@ottla/protocol';
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
> = forwarded(
  deleteTopicsRequest,
  deleteTopicsResponse,
  failedDeleteTopics,
  (request, response) => ({
    isIn: hasDeleted(response),
    timeoutMs: request.timeoutMs,
  }),
);

/** A topic of the same name may have been created since; versions without ids cannot tell, and wait for nothing. */
function hasDeleted(response: DeleteTopicsResponse): (image: MetadataImage) => boolean {
  const ids = response.responses
    .filter(({ errorCode, topicId }) => errorCode === ErrorCode.NONE && topicId !== ZERO_UUID)
    .map(({ topicId }) => topicId);
  return (image) => ids.every((id) => topicById(image, id) === undefined);
}
