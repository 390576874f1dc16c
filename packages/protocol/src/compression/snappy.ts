// Snappy as Kafka stores it: the framing of the xerial library (a 16-byte header, then blocks, each a length and raw
// snappy). Raw snappy without framing is read as well, because some clients write it and Kafka's reader accepts it.
// Reading is TypeScript of our own (reasons in lz4.ts), writing is WebAssembly.

import { snappyCompress as wasmSnappyCompress } from '@platformatic/wasm-utils';

import { ProtocolError } from '../protocol-error.ts';
import { copyLiterals, copyMatch, OutputBuffer, tooLarge } from './output-buffer.ts';

/** 0x82 "SNAPPY" 0, version 1, lowest compatible version 1. */
const XERIAL_HEADER = Buffer.from('82534e415050590000000001' + '00000001', 'hex');
const XERIAL_MAGIC_BYTES = 8;
/** Reads as a negative block length, so the start of an appended stream can be told from a block. */
const XERIAL_MAGIC_WORD = XERIAL_HEADER.readInt32BE(0);
/** Kafka's writer cuts its input into blocks of this size. */
const BLOCK_BYTES = 32 * 1024;

/** The xerial framing around raw snappy blocks of at most 32 KB of input. */
export function snappyCompress(bytes: Buffer): Buffer {
  const parts: Buffer[] = [XERIAL_HEADER];
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const block = wasmSnappyCompress(bytes.subarray(start, start + BLOCK_BYTES));
    const length = Buffer.allocUnsafe(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

/**
 * The content of xerial-framed or raw snappy.
 *
 * @param maxBytes how many bytes may come out (inclusive); the declared lengths are checked before anything is allocated
 * @throws ProtocolError `CORRUPT_MESSAGE` for anything that is not snappy, `TOO_LARGE` past the bound
 */
export function snappyDecompress(bytes: Buffer, maxBytes: number): Buffer {
  if (!isXerial(bytes)) {
    const output = new OutputBuffer(0, maxBytes);
    decompressBlock(bytes, 0, bytes.length, output);
    return output.finish();
  }
  const output = new OutputBuffer(Math.min(bytes.length * 4, maxBytes), maxBytes);
  let at = XERIAL_HEADER.length;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw corrupt('block length cut off');
    const blockBytes = bytes.readInt32BE(at);
    if (blockBytes === XERIAL_MAGIC_WORD && isXerial(bytes.subarray(at))) {
      at += XERIAL_HEADER.length;
      continue;
    }
    at += 4;
    if (blockBytes < 0 || blockBytes > bytes.length - at)
      throw corrupt('block reaches past the end');
    decompressBlock(bytes, at, at + blockBytes, output);
    at += blockBytes;
  }
  return output.finish();
}

function isXerial(bytes: Buffer): boolean {
  return (
    bytes.length >= XERIAL_HEADER.length &&
    bytes.compare(XERIAL_HEADER, 0, XERIAL_MAGIC_BYTES, 0, XERIAL_MAGIC_BYTES) === 0
  );
}

/** Raw snappy: the uncompressed length as a varint, then literals and copies that add up to exactly that. */
function decompressBlock(input: Buffer, start: number, end: number, output: OutputBuffer): void {
  let at = start;
  let declared = 0;
  for (let scale = 1; ; scale *= 128) {
    if (at >= end || at - start >= 5) throw corrupt('no length');
    const byte = input[at++]!;
    declared += (byte & 0x7f) * scale;
    if (byte < 128) break;
  }
  const outputStart = output.length;
  if (declared > output.maxBytes - outputStart) throw tooLarge(output.maxBytes);
  // A copy of at most 64 bytes takes 3: no more than that can come out, so no more is allocated.
  if (declared > (end - at) * 32) throw corrupt('declared length out of proportion');
  const outputEnd = outputStart + declared;
  const bytes = output.makeRoom(outputStart, declared);
  let to = outputStart;
  while (at < end) {
    const tag = input[at++]!;
    const kind = tag & 3;
    if (kind === 0) {
      let length = (tag >>> 2) + 1;
      if (length > 60) {
        const lengthBytes = length - 60;
        if (at + lengthBytes > end) throw corrupt('literal length cut off');
        length = input.readUIntLE(at, lengthBytes) + 1;
        at += lengthBytes;
      }
      if (length > end - at) throw corrupt('literal reaches past the block');
      if (length > outputEnd - to) throw corrupt('longer than declared');
      to = copyLiterals(input, at, length, bytes, to);
      at += length;
      continue;
    }
    const distanceBytes = kind === 3 ? 4 : kind;
    if (at + distanceBytes > end) throw corrupt('copy cut off');
    const length = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const distance = kind === 3 ? input.readUInt32LE(at) : shortDistance(input, at, tag);
    at += distanceBytes;
    if (distance === 0 || distance > to - outputStart) throw corrupt('copy before the block');
    if (length > outputEnd - to) throw corrupt('longer than declared');
    to = copyMatch(bytes, to, distance, length);
  }
  if (to !== outputEnd) throw corrupt('shorter than declared');
  output.length = to;
}

/** The distance of a copy with one byte (three more bits are in the tag) or two. */
function shortDistance(input: Buffer, at: number, tag: number): number {
  return (tag & 3) === 1 ? ((tag >>> 5) << 8) | input[at]! : input[at]! | (input[at + 1]! << 8);
}

function corrupt(what: string): ProtocolError {
  return new ProtocolError('CORRUPT_MESSAGE', `snappy: ${what}`);
}
