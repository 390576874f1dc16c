// Bytes into lines, with bounded memory and no assumption about their encoding.
import { Buffer } from 'node:buffer';
import { usageError } from '../cli-error.ts';

/** Longest line in bytes: beyond it the input is hardly what the user thinks it is. */
export const LINE_BYTES_MAX = 67_108_864;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Yields the lines that each chunk completes, every line without its end, which is `\n` or `\r\n`. A last line without an end counts; an empty input has no
 * lines. The yielded bytes may share memory with the chunks.
 *
 * @throws CliError for a line longer than `LINE_BYTES_MAX`
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly Buffer[]> {
  let pieces: Buffer[] = [];
  let piecesBytes = 0;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: Buffer[] = [];
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, start);
      if (end < 0) break;
      const tail = bytes.subarray(start, end);
      lines.push(withoutReturn(pieces.length === 0 ? tail : Buffer.concat([...pieces, tail])));
      pieces = [];
      piecesBytes = 0;
      start = end + 1;
    }
    if (lines.length > 0) yield lines;
    if (start === bytes.length) continue;
    pieces.push(bytes.subarray(start));
    piecesBytes += bytes.length - start;
    if (piecesBytes > LINE_BYTES_MAX)
      throw usageError(`a line of the input is longer than ${LINE_BYTES_MAX} bytes`);
  }
  if (pieces.length > 0) yield [withoutReturn(Buffer.concat(pieces))];
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}
