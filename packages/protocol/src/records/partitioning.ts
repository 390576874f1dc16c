// Which partition a key or an id belongs to; every client and server must agree, so these are Kafka's functions exactly.
// Kafka: org.apache.kafka.common.utils.Utils.murmur2, BuiltInPartitioner, GroupCoordinator's partitionFor.

const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/**
 * Murmur2, 32 bits, with Kafka's seed.
 *
 * @returns a signed 32-bit integer
 */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  const wordsEnd = length - (length & 3);
  let hash = SEED ^ length;
  for (let at = 0; at < wordsEnd; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    word = Math.imul(word, MULTIPLIER);
    word ^= word >>> 24;
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER);
  }
  const left = length - wordsEnd;
  if (left > 0) {
    if (left > 2) hash ^= bytes[wordsEnd + 2]! << 16;
    if (left > 1) hash ^= bytes[wordsEnd + 1]! << 8;
    hash = Math.imul(hash ^ bytes[wordsEnd]!, MULTIPLIER);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/** Clears the sign bit, which is how Kafka makes a hash fit for a remainder (it is not the absolute value). */
export function toPositive(hash: number): number {
  return hash & 0x7fff_ffff;
}

/**
 * The partition of a record with a key, as Kafka's default partitioner chooses it.
 *
 * @param partitionCount of the topic, at least 1
 */
export function partitionForKey(key: Uint8Array, partitionCount: number): number {
  return toPositive(murmur2(key)) % partitionCount;
}

/**
 * Java's `String.hashCode`: over UTF-16 code units.
 *
 * @returns a signed 32-bit integer
 */
export function javaStringHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index += 1)
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return hash;
}

const INT32_MIN = -0x8000_0000;

/**
 * The partition of `__consumer_offsets` (by group id) or `__transaction_state` (by transactional id) that coordinates an id.
 *
 * @param partitionCount of that topic, at least 1
 */
export function coordinatorPartitionFor(id: string, partitionCount: number): number {
  // Here Kafka does take the absolute value, and 0 for the one hash that has none (Utils.abs).
  const hash = javaStringHash(id);
  return (hash === INT32_MIN ? 0 : Math.abs(hash)) % partitionCount;
}
