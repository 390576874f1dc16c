// The orders in which Java's HashSet and TreeSet give their elements back. Kafka's text of a topology depends on them, and
// tools compare such texts, so `describe` repeats them.

/** What `String.hashCode` gives, spread as HashMap spreads it. */
function spreadHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index += 1)
    hash = (Math.imul(31, hash) + text.charCodeAt(index)) | 0;
  return hash ^ (hash >>> 16);
}

/** The distinct strings in the order of a HashSet that they were added to one by one. */
export function hashSetOrder(strings: Iterable<string>): string[] {
  const distinct = [...new Set(strings)];
  let buckets = 16;
  while (distinct.length > buckets * 0.75) buckets *= 2;
  const bucketOf = new Map(distinct.map((text) => [text, spreadHash(text) & (buckets - 1)]));
  // The sort is stable: within a bucket the first added comes first.
  return distinct.sort((a, b) => bucketOf.get(a)! - bucketOf.get(b)!);
}

/** Puts `item` where a TreeSet would, by the order as it is now; the items before may have been put by another. */
export function insertSorted<T>(items: T[], item: T, compare: (a: T, b: T) => number): void {
  if (items.includes(item)) return;
  const at = items.findIndex((other) => compare(item, other) < 0);
  items.splice(at < 0 ? items.length : at, 0, item);
}
