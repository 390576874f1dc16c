// What users hand in, and its bytes.
import type { RecordHeader } from '@ottla/protocol/records';
import { UsageError } from '../errors.ts';

/** A value that goes out as bytes: text as UTF-8. */
export type Bytes = Uint8Array | string;

/** A record to be sent. Its bytes must not change before it was taken. */
export interface ProducerRecord {
  readonly topic: string;
  /** Default: by key, or spread. */
  readonly partition?: number | undefined;
  readonly key?: Bytes | null | undefined;
  readonly value: Bytes | null;
  /** In order; a name may come twice. */
  readonly headers?: readonly (readonly [string, Bytes | null])[] | undefined;
  /** Milliseconds since 1970; default now. */
  readonly timestamp?: number | undefined;
}

const RECORD_OVERHEAD_BYTES = 24;
const HEADER_OVERHEAD_BYTES = 8;
const NO_HEADERS: readonly RecordHeader[] = [];

/** @throws UsageError for what is neither text nor bytes */
export function toBuffer(bytes: Bytes | null | undefined): Uint8Array | null {
  if (bytes === null || bytes === undefined) return null;
  if (typeof bytes === 'string') return Buffer.from(bytes);
  if (bytes instanceof Uint8Array) return bytes;
  throw new UsageError(
    `keys and values are text or bytes, not ${typeof bytes}: serialise first, or use producer.topic()`,
  );
}

/** @throws UsageError unless it is a whole number of milliseconds, 0 or more */
export function requireTimestamp(timestamp: number): number {
  if (Number.isSafeInteger(timestamp) && timestamp >= 0) return timestamp;
  throw new UsageError(`timestamp ${timestamp}: it is a whole number of milliseconds since 1970`);
}

export function toHeaders(headers: ProducerRecord['headers']): readonly RecordHeader[] {
  if (headers === undefined || headers.length === 0) return NO_HEADERS;
  return headers.map(([key, value]) => {
    const bytes = toBuffer(value);
    return { key, value: bytes === null ? null : asBuffer(bytes) };
  });
}

/** Roughly what the record takes in a batch, never less. */
export function sizeOf(
  key: Uint8Array | null,
  value: Uint8Array | null,
  headers: readonly RecordHeader[],
): number {
  let size = RECORD_OVERHEAD_BYTES;
  if (key !== null) size += key.length;
  if (value !== null) size += value.length;
  for (const header of headers)
    size += HEADER_OVERHEAD_BYTES + Buffer.byteLength(header.key) + (header.value?.length ?? 0);
  return size;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
