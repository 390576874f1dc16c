// Every error that the quorum can raise.

/** Why a call failed; stable. */
export type QuorumErrorCode =
  | 'NOT_LEADER'
  | 'BATCH_TOO_LARGE'
  | 'DIRECTORY_INVALID'
  | 'INVALID_UPDATE_VERSION'
  | 'CLOSED';

export class QuorumNodeError extends Error {
  override readonly name: string = 'QuorumNodeError';
  readonly code: QuorumErrorCode;

  constructor(code: QuorumErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
