// The key of a window in a store and its changelog: the key's bytes, eight bytes of the window's start, four of a sequence number
// that is zero unless duplicates are kept. Kafka: WindowKeySchema, TimeWindowedSerializer's changelog form.
import { readInt64, writeInt64 } from './value-codec.ts';

const START_BYTES = 8;
const SUFFIX_BYTES = 12;

/** @param sequence 0 in a store that keeps one value a window */
export function windowKey(key: Buffer, start: number, sequence = 0): Buffer {
  const bytes = Buffer.allocUnsafe(key.length + SUFFIX_BYTES);
  bytes.set(key, 0);
  writeInt64(bytes, start, key.length);
  bytes.writeInt32BE(sequence, key.length + START_BYTES);
  return bytes;
}

/** Milliseconds since 1970. */
export function startOf(windowKeyBytes: Buffer): number {
  return readInt64(windowKeyBytes, windowKeyBytes.length - SUFFIX_BYTES);
}

/** The key's own bytes; a slice. */
export function keyOf(windowKeyBytes: Buffer): Buffer {
  return windowKeyBytes.subarray(0, windowKeyBytes.length - SUFFIX_BYTES);
}

/** Whether the bytes can be a window's key. */
export function isWindowKey(bytes: Buffer): boolean {
  return bytes.length >= SUFFIX_BYTES;
}
