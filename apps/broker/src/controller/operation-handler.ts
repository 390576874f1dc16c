// A request that the controller decides on: one operation of `ControllerDriver`, its errors as Kafka's codes.
// Kafka: ControllerApis.

import { MetadataError } from '@ottla/metadata';
import type {
  ControllerOperation,
  ControllerRequest,
  ControllerResponse,
  MetadataErrorCode,
} from '@ottla/metadata';
import { ErrorCode } from '@ottla/protocol';
import type { MessageCodec } from '@ottla/protocol';
import { ApiError } from '../network/api-error.ts';
import type { ApiHandler, CreateApiHandler } from '../network/api-handler.ts';
import type { ControllerServices } from './controller-services.ts';

/** Makes the `createHandler` of an API that is one operation of the controller. */
export function operation<O extends ControllerOperation>(
  name: O,
  request: MessageCodec<ControllerRequest<O>>,
  response: MessageCodec<ControllerResponse<O>>,
  errorResponse: ApiHandler<ControllerRequest<O>, ControllerResponse<O>>['errorResponse'],
): CreateApiHandler<ControllerServices, ControllerRequest<O>, ControllerResponse<O>> {
  return ({ driver }) => ({
    request,
    response,
    handle: async ({ apiVersion }, body) => {
      try {
        return await driver.submit(name, body, { apiVersion, ...timeLimitOf(name, body) });
      } catch (error) {
        throw toApiError(error);
      }
    },
    errorResponse,
  });
}

/** Operations whose requests have a time that Kafka's controller does not heed. */
const UNLIMITED: ReadonlySet<ControllerOperation> = new Set([
  'listPartitionReassignments',
  'updateFeatures',
]);

/** The requests that change topics and their partitions say how long their clients wait. */
function timeLimitOf(name: ControllerOperation, body: object): { readonly timeoutMs?: number } {
  return !UNLIMITED.has(name) && 'timeoutMs' in body && typeof body.timeoutMs === 'number'
    ? { timeoutMs: body.timeoutMs }
    : {};
}

const CODES: Partial<Record<MetadataErrorCode, number>> = {
  NOT_CONTROLLER: ErrorCode.NOT_CONTROLLER,
  // Retriable, and true: nothing was decided in time.
  CONTROLLER_OVERLOADED: ErrorCode.REQUEST_TIMED_OUT,
  REQUEST_TIMED_OUT: ErrorCode.REQUEST_TIMED_OUT,
  TOO_MANY_RECORDS: ErrorCode.POLICY_VIOLATION,
};

/** What a client is told of an error of the controller; other errors are returned as they are. */
function toApiError(error: unknown): unknown {
  if (!(error instanceof MetadataError)) return error;
  const code = CODES[error.code];
  return code === undefined ? error : new ApiError(code, error.message);
}
