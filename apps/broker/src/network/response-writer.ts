// Sends encoded responses over one connection, in order. Bytes that are in memory anyway go out at once; a region is
// asked for its next bytes only while less than the bound waits in the socket. So a slow reader of 50 MB holds a few
// hundred kilobytes, and what it holds is given back when it is flushed, or when the connection closes.

import type { Connection } from '@ottla/platform';
import type { Segment } from '@ottla/protocol';
import type { RegionChunk, ResponseRegion } from './response-region.ts';
import { isBytes, isResponseRegion } from './response-region.ts';

/** Bytes asked of a region at once. */
const REGION_CHUNK_BYTES = 128 * 1024;

export interface ResponseWriterOptions {
  readonly connection: Connection;
  /** `ottla.connection.response.buffer.bytes`. */
  readonly bufferBytes: number;
  /** Something went out. */
  readonly onFlushed: (bytes: number) => void;
  /** A region failed; the connection cannot go on. */
  readonly onFailure: (error: unknown) => void;
}

interface Outgoing {
  readonly segments: readonly Segment[];
  /** First segment that is not written in full. */
  index: number;
  /** Of the region at `index`: bytes that are not asked for yet. */
  regionLeft: number;
  /** After the last byte was flushed. */
  readonly onSent: () => void;
}

/** What one `write` call took with it. */
interface Flight {
  readonly bytes: number;
  readonly chunks: readonly RegionChunk[];
  readonly sent: (() => void)[];
}

const NO_CHUNKS: readonly RegionChunk[] = [];

/** The sending half of a connection. */
export class ResponseWriter {
  readonly #options: ResponseWriterOptions;
  readonly #queue: Outgoing[] = [];
  readonly #flights: Flight[] = [];
  #isReading = false;
  #isClosed = false;

  constructor(options: ResponseWriterOptions) {
    this.#options = options;
  }

  /** Whether something is still to be sent or flushed. */
  get isBusy(): boolean {
    return this.#queue.length > 0 || this.#flights.length > 0;
  }

  /** Queues a response; its regions belong to the writer from here on. `onSent` is called when all of it was flushed. */
  send(segments: readonly Segment[], onSent: () => void): void {
    if (this.#isClosed) {
      releaseRegions(segments, 0);
      return;
    }
    for (const segment of segments)
      if (!isBytes(segment) && !isResponseRegion(segment))
        throw new TypeError('a response with records that cannot be read');
    this.#queue.push({ segments, index: 0, regionLeft: regionBytes(segments[0]), onSent });
    this.#pump();
  }

  /** The connection is gone: gives back all that was not sent. `onSent` is not called any more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { chunks } of this.#flights) for (const chunk of chunks) chunk.release();
    for (const { segments, index } of this.#queue) releaseRegions(segments, index);
    this.#flights.length = 0;
    this.#queue.length = 0;
  }

  /** Writes as much as may wait in the socket now. */
  #pump(): void {
    if (this.#isReading || this.#isClosed || this.#queue.length === 0) return;
    const bytes: Uint8Array[] = [];
    let chunks: RegionChunk[] | undefined;
    const sent: (() => void)[] = [];
    let room = this.#options.bufferBytes - this.#options.connection.pendingWriteBytes;
    let size = 0;
    while (room > 0) {
      const head = this.#queue[0];
      if (head === undefined) break;
      const segment = head.segments[head.index];
      if (segment === undefined) {
        sent.push(head.onSent);
        this.#queue.shift();
        continue;
      }
      if (isBytes(segment)) {
        bytes.push(segment);
        size += segment.length;
        room -= segment.length;
        advance(head);
        continue;
      }
      const region = segment as ResponseRegion; // `send` has looked
      if (head.regionLeft === 0) {
        region.release();
        advance(head);
        continue;
      }
      const chunk = this.#readRegion(head, region, room);
      if (chunk === undefined) break;
      bytes.push(chunk.bytes);
      (chunks ??= []).push(chunk);
      size += chunk.bytes.length;
      room -= chunk.bytes.length;
    }
    if (this.#isClosed) for (const chunk of chunks ?? NO_CHUNKS) chunk.release();
    else if (bytes.length > 0)
      this.#write(bytes, { bytes: size, chunks: chunks ?? NO_CHUNKS, sent });
    else this.#notify(sent);
  }

  /** Nothing is left to write of these responses; their last bytes may still be on their way. */
  #notify(sent: readonly (() => void)[]): void {
    const last = this.#flights.at(-1);
    if (last !== undefined) last.sent.push(...sent);
    else for (const onSent of sent) onSent();
  }

  /** The region's next bytes if they are at hand; otherwise they are asked for, and the pump goes on when they come. */
  #readRegion(head: Outgoing, region: ResponseRegion, room: number): RegionChunk | undefined {
    const maxBytes = Math.min(head.regionLeft, REGION_CHUNK_BYTES, Math.max(room, 1));
    let next: RegionChunk | Promise<RegionChunk>;
    try {
      next = region.next(maxBytes);
    } catch (error) {
      this.#options.onFailure(error);
      return undefined;
    }
    if (!(next instanceof Promise)) return this.#accept(head, region, next) ? next : undefined;
    this.#isReading = true;
    next.then(
      (chunk) => this.#onChunk(head, region, chunk),
      (error: unknown) => {
        this.#isReading = false;
        if (!this.#isClosed) this.#options.onFailure(error);
      },
    );
    return undefined;
  }

  #onChunk(head: Outgoing, region: ResponseRegion, chunk: RegionChunk): void {
    this.#isReading = false;
    if (this.#isClosed) chunk.release();
    else if (this.#accept(head, region, chunk)) {
      this.#write([chunk.bytes], { bytes: chunk.bytes.length, chunks: [chunk], sent: [] });
      this.#pump();
    }
  }

  /** @returns false when the region gave nothing or too much: its length is on the wire, so that is the end */
  #accept(head: Outgoing, region: ResponseRegion, chunk: RegionChunk): boolean {
    const { length } = chunk.bytes;
    if (length === 0 || length > head.regionLeft) {
      chunk.release();
      this.#options.onFailure(
        new Error(
          `a region of ${region.sizeBytes} bytes gave ${length} of ${head.regionLeft} left`,
        ),
      );
      return false;
    }
    head.regionLeft -= length;
    if (head.regionLeft === 0) {
      region.release();
      advance(head);
    }
    return true;
  }

  #write(bytes: readonly Uint8Array[], flight: Flight): void {
    this.#flights.push(flight);
    this.#options.connection.write(bytes, () => this.#onFlushed(flight));
  }

  #onFlushed(flight: Flight): void {
    if (this.#isClosed) return;
    this.#flights.splice(this.#flights.indexOf(flight), 1);
    for (const chunk of flight.chunks) chunk.release();
    this.#options.onFlushed(flight.bytes);
    for (const onSent of flight.sent) onSent();
    this.#pump();
  }
}

/** Goes on to the next segment. */
function advance(head: Outgoing): void {
  head.index += 1;
  head.regionLeft = regionBytes(head.segments[head.index]);
}

function regionBytes(segment: Segment | undefined): number {
  return segment === undefined || isBytes(segment) ? 0 : segment.sizeBytes;
}

function releaseRegions(segments: readonly Segment[], from: number): void {
  for (const segment of segments.slice(from))
    if (!isBytes(segment) && isResponseRegion(segment)) segment.release();
}
