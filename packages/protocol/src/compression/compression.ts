// The five codecs of a record batch behind two functions. Kafka: org.apache.kafka.common.record.internal.CompressionType and
// org.apache.kafka.common.compress. All of them run synchronously on the calling thread, with a bound on what comes out.

import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

import { ProtocolError } from '../protocol-error.ts';
import { lz4Compress, lz4Decompress } from './lz4.ts';
import { tooLarge } from './output-buffer.ts';
import { snappyCompress, snappyDecompress } from './snappy.ts';

/** Codec ids: the lowest three bits of a batch's attributes. */
export const Compression = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

/** The id of a codec. */
export type Compression = (typeof Compression)[keyof typeof Compression];

/** The name of a codec, as in the configuration key `compression.type`. */
export type CompressionName = keyof typeof Compression;

const NAMES = Object.keys(Compression) as CompressionName[];

/** True for an id that Kafka defines. */
export function isCompression(id: number): id is Compression {
  return id >= Compression.none && id <= Compression.zstd && Number.isInteger(id);
}

/**
 * The name of a codec id.
 *
 * @throws ProtocolError `UNSUPPORTED_COMPRESSION_TYPE` when there is no such codec
 */
export function compressionName(id: number): CompressionName {
  const name = NAMES[id];
  if (name === undefined) throw unknownCodec(id);
  return name;
}

/**
 * Compresses the records of a batch.
 *
 * @param level gzip 1–9 (default 6), zstd −131072–22 (default 3); lz4 has one level here and ignores it
 * @returns the bytes in the framing that Kafka stores; for `none` the input itself
 * @throws ProtocolError `UNSUPPORTED_COMPRESSION_TYPE` for an id that is no codec
 */
export function compress(codec: number, bytes: Buffer, level?: number): Buffer {
  switch (codec) {
    case Compression.none:
      return bytes;
    case Compression.gzip:
      return gzipSync(bytes, level === undefined ? {} : { level });
    case Compression.snappy:
      return snappyCompress(bytes);
    case Compression.lz4:
      return lz4Compress(bytes);
    case Compression.zstd:
      return zstdCompressSync(
        bytes,
        level === undefined ? {} : { params: { [constants.ZSTD_c_compressionLevel]: level } },
      );
    default:
      throw unknownCodec(codec);
  }
}

/**
 * Decompresses the records of a batch, within a bound.
 *
 * @param maxBytes how many bytes may come out (inclusive)
 * @param magic the message format around it: format 0 wrote LZ4 frames with a wrong header checksum
 * @returns the records; for `none` the input itself
 * @throws ProtocolError `TOO_LARGE` when more than `maxBytes` would come out, `CORRUPT_MESSAGE` when the bytes are not the
 *   codec's, `UNSUPPORTED_COMPRESSION_TYPE` for an id that is no codec
 */
export function decompress(codec: number, bytes: Buffer, maxBytes: number, magic = 2): Buffer {
  switch (codec) {
    case Compression.none:
      if (bytes.length > maxBytes) throw tooLarge(maxBytes);
      return bytes;
    case Compression.gzip:
      return inflate('gzip', gunzipSync, bytes, maxBytes);
    case Compression.snappy:
      return snappyDecompress(bytes, maxBytes);
    case Compression.lz4:
      return lz4Decompress(bytes, maxBytes, magic === 0);
    case Compression.zstd:
      return inflate('zstd', zstdDecompressSync, bytes, maxBytes);
    default:
      throw unknownCodec(codec);
  }
}

type InflateSync = (
  bytes: Buffer,
  options: { maxOutputLength: number; chunkSize: number },
) => Buffer;

const CHUNK_BYTES_MIN = 1024;
const CHUNK_BYTES_MAX = 128 * 1024;

/** Runs one of zlib's decoders; its errors become ours. */
function inflate(name: string, decode: InflateSync, bytes: Buffer, maxBytes: number): Buffer {
  const chunkSize = Math.min(CHUNK_BYTES_MAX, Math.max(CHUNK_BYTES_MIN, bytes.length * 6));
  try {
    return decode(bytes, { maxOutputLength: Math.max(1, maxBytes), chunkSize });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new ProtocolError('CORRUPT_MESSAGE', `${name}: ${(cause as Error).message}`, { cause });
  }
}

function unknownCodec(id: number): ProtocolError {
  return new ProtocolError('UNSUPPORTED_COMPRESSION_TYPE', `no compression codec has the id ${id}`);
}
