// Both sparse indexes against a linear scan over the same entries, and their files against damage.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OffsetIndex } from './offset-index.ts';
import { TimeIndex } from './time-index.ts';

const BASE_OFFSET = 1_000_000_000_000;
const LOG_BYTES = 2 ** 31 - 1;
/** Steps from one entry to the next; more entries than the arrays begin with. */
const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 })), {
  maxLength: 200,
});

interface Entry {
  /** Offset, or timestamp. */
  readonly key: number;
  readonly value: number;
}

function rising(start: Entry, moves: readonly (readonly [number, number])[]): Entry[] {
  let { key, value } = start;
  return moves.map(([byKey, byValue]) => ({ key: (key += byKey), value: (value += byValue) }));
}

function offsetIndexOf(entries: readonly Entry[]): OffsetIndex {
  const index = new OffsetIndex(BASE_OFFSET);
  for (const { key, value } of entries) index.append(key, value);
  return index;
}

function timeIndexOf(entries: readonly Entry[]): TimeIndex {
  const index = new TimeIndex(BASE_OFFSET);
  for (const { key, value } of entries) index.append(key, value);
  return index;
}

describe('OffsetIndex', () => {
  it('given any entries, when any offset is looked up, then it answers as a linear scan does', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: -10, max: 11_000 }), (moves, relative) => {
        const entries = rising({ key: BASE_OFFSET, value: 0 }, moves);
        const index = offsetIndexOf(entries);
        const offset = BASE_OFFSET + relative;
        const floor = entries.findLast((entry) => entry.key <= offset)?.value ?? 0;
        expect(index.floorPosition(offset)).toBe(floor);
        const ceiling = entries.find((entry) => entry.value > relative)?.value;
        expect(index.ceilingPosition(relative)).toBe(ceiling);
        expect(index.lastOffset).toBe(entries.at(-1)?.key ?? BASE_OFFSET);
        expect(index.lastPosition).toBe(entries.at(-1)?.value ?? 0);
      }),
    );
  });

  it('given any entries, when written and read, then the file has 8 bytes an entry and says the same', () => {
    fc.assert(
      fc.property(steps, (moves) => {
        const entries = rising({ key: BASE_OFFSET, value: 0 }, moves);
        const bytes = offsetIndexOf(entries).serialize();
        expect(bytes.length).toBe(entries.length * 8);
        const again = OffsetIndex.parse(bytes, BASE_OFFSET, LOG_BYTES);
        expect(again?.serialize()).toEqual(bytes);
        // Kafka preallocates: a file that was not trimmed ends in zeros.
        const untrimmed = Buffer.concat([bytes, Buffer.alloc(80)]);
        expect(OffsetIndex.parse(untrimmed, BASE_OFFSET, LOG_BYTES)?.count).toBe(entries.length);
      }),
    );
  });

  it('given any entries, when cut at any offset, then exactly the entries below it stay', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: -10, max: 11_000 }), (moves, relative) => {
        const entries = rising({ key: BASE_OFFSET, value: 0 }, moves);
        const index = offsetIndexOf(entries);
        index.truncateTo(BASE_OFFSET + relative);
        const kept = entries.filter((entry) => entry.key < BASE_OFFSET + relative);
        expect(index.serialize()).toEqual(offsetIndexOf(kept).serialize());
      }),
    );
  });

  it('given a file of odd length, out of order or past the log, when read, then it is refused', () => {
    const bytes = offsetIndexOf([
      { key: BASE_OFFSET + 5, value: 100 },
      { key: BASE_OFFSET + 9, value: 200 },
    ]).serialize();
    const swapped = Buffer.concat([bytes.subarray(8), bytes.subarray(0, 8)]);
    expect(OffsetIndex.parse(bytes.subarray(0, 13), BASE_OFFSET, 1000)).toBeUndefined();
    expect(OffsetIndex.parse(swapped, BASE_OFFSET, 1000)).toBeUndefined();
    expect(OffsetIndex.parse(bytes, BASE_OFFSET, 200)).toBeUndefined();
    expect(OffsetIndex.parse(bytes, BASE_OFFSET, 201)?.count).toBe(2);
  });

  it('given any bytes at all, when read, then they are refused or give rising entries inside the log', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        const index = OffsetIndex.parse(Buffer.from(garbage), BASE_OFFSET, 5000);
        if (index === undefined) return;
        expect(index.lastPosition).toBeLessThan(5000);
        expect(index.floorPosition(index.lastOffset)).toBe(index.lastPosition);
      }),
    );
  });
});

describe('TimeIndex', () => {
  const start: Entry = { key: 1_700_000_000_000, value: BASE_OFFSET };

  it('given any entries, when any timestamp is looked up, then it answers as a linear scan does', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: -10, max: 11_000 }), (moves, laterMs) => {
        const entries = rising(start, moves);
        const timestamp = start.key + laterMs;
        const floor = entries.findLast((entry) => entry.key <= timestamp)?.value ?? BASE_OFFSET;
        expect(timeIndexOf(entries).floorOffset(timestamp)).toBe(floor);
      }),
    );
  });

  it('given any entries, when written and read, then the file has 12 bytes an entry and says the same', () => {
    fc.assert(
      fc.property(steps, (moves) => {
        const index = timeIndexOf(rising(start, moves));
        const bytes = index.serialize();
        expect(bytes.length).toBe(moves.length * 12);
        const again = TimeIndex.parse(bytes, BASE_OFFSET);
        expect(again?.serialize()).toEqual(bytes);
        expect([again?.lastTimestamp, again?.lastOffset]).toEqual([
          index.lastTimestamp,
          index.lastOffset,
        ]);
      }),
    );
  });

  it('given a timestamp that is not higher than the last, when appended, then nothing is added', () => {
    const index = timeIndexOf([{ key: 500, value: BASE_OFFSET + 1 }]);
    index.append(500, BASE_OFFSET + 2);
    index.append(499, BASE_OFFSET + 3);
    index.append(-1, BASE_OFFSET + 4);
    expect([index.count, index.lastTimestamp, index.lastOffset]).toEqual([1, 500, BASE_OFFSET + 1]);
  });

  it('given any entries, when cut at any offset, then exactly the entries below it stay', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: -10, max: 11_000 }), (moves, relative) => {
        const entries = rising(start, moves);
        const index = timeIndexOf(entries);
        index.truncateTo(BASE_OFFSET + relative);
        const kept = entries.filter((entry) => entry.value < BASE_OFFSET + relative);
        expect(index.serialize()).toEqual(timeIndexOf(kept).serialize());
      }),
    );
  });

  it('given a file of odd length or out of order, when read, then it is refused', () => {
    const bytes = timeIndexOf([
      { key: 5, value: BASE_OFFSET + 1 },
      { key: 9, value: BASE_OFFSET + 2 },
    ]).serialize();
    const swapped = Buffer.concat([bytes.subarray(12), bytes.subarray(0, 12)]);
    expect(TimeIndex.parse(bytes.subarray(0, 20), BASE_OFFSET)).toBeUndefined();
    expect(TimeIndex.parse(swapped, BASE_OFFSET)).toBeUndefined();
  });
});
