import { describe, expect, it } from 'vitest';
import { startOffset } from './consume-plan.ts';

describe('where consume starts in a log from 10 to 20', () => {
  it.each([
    [{ kind: 'earliest' } as const, undefined, 10],
    [{ kind: 'latest' } as const, undefined, 20],
    [{ kind: 'offset', offset: 15 } as const, undefined, 15],
    [{ kind: 'offset', offset: 20 } as const, undefined, 20],
    [{ kind: 'before-end', count: 3 } as const, undefined, 17],
    [{ kind: 'before-end', count: 99 } as const, undefined, 10],
    [{ kind: 'timestamp', timestamp: 5 } as const, 12, 12],
    [{ kind: 'timestamp', timestamp: 5 } as const, -1, 20],
  ])('given %j and the look-up %s, then at %i', (start, atTimestamp, expected) => {
    expect(startOffset(start, 10, 20, atTimestamp)).toBe(expected);
  });

  it.each([9, 21])('given offset %i, then is refused', (offset) => {
    expect(() => startOffset({ kind: 'offset', offset }, 10, 20)).toThrow('goes from 10 to 20');
  });
});
