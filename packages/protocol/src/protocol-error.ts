// The one typed error for malformed input: raised by the wire primitives, the generated codecs, the record batches
// and the codecs for compression. It is an operating error (a peer or a disk sent bytes that are not Kafka's), never
// a sign of a bug in the reader, and reading the same bytes again never helps, so `retriable` is always false.

/**
 * What is wrong with the bytes. The names that are also Kafka error names (`CORRUPT_MESSAGE`, `INVALID_RECORD`,
 * `INVALID_TIMESTAMP`, `UNSUPPORTED_COMPRESSION_TYPE`) are what a broker answers for such a batch.
 *
 * - `MALFORMED`: the bytes do not follow the schema (bad length, varint too long, not enough bytes).
 * - `OUT_OF_RANGE`: an int64 beyond 2^53−1 where this implementation holds a number.
 * - `UNSUPPORTED`: a version, magic or codec that is not served.
 * - `TOO_LARGE`: a named bound would be passed (decompression, allocation).
 */
export type ProtocolErrorCode =
  | 'MALFORMED'
  | 'OUT_OF_RANGE'
  | 'UNSUPPORTED'
  | 'TOO_LARGE'
  | 'CORRUPT_MESSAGE'
  | 'INVALID_RECORD'
  | 'INVALID_TIMESTAMP'
  | 'UNSUPPORTED_COMPRESSION_TYPE';

/** Bytes that are not what the protocol says. `code` is stable, the message is not. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;
  /** Always false: the same bytes stay wrong. */
  readonly retriable = false;
  /** Which record of a batch is wrong, from 0, where it is one record. */
  readonly recordIndex: number | undefined;

  constructor(
    code: ProtocolErrorCode,
    message: string,
    options?: ErrorOptions & { readonly recordIndex?: number },
  ) {
    super(message, options);
    this.code = code;
    this.recordIndex = options?.recordIndex;
  }
}
