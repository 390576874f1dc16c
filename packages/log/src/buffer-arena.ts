// One stretch of memory, lent in runs of pages, the lowest place that is large enough first. What is in use lies close together,
// so that a process has as much memory as was ever lent at once, and not the holes that buffers of a hundred sizes leave in an
// allocator's heap: a broker under load had 15 MB of those. Pages that nobody has written to are no memory yet.

/** What the system maps at once. */
const PAGE_BYTES = 4096;
/** Above 32 MiB, which glibc always maps by itself and never mixes with its heap. */
const SIZE_BYTES_DEFAULT = 48 * 1024 * 1024;

/** Lends buffers that share one `ArrayBuffer`; not to be sent to another thread as they are, which would copy all of it. */
export class BufferArena {
  readonly #sizeBytes: number;
  #memory: ArrayBuffer | undefined;
  /** Free runs in the order of their places, in pages; no two of them touch. */
  readonly #starts: number[] = [0];
  readonly #lengths: number[];

  /** @param sizeBytes of address space, a multiple of 4 KiB; default 48 MiB */
  constructor(sizeBytes: number = SIZE_BYTES_DEFAULT) {
    this.#sizeBytes = sizeBytes;
    this.#lengths = [sizeBytes / PAGE_BYTES];
  }

  /** Unspecified content; undefined when there is no room in one piece. */
  take(sizeBytes: number): Buffer | undefined {
    const pages = Math.ceil(sizeBytes / PAGE_BYTES);
    const lengths = this.#lengths;
    for (let run = 0; run < lengths.length; run += 1) {
      const length = lengths[run]!;
      if (length < pages) continue;
      const start = this.#starts[run]!;
      if (length === pages) {
        this.#starts.splice(run, 1);
        lengths.splice(run, 1);
      } else {
        this.#starts[run] = start + pages;
        lengths[run] = length - pages;
      }
      this.#memory ??= Buffer.allocUnsafeSlow(this.#sizeBytes).buffer as ArrayBuffer;
      return Buffer.from(this.#memory, start * PAGE_BYTES, sizeBytes);
    }
    return undefined;
  }

  /** Whether `take` has made it. */
  owns(buffer: Buffer): boolean {
    return buffer.buffer === this.#memory;
  }

  /** Takes a whole buffer of `take` back. */
  give(buffer: Buffer): void {
    const start = buffer.byteOffset / PAGE_BYTES;
    const pages = Math.ceil(buffer.length / PAGE_BYTES);
    const starts = this.#starts;
    const lengths = this.#lengths;
    const next = this.#firstBehind(start);
    const joinsNext = starts[next] === start + pages;
    const joinsBefore = next > 0 && starts[next - 1]! + lengths[next - 1]! === start;
    if (joinsBefore && joinsNext) {
      lengths[next - 1]! += pages + lengths[next]!;
      starts.splice(next, 1);
      lengths.splice(next, 1);
    } else if (joinsBefore) {
      lengths[next - 1]! += pages;
    } else if (joinsNext) {
      starts[next] = start;
      lengths[next]! += pages;
    } else {
      starts.splice(next, 0, start);
      lengths.splice(next, 0, pages);
    }
  }

  /** The first free run whose place is behind this page. */
  #firstBehind(page: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! < page) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
