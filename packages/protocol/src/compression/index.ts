// The door of the codecs; reached by users through `@ottla/protocol/records`.

export {
  compress,
  Compression,
  compressionName,
  type CompressionName,
  decompress,
  isCompression,
} from './compression.ts';
