import { describe, expect, it } from 'vitest';
import { type Line, LineSplitter } from './line-splitter.ts';

function linesOf(splitter: LineSplitter): Line[] {
  const lines: Line[] = [];
  for (let line = splitter.next(); line !== undefined; line = splitter.next()) lines.push(line);
  return lines;
}

describe('a line splitter', () => {
  it('given a last line without an end, when the end comes, then the line is given once, whole', () => {
    const splitter = new LineSplitter(0);
    splitter.add(Buffer.from('one\ntw'));
    expect(linesOf(splitter)).toEqual([{ text: 'one', endPosition: 4 }]);
    expect(linesOf(splitter)).toEqual([]);
    expect(splitter.readPosition).toBe(6);

    splitter.add(Buffer.from('o\n'));
    expect(linesOf(splitter)).toEqual([{ text: 'two', endPosition: 8 }]);
  });

  it('given LF, CR LF and CR, when split, then each ends a line and belongs to none', () => {
    const splitter = new LineSplitter(0);
    splitter.add(Buffer.from('a\nb\r\nc\rd\n\n'));

    expect(linesOf(splitter)).toEqual([
      { text: 'a', endPosition: 2 },
      { text: 'b', endPosition: 5 },
      { text: 'c', endPosition: 7 },
      { text: 'd', endPosition: 9 },
      { text: '', endPosition: 10 },
    ]);
  });

  it('given CR LF in two chunks, when split, then there is no empty line between them', () => {
    const splitter = new LineSplitter(0);
    splitter.add(Buffer.from('a\r'));
    expect(linesOf(splitter)).toEqual([]);

    splitter.add(Buffer.from('\nb\n'));
    expect(linesOf(splitter)).toEqual([
      { text: 'a', endPosition: 3 },
      { text: 'b', endPosition: 5 },
    ]);
  });

  it('given UTF-8 cut at every byte, when split, then the text is what it was and positions are bytes', () => {
    const bytes = Buffer.from('tõde 🦦\nja\n');
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const splitter = new LineSplitter(0);
      splitter.add(bytes.subarray(0, cut));
      const before = linesOf(splitter);
      splitter.add(bytes.subarray(cut));
      expect([...before, ...linesOf(splitter)], `cut at ${cut}`).toEqual([
        { text: 'tõde 🦦', endPosition: 11 },
        { text: 'ja', endPosition: 14 },
      ]);
    }
  });

  it('given a start in the middle of a file, when split, then positions count from the start of the file', () => {
    const splitter = new LineSplitter(100);
    splitter.add(Buffer.from('one\n'));
    expect(linesOf(splitter)).toEqual([{ text: 'one', endPosition: 104 }]);
  });

  it('given a buffer that is used again after it was added, when the line ends, then its first bytes are kept', () => {
    const splitter = new LineSplitter(0);
    const chunk = Buffer.from('ab');
    splitter.add(chunk);
    chunk.fill('x');
    splitter.add(Buffer.from('\n'));
    expect(splitter.next()?.text).toBe('ab');
  });

  it('given lines from one byte to 3 MB in chunks of any size, when split, then each is what it was', () => {
    const text = [1, 70_000, 3, 3_000_000, 500, 2, 90_000, 1].map((length, n) =>
      String.fromCodePoint(97 + n).repeat(length),
    );
    const bytes = Buffer.from(text.map((line) => `${line}\r\n`).join(''));
    for (const chunkBytes of [1_000, 65_536, 100_001]) {
      const splitter = new LineSplitter(0);
      const found: Line[] = [];
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        splitter.add(bytes.subarray(at, at + chunkBytes));
        found.push(...linesOf(splitter));
      }
      expect(found.map((line) => line.text).every((line, n) => line === text[n])).toBe(true);
      expect(found).toHaveLength(text.length);
      expect(found.at(-1)!.endPosition).toBe(bytes.length);
    }
  });
});
