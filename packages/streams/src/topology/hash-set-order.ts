// The order in which Java's HashSet gives its elements back. Kafka's text of a topology depends on it, and people compare such
// texts, so `describe` repeats it.

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
