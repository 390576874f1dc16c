// A broker's own configuration is described and changed at that broker only.

import { ErrorCode } from '@ottla/protocol';
import { ApiError } from '../network/api-error.ts';

/** @throws ApiError INVALID_REQUEST, in Kafka's words, when `name` is not this node's id */
export function requireOwnNodeId(name: string, nodeId: number): void {
  if (!/^[+-]?\d+$/.test(name))
    throw new ApiError(ErrorCode.INVALID_REQUEST, `Node id must be an integer, but it is: ${name}`);
  if (Number(name) !== nodeId)
    throw new ApiError(
      ErrorCode.INVALID_REQUEST,
      `Unexpected broker id, expected ${nodeId}, but received ${name}`,
    );
}
