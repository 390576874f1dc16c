// Kafka's 128-bit ids as the text that Kafka itself prints: 22 characters of url-safe base64 without padding. A string
// compares, hashes and logs without ceremony, which is why ids are strings everywhere above the wire.
// Kafka: org.apache.kafka.common.Uuid.

import { ProtocolError } from '../protocol-error.ts';

/** An id as 22 characters of base64url, for example a topic id. */
export type Uuid = string;

/** Bytes of an id on the wire. */
export const UUID_BYTES = 16;

/** The id that stands for "none". */
export const ZERO_UUID: Uuid = 'AAAAAAAAAAAAAAAAAAAAAA';

/** The reserved id of the `__cluster_metadata` topic (the number 1). */
export const METADATA_TOPIC_ID: Uuid = 'AAAAAAAAAAAAAAAAAAAAAQ';

/**
 * The text of an id.
 *
 * @param bytes holds the id; at least `position + 16` bytes long
 * @param position of the first of its 16 bytes
 * @throws ProtocolError (`MALFORMED`) when fewer than 16 bytes are left
 */
export function uuidFromBytes(bytes: Buffer, position = 0): Uuid {
  if (bytes.length - position < UUID_BYTES)
    throw new ProtocolError(
      'MALFORMED',
      `a uuid needs 16 bytes, ${bytes.length - position} are left`,
    );
  return bytes.toString('base64url', position, position + UUID_BYTES);
}

/**
 * The 16 bytes of an id, in a new buffer.
 *
 * @throws ProtocolError (`MALFORMED`) when the text is not 22 characters of base64url
 */
export function uuidToBytes(uuid: Uuid): Buffer {
  const bytes = Buffer.allocUnsafe(UUID_BYTES);
  writeUuid(bytes, 0, uuid);
  return bytes;
}

/**
 * Writes an id's 16 bytes at `position`.
 *
 * @throws ProtocolError (`MALFORMED`) when the text is not an id, or the buffer ends before it
 */
export function writeUuid(target: Buffer, position: number, uuid: Uuid): void {
  const written = uuid.length === 22 ? target.write(uuid, position, UUID_BYTES, 'base64url') : 0;
  if (written !== UUID_BYTES) throw new ProtocolError('MALFORMED', `"${uuid}" is not a uuid`);
}
