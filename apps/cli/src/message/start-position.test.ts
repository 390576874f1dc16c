import { describe, expect, it } from 'vitest';
import { parseStartPosition } from './start-position.ts';

describe('consume --offset', () => {
  it.each([
    ['earliest', { kind: 'earliest' }],
    ['end', { kind: 'latest' }],
    ['0', { kind: 'offset', offset: 0 }],
    ['-10', { kind: 'before-end', count: 10 }],
    ['@1700000000000', { kind: 'timestamp', timestamp: 1_700_000_000_000 }],
    ['@2026-01-31T12:00:00Z', { kind: 'timestamp', timestamp: Date.UTC(2026, 0, 31, 12) }],
  ])('given %s, then %j', (text, expected) => {
    expect(parseStartPosition(text)).toEqual(expected);
  });

  it.each(['', 'x', '@', '@soon', '1.5', '2026-01-31'])('given %j, then is refused', (text) => {
    expect(() => parseStartPosition(text)).toThrow('no place in a partition');
  });
});
