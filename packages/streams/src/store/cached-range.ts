// A range over what is stored with what a cache holds back in front of it. Nothing is flushed for it: reading, by a processor or by a
// query from outside, changes neither what goes on to the nodes after nor when. Kafka: MergedSortedCacheKeyValueBytesStoreIterator.
import type { ByteEntry, ByteRange, ByteStore } from './byte-store.ts';
import { merged, mergedLater } from './merged-entries.ts';
import type { SortedEntry } from './sorted-bytes.ts';
import type { StoreCache } from './store-cache.ts';
import { DiskIterator, mapIterator, MemoryIterator, type StoreIterator } from './store-iterator.ts';

/** @param decode a value as it is stored */
export function cachedRange<V>(
  cache: StoreCache<V> | undefined,
  bytes: ByteStore,
  range: ByteRange,
  decode: (stored: Buffer) => V,
): StoreIterator<SortedEntry<V>> {
  const stored = mapIterator(bytes.range(range), ({ key, value }: ByteEntry) => ({
    key,
    value: decode(value),
  }));
  if (cache === undefined || cache.isEmpty) return stored;
  const reverse = range.reverse === true;
  if (stored instanceof MemoryIterator)
    return new MemoryIterator(merged([...cache.range(range)], stored, reverse));
  return new DiskIterator(later(cache, range, stored));
}

/** The cache is looked at in the moment in which the disk begins: what leaves the one in between is in the other by then. */
async function* later<V>(
  cache: StoreCache<V>,
  range: ByteRange,
  stored: AsyncIterable<SortedEntry<V>>,
): AsyncGenerator<SortedEntry<V>> {
  yield* mergedLater([...cache.range(range)], stored, range.reverse === true);
}
