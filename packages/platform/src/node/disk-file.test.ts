import { describe, expect, it } from 'vitest';
import { dropBytes } from './disk-file.ts';

describe('dropBytes, after a short write', () => {
  it('given any count, when dropped, then exactly the bytes behind it remain, in order', () => {
    const source = ['abc', 'd', 'efgh'].map((text) => Buffer.from(text));
    for (let count = 0; count <= 8; count++) {
      const rest = dropBytes(source, count);

      expect(Buffer.concat(rest).toString()).toBe('abcdefgh'.slice(count));
      expect(rest.every((chunk) => chunk.length > 0)).toBe(true);
    }
    expect(source.map(String)).toEqual(['abc', 'd', 'efgh']);
  });
});
