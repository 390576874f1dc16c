// An answer that is an error code. Handlers throw it where the whole request fails; errors of single topics or
// partitions are fields of their responses.

import { errorInfo } from '@ottla/protocol';

/** A Kafka error code with a message for the client (sent where the response has a field for one). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Number from `ErrorCode`. */
  readonly code: number;

  constructor(code: number, message: string = errorInfo(code).description) {
    super(message);
    this.code = code;
  }
}
