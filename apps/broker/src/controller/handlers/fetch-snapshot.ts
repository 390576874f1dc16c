// FetchSnapshot (KIP-630): the metadata snapshot, piece by piece, for who is too far behind the log.

import {
  fetchSnapshotRequest,
  fetchSnapshotResponse,
} from '@ottla/protocol/messages/fetch-snapshot';
import type {
  FetchSnapshotRequest,
  FetchSnapshotResponse,
} from '@ottla/protocol/messages/fetch-snapshot';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';

/** The raft layer answers. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  FetchSnapshotRequest,
  FetchSnapshotResponse
> = ({ quorum }) => ({
  request: fetchSnapshotRequest,
  response: fetchSnapshotResponse,
  handle: (_context, request) => quorum.fetchSnapshot(request),
  errorResponse: (_request, _version, errorCode) => fetchSnapshotResponse.create({ errorCode }),
});
