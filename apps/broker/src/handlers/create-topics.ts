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

/**
 * Whether the metadata has come to the last topic that was created. The controller makes them in the order of its answer, so it
 * has had all of them by then; it need not have them still, for many take a while, and somebody may have deleted one.
 */
export function hasCreated(response: CreateTopicsResponse): (image: MetadataImage) => boolean {
  const last = response.topics.findLast(({ errorCode }) => errorCode === ErrorCode.NONE);
  return (image) => last === undefined || topicByName(image, last.name) !== undefined;
}
