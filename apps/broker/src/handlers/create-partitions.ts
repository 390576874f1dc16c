// CreatePartitions on a broker: the controller decides, and this broker answers when it has the partitions.

import type { MetadataImage } from '@ottla/metadata';
import { ErrorCode } from '@ottla/protocol';
import {
  createPartitionsRequest,
  createPartitionsResponse,
} from '@ottla/protocol/messages/create-partitions';
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from '@ottla/protocol/messages/create-partitions';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { failedCreatePartitions } from './failed-admin-responses.ts';
import { partitionCount } from '../replica/replicas.ts';
import { forwarded } from './forwarded-handler.ts';

/** Forwards. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  CreatePartitionsRequest,
  CreatePartitionsResponse
> = forwarded(
  createPartitionsRequest,
  createPartitionsResponse,
  failedCreatePartitions,
  (request, response) =>
    request.validateOnly
      ? undefined
      : { isIn: hasPartitions(request, response), timeoutMs: request.timeoutMs },
);

/** Whether the metadata has come to the last topic that has grown. */
function hasPartitions(
  request: CreatePartitionsRequest,
  response: CreatePartitionsResponse,
): (image: MetadataImage) => boolean {
  const done = new Set(
    response.results
      .filter(({ errorCode }) => errorCode === ErrorCode.NONE)
      .map(({ name }) => name),
  );
  // With the last one all were there; see `hasCreated`.
  const last = request.topics.findLast(({ name }) => done.has(name));
  return (image) => last === undefined || partitionCount(image, last.name) >= last.count;
}
