// int64 fields of record batches as numbers: exact, or refused (offsets, timestamps and producer ids never come near 2^53
// in earnest). No BigInt: these are read for every batch.

import { ProtocolError, type ProtocolErrorCode } from '../protocol-error.ts';

const WORD = 0x1_0000_0000;

/**
 * Reads a big-endian int64.
 *
 * @param what the field's name, for the error
 * @throws ProtocolError `code` (default `OUT_OF_RANGE`) when it is beyond ±(2^53−1)
 */
export function readInt64(
  buffer: Buffer,
  position: number,
  what: string,
  code: ProtocolErrorCode = 'OUT_OF_RANGE',
): number {
  const value = buffer.readInt32BE(position) * WORD + buffer.readUInt32BE(position + 4);
  if (!Number.isSafeInteger(value)) throw new ProtocolError(code, `${what} beyond 2^53−1`);
  return value;
}

/** Writes a big-endian int64; the value must be a safe integer. */
export function writeInt64(buffer: Buffer, position: number, value: number): void {
  if (!Number.isSafeInteger(value))
    throw new ProtocolError('OUT_OF_RANGE', `int64 ${value} is not a safe integer`);
  const high = Math.floor(value / WORD);
  buffer.writeInt32BE(high, position);
  buffer.writeUInt32BE(value - high * WORD, position + 4);
}
