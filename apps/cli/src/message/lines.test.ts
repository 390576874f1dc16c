import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINE_BYTES_MAX, splitLines } from './lines.ts';

async function linesOf(chunks: readonly Uint8Array[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const some of splitLines(stream(chunks)))
    lines.push(...some.map((line) => line.toString('latin1')));
  return lines;
}

async function* stream(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

describe('splitLines', () => {
  it.each([
    ['', []],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\n\nb\r\n', ['a', '', 'b']],
    ['\n', ['']],
  ])('given %j, then yields %j', async (text, expected) => {
    expect(await linesOf([Buffer.from(text)])).toEqual(expected);
  });

  it('given any cut of the bytes into chunks, then the lines are the same', async () => {
    const texts = fc.array(fc.stringMatching(/^[a-z\u0080-\u00ff]{0,8}$/), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 7 }), async (lines, size) => {
        const bytes = Buffer.from(`${lines.join('\n')}\n`, 'latin1');
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
        expect(await linesOf(chunks)).toEqual(lines);
      }),
    );
  });

  it('given a line without end, then stops at the bound', async () => {
    const chunk = Buffer.alloc(LINE_BYTES_MAX / 2, 'x');
    await expect(linesOf([chunk, chunk, Buffer.from('x')])).rejects.toThrow('longer than');
  });
});
