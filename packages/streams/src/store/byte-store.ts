// Ordered bytes: what every store is made on. Two implementations, one conformance suite: in memory, and in the task's database.
import type { StoreIterator } from './store-iterator.ts';

/** A key and its value. */
export interface ByteEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Part of the keys, by unsigned bytes; a bound that is missing is open. */
export interface ByteRange {
  /** Inclusive. */
  readonly from?: Buffer | undefined;
  /** Inclusive. */
  readonly to?: Buffer | undefined;
  /** Exclusive; for prefixes. */
  readonly before?: Buffer | undefined;
  /** Largest first. Default false. */
  readonly reverse?: boolean | undefined;
}

export interface ByteStore {
  get(key: Buffer): Buffer | null | Promise<Buffer | null>;
  /** Null deletes. */
  put(key: Buffer, value: Buffer | null): void;
  /** A view of the moment it is asked for; what is put later may or may not be seen. */
  range(range: ByteRange): StoreIterator<ByteEntry>;
  /** Roughly. */
  readonly approximateCount: number;
  close(): void;
}

/** The first bytes that are behind every key with this prefix; undefined: there are none. */
export function behindPrefix(prefix: Buffer): Buffer | undefined {
  for (let index = prefix.length - 1; index >= 0; index -= 1) {
    if (prefix[index] === 0xff) continue;
    const behind = Buffer.from(prefix.subarray(0, index + 1));
    behind[index]! += 1;
    return behind;
  }
  return undefined;
}
