// What every generated codec looks like from outside. A codec is a plain object of functions without state, so it can
// be passed around, kept in tables, and called from anywhere.

import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/**
 * Reads and writes one message (a request, a response, a header, or a record's key or value) at each of its versions.
 *
 * `T` is what may be encoded; `Decoded` is what comes out of `decode`, which differs only in records fields
 * (decoded: `Buffer`; encoded: bytes or regions).
 */
export interface MessageCodec<T, Decoded extends T = T> {
  /** Kafka's name of the message, for example `FetchRequest`. */
  readonly name: string;
  /** The API's number; for a record its type number; `undefined` where Kafka gives none. */
  readonly apiKey: number | undefined;
  /** First version there is, inclusive. */
  readonly minVersion: number;
  /** Last version there is, inclusive, whether marked stable or not (see `apiInfo` for the stable ones). */
  readonly maxVersion: number;
  /** First flexible version (KIP-482): compact lengths and tagged fields; `Infinity` when there is none. */
  readonly flexibleFrom: number;
  /**
   * Reads one message from the reader's position and leaves the reader behind its last byte. Trailing bytes are the
   * caller's affair, as in Kafka. Buffers in the result are slices of the reader's buffer, not copies.
   *
   * @throws ProtocolError on any bytes that are not such a message, and on a version outside the range
   */
  decode(reader: Reader, version: number): Decoded;
  /**
   * Exact number of bytes on the wire, the records regions included. Fields that the version does not have are left
   * out.
   *
   * @throws ProtocolError (`UNSUPPORTED`) when a field that the version does not have, and that must not be dropped
   *   silently, is not at its default; or on a version outside the range
   */
  size(value: T, version: number): number;
  /** Writes the message; the writer must have been made with the size that `size` gave (less `spliced`). */
  encode(writer: Writer, value: T, version: number): void;
  /** A message with every field at its default, except for those given. */
  create(init?: Partial<T>): T;
  /** Bytes that the writer leaves to segments of their own; only messages with records fields have this. */
  spliced?(value: T): number;
}
