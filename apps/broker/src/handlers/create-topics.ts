// CreateTopics on a broker: the controller decides, and this broker answers when it has the topics.

import { type MetadataImage, topicByName } from '@ottla/metadata';
import { ErrorCode } from '@ottla/protocol';
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
> = forwarded(createTopicsRequest, createTopicsResponse, failedCreateTopics, (request, response) =>
  request.validateOnly ? undefined : { isIn: hasCreated(response), timeoutMs: request.timeoutMs },
);

/** Whether the metadata has every topic that was created (or was there). */
export function hasCreated(response: CreateTopicsResponse): (image: MetadataImage) => boolean {
  const names = response.topics
    .filter(({ errorCode }) => errorCode === ErrorCode.NONE)
    .map(({ name }) => name);
  return (image) => names.every((name) => topicByName(image, name) !== undefined);
}
