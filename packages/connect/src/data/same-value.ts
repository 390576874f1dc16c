// Equality of Connect values by content, as Java's equals has it: bytes, lists, maps, dates, structs.

/** What compares itself: `Struct`, `Decimal`, `Schema`. */
interface Comparable {
  equals(other: unknown): boolean;
}

/** Whether two values of the data model are the same. -0 and 0 differ and NaN equals itself, as in Java's boxes. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  if (a instanceof Uint8Array)
    return b instanceof Uint8Array && a.length === b.length && Buffer.compare(a, b) === 0;
  if (Array.isArray(a))
    return (
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((element, index) => sameValue(element, b[index]))
    );
  if (a instanceof Map) return b instanceof Map && sameEntries(a, b);
  return isComparable(a) && a.equals(b);
}

function sameEntries(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    if (!b.has(key) || !sameValue(value, b.get(key))) return false;
  }
  return true;
}

function isComparable(value: object): value is Comparable {
  return 'equals' in value && typeof value.equals === 'function';
}
