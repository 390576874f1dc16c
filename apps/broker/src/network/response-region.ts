// The part of a response that is not encoded but streamed: record batches in the tail cache or in a segment file.
// The writer leaves a splice for it (`RecordsRegion` of @ottla/protocol); the connection asks the region for bytes
// only as its socket drains, so that a slow reader of 50 MB pins a few hundred kilobytes. Kafka: Send, FileRecords.writeTo.

import type { RecordsRegion, Segment } from '@ottla/protocol';

/** Some bytes of a region. They must not change until `release` is called, which happens once they were flushed. */
export interface RegionChunk {
  readonly bytes: Uint8Array;
  /** Called exactly once: after the flush, or when the connection closed. */
  release(): void;
}

/** A source of exactly `sizeBytes` bytes, read front to back by one connection. */
export interface ResponseRegion extends RecordsRegion {
  /**
   * The next bytes: at least one, at most `maxBytes`. Called again only after the previous chunk arrived, and never
   * after all `sizeBytes` were given. A rejection closes the connection: the response's length is already on the wire.
   */
  next(maxBytes: number): RegionChunk | Promise<RegionChunk>;
  /**
   * Called exactly once: after the last chunk was given, or when the connection closed before. A `next` that is under way
   * then may still resolve; its chunk is released at once.
   */
  release(): void;
}

/** Whether a spliced region can be streamed. */
export function isResponseRegion(region: RecordsRegion): region is ResponseRegion {
  return typeof (region as Partial<ResponseRegion>).next === 'function';
}

/** Whether a piece of a response is bytes rather than a region. */
export function isBytes(segment: Segment): segment is Buffer {
  return segment instanceof Buffer;
}
