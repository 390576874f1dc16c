// Why an operation has no result: a Kafka error by name and number, thrown inside the coordinator and turned into an error
// code of the response at its door.

import { ErrorCode, type ErrorName } from '@ottla/protocol';

/** An expected failure of a coordinator operation. `code` is stable, the message is not. */
export class CoordinatorError extends Error {
  override readonly name = 'CoordinatorError';
  /** Kafka's name of the error. */
  readonly code: ErrorName;

  constructor(code: ErrorName, message?: string, options?: ErrorOptions) {
    super(message ?? code, options);
    this.code = code;
  }

  /** Kafka's number of the error. */
  get errorCode(): number {
    return ErrorCode[this.code];
  }
}

/**
 * The error under its Kafka name: a `CoordinatorError` is itself; any other error whose `code` is a Kafka error name keeps
 * that name; everything else is `otherwise`.
 */
export function toCoordinatorError(
  error: unknown,
  otherwise: ErrorName = 'UNKNOWN_SERVER_ERROR',
): CoordinatorError {
  if (error instanceof CoordinatorError) return error;
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  const message = error instanceof Error ? error.message : String(error);
  const isKafkaName = typeof code === 'string' && Object.hasOwn(ErrorCode, code);
  return new CoordinatorError(isKafkaName ? (code as ErrorName) : otherwise, message, {
    cause: error,
  });
}

/**
 * What a client is told when the log under the coordinator failed: it knows coordinators, not the logs beneath them.
 * Kafka: CoordinatorOperationExceptionHelper.
 */
export function toClientError(code: ErrorName): ErrorName {
  switch (code) {
    case 'NETWORK_EXCEPTION':
      return 'COORDINATOR_LOAD_IN_PROGRESS';
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'NOT_ENOUGH_REPLICAS':
    case 'REQUEST_TIMED_OUT':
      return 'COORDINATOR_NOT_AVAILABLE';
    case 'NOT_LEADER_OR_FOLLOWER':
    case 'KAFKA_STORAGE_ERROR':
      return 'NOT_COORDINATOR';
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
    case 'INVALID_FETCH_SIZE':
      return 'UNKNOWN_SERVER_ERROR';
    default:
      return code;
  }
}
