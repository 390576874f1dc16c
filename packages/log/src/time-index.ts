// The sparse index of one segment by time: highest timestamp so far → the offset that has it, 12 bytes an entry,
// both rising. As a file exactly Kafka's `.timeindex`. Pure. Kafka: TimeIndex.

const ENTRY_BYTES = 12;
/** What `TimeIndex.lastEntry` wants of a file's end. */
export const LAST_ENTRIES_BYTES: number = 2 * ENTRY_BYTES;
const CAPACITY_INITIAL = 64;
const TWO_32 = 2 ** 32;

/** Highest timestamps of a segment's prefixes. */
export class TimeIndex {
  readonly baseOffset: number;
  #timestamps: Float64Array;
  #offsets: Uint32Array;
  #count = 0;

  constructor(baseOffset: number) {
    this.baseOffset = baseOffset;
    this.#timestamps = new Float64Array(CAPACITY_INITIAL);
    this.#offsets = new Uint32Array(CAPACITY_INITIAL);
  }

  /** Reads the bytes of a `.timeindex` file; undefined when they cannot be one. */
  static parse(bytes: Buffer, baseOffset: number): TimeIndex | undefined {
    if (bytes.length % ENTRY_BYTES !== 0) return undefined;
    const index = new TimeIndex(baseOffset);
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const timestamp = bytes.readInt32BE(at) * TWO_32 + bytes.readUInt32BE(at + 4);
      const relative = bytes.readInt32BE(at + 8);
      if (timestamp === 0 && relative === 0 && at > 0) break;
      if (
        relative < 0 ||
        timestamp < index.lastTimestamp ||
        (index.#count > 0 && relative < index.#lastRelative())
      )
        return undefined;
      index.#push(timestamp, relative);
    }
    return index;
  }

  /**
   * The last entry, from the last bytes of a file: two entries, or all that it has. Undefined when they do not say for
   * certain: then the whole file must be read.
   *
   * @param endOffset of the segment (exclusive)
   */
  static lastEntry(
    bytes: Buffer,
    baseOffset: number,
    endOffset: number,
  ): { readonly timestamp: number; readonly offset: number } | undefined {
    const index = TimeIndex.parse(bytes, baseOffset);
    // Zeros are what Kafka has made room with, and not an entry.
    if (index === undefined || index.count === 0 || index.sizeBytes < bytes.length)
      return undefined;
    const { lastTimestamp: timestamp, lastOffset: offset } = index;
    return timestamp > 0 && offset < endOffset ? { timestamp, offset } : undefined;
  }

  get count(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#count * ENTRY_BYTES;
  }

  /** Milliseconds; −1 when empty. */
  get lastTimestamp(): number {
    return this.#count === 0 ? -1 : this.#timestamps[this.#count - 1]!;
  }

  /** Absolute; the base offset when empty. */
  get lastOffset(): number {
    return this.baseOffset + (this.#count === 0 ? 0 : this.#lastRelative());
  }

  /** Adds an entry when its timestamp is higher than the last; otherwise does nothing. */
  append(timestamp: number, offset: number): void {
    if (timestamp <= this.lastTimestamp || timestamp < 0) return;
    this.#push(
      timestamp,
      Math.max(offset - this.baseOffset, this.#count === 0 ? 0 : this.#lastRelative()),
    );
  }

  /** Offset (absolute) of the last entry whose timestamp is ≤ `timestamp`; the base offset when there is none. */
  floorOffset(timestamp: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#timestamps[middle]! <= timestamp) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? this.baseOffset : this.baseOffset + this.#offsets[low - 1]!;
  }

  /** Removes entries at or after `offset`. */
  truncateTo(offset: number): void {
    const relative = offset - this.baseOffset;
    while (this.#count > 0 && this.#lastRelative() >= relative) this.#count -= 1;
  }

  /** The file's bytes. */
  serialize(): Buffer {
    const bytes = Buffer.allocUnsafe(this.sizeBytes);
    for (let slot = 0; slot < this.#count; slot += 1) {
      const timestamp = this.#timestamps[slot]!;
      bytes.writeInt32BE(Math.floor(timestamp / TWO_32), slot * ENTRY_BYTES);
      bytes.writeUInt32BE(timestamp % TWO_32, slot * ENTRY_BYTES + 4);
      bytes.writeInt32BE(this.#offsets[slot]!, slot * ENTRY_BYTES + 8);
    }
    return bytes;
  }

  #push(timestamp: number, relative: number): void {
    if (this.#count === this.#offsets.length) this.#grow();
    this.#timestamps[this.#count] = timestamp;
    this.#offsets[this.#count] = relative;
    this.#count += 1;
  }

  #lastRelative(): number {
    return this.#offsets[this.#count - 1]!;
  }

  #grow(): void {
    const timestamps = new Float64Array(this.#timestamps.length * 2);
    timestamps.set(this.#timestamps);
    this.#timestamps = timestamps;
    const offsets = new Uint32Array(this.#offsets.length * 2);
    offsets.set(this.#offsets);
    this.#offsets = offsets;
  }
}
