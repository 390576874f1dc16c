// Every error that this package raises by itself. Refusals of single requests are not thrown out of
// the controller: they become error codes in its responses (see api-error.ts).

/** What went wrong, for programs: stable within a major version. */
export type MetadataErrorCode =
  | 'UNKNOWN_METADATA_RECORD'
  | 'UNSUPPORTED_METADATA_RECORD_VERSION'
  | 'CORRUPT_METADATA_RECORD'
  | 'UNSUPPORTED_METADATA_VERSION'
  | 'INCONSISTENT_METADATA'
  | 'NOT_CONTROLLER'
  | 'CONTROLLER_OVERLOADED'
  | 'REQUEST_TIMED_OUT'
  | 'TOO_MANY_RECORDS';

const RETRIABLE: ReadonlySet<MetadataErrorCode> = new Set([
  'NOT_CONTROLLER',
  'CONTROLLER_OVERLOADED',
  'REQUEST_TIMED_OUT',
]);

/** Error of the metadata log, its image or the controller that writes it. */
export class MetadataError extends Error {
  /** Stable code; see the README for cause and next step. */
  readonly code: MetadataErrorCode;
  /** Whether the same call can succeed later, perhaps at another node. */
  readonly retriable: boolean;

  constructor(code: MetadataErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MetadataError';
    this.code = code;
    this.retriable = RETRIABLE.has(code);
  }
}

/**
 * Raises INCONSISTENT_METADATA: the log holds a record that cannot follow those before it.
 *
 * @throws MetadataError always
 */
export function inconsistent(message: string): never {
  throw new MetadataError('INCONSISTENT_METADATA', message);
}
