// ApiError: the controller refuses one request, or one part of it. Thrown inside the controller only;
// each operation turns it into the error code and message of its response.
import { ErrorCode } from '@ottla/protocol';

/** A refusal with Kafka's error code. */
export class ApiError extends Error {
  /** One of ErrorCode, never NONE. */
  readonly errorCode: number;
  /** Text for the response; null where Kafka leaves it to the code. */
  readonly detail: string | null;

  constructor(errorCode: number, detail: string | null = null) {
    super(detail ?? `error code ${errorCode}`);
    this.name = 'ApiError';
    this.errorCode = errorCode;
    this.detail = detail;
  }
}

/** Error code and message as responses carry them. */
export interface ErrorFields {
  errorCode: number;
  errorMessage: string | null;
}

/** No error. */
export const NO_ERROR: Readonly<ErrorFields> = { errorCode: ErrorCode.NONE, errorMessage: null };

/**
 * Runs one part of a request.
 *
 * @returns what an ApiError says, or NO_ERROR when `part` ended well
 * @throws whatever else `part` throws
 */
export function errorFieldsOf(part: () => void): Readonly<ErrorFields> {
  try {
    part();
    return NO_ERROR;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { errorCode: error.errorCode, errorMessage: error.detail };
  }
}
