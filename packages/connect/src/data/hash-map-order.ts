// The order in which Java's HashMap iterates. Kafka's JSON converter and transforms keep schemaless data in HashMaps, so
// this order decides the bytes of a JSON key, and with them the partition. Java: java.util.HashMap (tables of tree bins
// iterate in the same order as lists, but for some with more than eight equal slots, which are left out).

const CAPACITY_DEFAULT = 16;
const LOAD_FACTOR = 0.75;

/**
 * The entries in the order of a `HashMap` into which they were put one after the other. Later values replace earlier ones.
 *
 * @param capacity the table's first size: 16 for `new HashMap()`, see `capacityFor` for the others
 */
export function hashMap<K, V>(
  entries: Iterable<readonly [K, V]>,
  capacity: number = CAPACITY_DEFAULT,
): Map<K, V> {
  const inserted = new Map<K, V>(entries);
  let slots = capacity;
  while (inserted.size > slots * LOAD_FACTOR) slots *= 2;
  // A sort that keeps the order of equals: within a slot Java's entries stay in the order of insertion.
  const placed = Array.from(inserted, (entry) => ({ entry, slot: slotOf(entry[0], slots) }));
  placed.sort((a, b) => a.slot - b.slot);
  return new Map(placed.map(({ entry }) => entry));
}

/** The table of `new HashMap(entryCount)`. */
export function capacityFor(entryCount: number): number {
  let capacity = 1;
  while (capacity < entryCount) capacity *= 2;
  return capacity;
}

/** The table of `new HashMap(otherMap)`; that of an empty one is made by the first entry. */
export function capacityOfCopy(entryCount: number): number {
  if (entryCount === 0) return CAPACITY_DEFAULT;
  return capacityFor(Math.floor(entryCount / LOAD_FACTOR + 1));
}

function slotOf(key: unknown, slots: number): number {
  const hash = hashCode(key);
  return (hash ^ (hash >>> 16)) & (slots - 1);
}

/** Java's hashCode where it depends on the value alone: texts, integers, booleans. Other keys count as equal. */
function hashCode(key: unknown): number {
  if (typeof key === 'string') return textHash(key);
  if (typeof key === 'boolean') return key ? 1231 : 1237;
  if (typeof key === 'bigint' || (typeof key === 'number' && Number.isSafeInteger(key)))
    return integerHash(BigInt(key));
  return 0;
}

function textHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++)
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return hash;
}

/** Of a Long; for what fits 31 bits, of an Integer as well. */
function integerHash(value: bigint): number {
  return Number(BigInt.asIntN(32, value ^ (BigInt.asUintN(64, value) >> 32n)));
}
