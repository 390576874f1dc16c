// OffsetDelete: committed offsets of topics that nobody in the group is subscribed to (KIP-496).
import type { CreateApiHandler } from '../network/api-handler.ts';
import {
  type OffsetDeleteRequest,
  offsetDeleteRequest,
  type OffsetDeleteResponse,
  offsetDeleteResponse,
} from '@ottla/protocol/messages/offset-delete';
import { groupHandler, type GroupServices } from './group-handler.ts';

export const createHandler: CreateApiHandler<
  GroupServices,
  OffsetDeleteRequest,
  OffsetDeleteResponse
> = groupHandler({
  request: offsetDeleteRequest,
  response: offsetDeleteResponse,
  answer: (groups, context, request) => groups.offsetDelete(context, request),
  fail: (_request, errorCode) => offsetDeleteResponse.create({ errorCode }),
});
