// The bytes of one in-memory file. Pages of 64 KiB, each only as long as it needs to be, so that a
// thousand small files are small and a large one grows without copying what is there.
const PAGE_BYTES = 64 * 1024;
const PAGE_BYTES_MIN = 256;
const EMPTY = Buffer.alloc(0);

export class Pages {
  #pages: (Uint8Array | undefined)[] = [];
  #size = 0;

  /** Bytes; holes count. */
  get size(): number {
    return this.#size;
  }

  /** @returns how many bytes were read, 0 at the end */
  read(target: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(target.length, this.#size - position));
    for (let done = 0; done < count;) {
      const start = (position + done) % PAGE_BYTES;
      const length = Math.min(count - done, PAGE_BYTES - start);
      const stored = this.#pages[Math.floor((position + done) / PAGE_BYTES)]?.subarray(
        start,
        start + length,
      );
      if (stored !== undefined) target.set(stored, done);
      target.fill(0, done + (stored?.length ?? 0), done + length);
      done += length;
    }
    return count;
  }

  write(source: Uint8Array, position: number): void {
    for (let done = 0; done < source.length;) {
      const start = (position + done) % PAGE_BYTES;
      const length = Math.min(source.length - done, PAGE_BYTES - start);
      const page = this.#grow(Math.floor((position + done) / PAGE_BYTES), start + length);
      page.set(source.subarray(done, done + length), start);
      done += length;
    }
    if (source.length > 0) this.#size = Math.max(this.#size, position + source.length);
  }

  /** Cuts, or extends with zeros. */
  truncate(size: number): void {
    if (size < this.#size) {
      this.#pages.length = Math.min(this.#pages.length, Math.ceil(size / PAGE_BYTES));
      const rest = size % PAGE_BYTES;
      if (rest > 0) this.#pages[Math.floor(size / PAGE_BYTES)]?.fill(0, rest);
    }
    this.#size = size;
  }

  /** A copy of `length` bytes at `position`, as far as the file reaches. */
  slice(position: number, length: number): Buffer {
    const lengthThere = Math.min(length, this.#size - position);
    if (lengthThere <= 0) return EMPTY;
    const copy = Buffer.allocUnsafe(lengthThere);
    this.read(copy, position);
    return copy;
  }

  #grow(index: number, length: number): Uint8Array {
    const page = this.#pages[index];
    if (page !== undefined && page.length >= length) return page;
    let capacity = Math.max(PAGE_BYTES_MIN, (page?.length ?? 0) * 2);
    while (capacity < length) capacity *= 2;
    const grown = new Uint8Array(Math.min(capacity, PAGE_BYTES));
    if (page !== undefined) grown.set(page);
    this.#pages[index] = grown;
    return grown;
  }
}
