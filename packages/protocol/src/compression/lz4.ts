// LZ4 in the frame format, as Kafka stores it (org.apache.kafka.common.compress.internals.Lz4BlockInputStream): version 1,
// independent blocks only. Reading is TypeScript of our own, for three reasons: the bound holds exactly, byte by byte; a damaged
// frame is an error and not a WebAssembly trap that leaks its output buffer into a memory that never shrinks; and the
// checksum that format 0 got wrong can be left unchecked where it must be.
// Writing uses WebAssembly, whose input we chose ourselves.

import { lz4Compress as wasmLz4Compress } from '@platformatic/wasm-utils';

import { ProtocolError } from '../protocol-error.ts';
import { copyLiterals, copyMatch, OutputBuffer } from './output-buffer.ts';
import { xxhash32 } from './xxhash32.ts';

const MAGIC = 0x184d2204;
const FLAG_DICTIONARY = 0x01;
const FLAG_RESERVED = 0x02;
const FLAG_CONTENT_SIZE = 0x08;
const FLAG_BLOCK_CHECKSUM = 0x10;
const FLAG_INDEPENDENT = 0x20;
const BLOCK_STORED = 0x80000000;
const MIN_MATCH = 4;

/** One LZ4 frame with independent blocks. */
export function lz4Compress(bytes: Buffer): Buffer {
  // The WebAssembly wrapper's input buffer is detached when its memory has grown, and then refuses even an empty input.
  if (bytes.length === 0) return emptyFrame();
  return wasmLz4Compress(bytes);
}

/**
 * The content of one LZ4 frame; what follows its end mark is ignored, as Kafka does.
 *
 * @param maxBytes how many bytes may come out (inclusive)
 * @param ignoreHeaderChecksum message format 0 wrote a wrong one
 * @throws ProtocolError `CORRUPT_MESSAGE` for anything that is not such a frame, `TOO_LARGE` past the bound
 */
export function lz4Decompress(
  frame: Buffer,
  maxBytes: number,
  ignoreHeaderChecksum = false,
): Buffer {
  const { flags, blockBytesMax, headerEnd } = readFrameHeader(frame, ignoreHeaderChecksum);
  const checksumBytes = (flags & FLAG_BLOCK_CHECKSUM) === 0 ? 0 : 4;
  const output = new OutputBuffer(frame.length * 4, maxBytes);
  let at = headerEnd;
  for (;;) {
    if (at + 4 > frame.length) throw corrupt('frame ends without an end mark');
    const word = frame.readUInt32LE(at);
    at += 4;
    if (word === 0) return output.finish();
    const blockBytes = word & ~BLOCK_STORED;
    const blockEnd = at + blockBytes;
    if (blockBytes > blockBytesMax) throw corrupt('block larger than the frame allows');
    if (blockEnd + checksumBytes > frame.length) throw corrupt('block reaches past the end');
    if (checksumBytes !== 0 && frame.readUInt32LE(blockEnd) !== xxhash32(frame, at, blockEnd))
      throw corrupt('wrong block checksum');
    if (word >= BLOCK_STORED) output.append(frame, at, blockEnd);
    else decompressBlock(frame, at, blockEnd, output, blockBytesMax);
    at = blockEnd + checksumBytes;
  }
}

interface FrameHeader {
  readonly flags: number;
  readonly blockBytesMax: number;
  /** Where the first block starts. */
  readonly headerEnd: number;
}

function readFrameHeader(frame: Buffer, ignoreHeaderChecksum: boolean): FrameHeader {
  if (frame.length < 7 || frame.readUInt32LE(0) !== MAGIC) throw corrupt('not an LZ4 frame');
  const flags = frame.readUInt8(4);
  const descriptor = frame.readUInt8(5);
  const sizeCode = (descriptor >>> 4) & 7;
  if (flags >>> 6 !== 1) throw corrupt('unknown frame version');
  if ((flags & (FLAG_RESERVED | FLAG_DICTIONARY)) !== 0 || (descriptor & 0x8f) !== 0)
    throw corrupt('reserved bits set');
  if ((flags & FLAG_INDEPENDENT) === 0) throw corrupt('linked blocks, which Kafka does not read');
  if (sizeCode < 4) throw corrupt('unknown block size');
  const checksumAt = (flags & FLAG_CONTENT_SIZE) === 0 ? 6 : 14;
  if (frame.length <= checksumAt) throw corrupt('frame header cut off');
  const expected = (xxhash32(frame, 4, checksumAt) >>> 8) & 0xff;
  if (!ignoreHeaderChecksum && frame.readUInt8(checksumAt) !== expected)
    throw corrupt('wrong header checksum');
  return { flags, blockBytesMax: 1 << (8 + 2 * sizeCode), headerEnd: checksumAt + 1 };
}

/** One compressed block: sequences of (literals, match), the last with literals only. */
function decompressBlock(
  input: Buffer,
  start: number,
  end: number,
  output: OutputBuffer,
  blockBytesMax: number,
): void {
  const outputStart = output.length;
  const outputEnd = outputStart + blockBytesMax;
  let bytes = output.bytes;
  let to = outputStart;
  let at = start;
  while (at < end) {
    const token = input[at++]!;
    let literals = token >>> 4;
    if (literals === 15) {
      const lengthEnd = endOfLength(input, at, end);
      literals += lengthIn(input, at, lengthEnd);
      at = lengthEnd;
    }
    if (literals > end - at) throw corrupt('literals reach past the block');
    if (literals > outputEnd - to) throw corrupt('block grows too long');
    if (to + literals > bytes.length) bytes = output.makeRoom(to, literals);
    to = copyLiterals(input, at, literals, bytes, to);
    at += literals;
    if (at === end) {
      output.length = to;
      return;
    }
    if (at + 2 > end) throw corrupt('match cut off');
    const distance = input[at]! | (input[at + 1]! << 8);
    at += 2;
    let length = (token & 15) + MIN_MATCH;
    if (length === 15 + MIN_MATCH) {
      const lengthEnd = endOfLength(input, at, end);
      length += lengthIn(input, at, lengthEnd);
      at = lengthEnd;
    }
    if (distance === 0 || distance > to - outputStart) throw corrupt('match before the block');
    if (length > outputEnd - to) throw corrupt('block grows too long');
    if (to + length > bytes.length) bytes = output.makeRoom(to, length);
    to = copyMatch(bytes, to, distance, length);
  }
  throw corrupt('block without a last literal run');
}

/** A long length is a run of 255s and one byte below; where it ends, exclusive. */
function endOfLength(input: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && input[at] === 255) at += 1;
  if (at === end) throw corrupt('length cut off');
  return at + 1;
}

function lengthIn(input: Buffer, start: number, end: number): number {
  return (end - start - 1) * 255 + input[end - 1]!;
}

/** Magic, flags (version 1, independent blocks), descriptor (64 KB blocks), header checksum, end mark. */
function emptyFrame(): Buffer {
  return Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 0, 0, 0, 0]);
}

function corrupt(what: string): ProtocolError {
  return new ProtocolError('CORRUPT_MESSAGE', `lz4: ${what}`);
}
