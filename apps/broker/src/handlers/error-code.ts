// From what was thrown to the number that the client gets. Errors name themselves by Kafka's names (`LogError`,
// `CoordinatorError`), so a look-up does.
import { ErrorCode } from '@ottla/protocol';
import { ApiError } from '../network/api-error.ts';

/** Kafka's number of the error; UNKNOWN_SERVER_ERROR when it has none. A log that was closed has lost its partition. */
export function errorCodeOf(error: unknown): number {
  if (error instanceof ApiError) return error.code;
  const name: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (name === 'CLOSED') return ErrorCode.NOT_LEADER_OR_FOLLOWER;
  if (typeof name !== 'string' || !Object.hasOwn(ErrorCode, name))
    return ErrorCode.UNKNOWN_SERVER_ERROR;
  return ErrorCode[name as keyof typeof ErrorCode];
}
