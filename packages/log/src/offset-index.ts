// The sparse index of one segment: relative offset → byte position, 8 bytes an entry, both rising. In memory as two typed
// arrays; as a file exactly Kafka's `.index`. Pure. Kafka: OffsetIndex.

const ENTRY_BYTES = 8;
const CAPACITY_INITIAL = 64;

/** Positions of some batches in a segment, one about every `index.interval.bytes`. */
export class OffsetIndex {
  readonly baseOffset: number;
  #offsets: Uint32Array;
  #positions: Uint32Array;
  #count = 0;

  constructor(baseOffset: number) {
    this.baseOffset = baseOffset;
    this.#offsets = new Uint32Array(CAPACITY_INITIAL);
    this.#positions = new Uint32Array(CAPACITY_INITIAL);
  }

  /**
   * Reads the bytes of an `.index` file.
   * @returns undefined when they cannot be an index of a segment of `logBytes` bytes: it must be built anew
   */
  static parse(bytes: Buffer, baseOffset: number, logBytes: number): OffsetIndex | undefined {
    if (bytes.length % ENTRY_BYTES !== 0) return undefined;
    const index = new OffsetIndex(baseOffset);
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const relative = bytes.readInt32BE(at);
      const position = bytes.readInt32BE(at + 4);
      // A file that was not trimmed ends in zeros.
      if (relative === 0 && position === 0) break;
      if (
        relative <= index.#lastRelative() ||
        position <= index.#lastPosition() ||
        position >= logBytes
      )
        return undefined;
      index.append(baseOffset + relative, position);
    }
    return index;
  }

  get count(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#count * ENTRY_BYTES;
  }

  /** Last indexed offset (absolute); the base offset when empty. */
  get lastOffset(): number {
    return this.#count === 0 ? this.baseOffset : this.baseOffset + this.#lastRelative();
  }

  /** Position of the last entry; 0 when empty. */
  get lastPosition(): number {
    return this.#count === 0 ? 0 : this.#lastPosition();
  }

  /** Adds an entry; one that does not rise is passed over. */
  append(offset: number, position: number): void {
    const relative = offset - this.baseOffset;
    if (relative <= this.#lastRelative() && this.#count > 0) return;
    if (this.#count === this.#offsets.length) this.#grow();
    this.#offsets[this.#count] = relative;
    this.#positions[this.#count] = position;
    this.#count += 1;
  }

  /** Takes over the entries of another index from a position on. */
  appendFrom(other: OffsetIndex, position: number): void {
    for (let slot = 0; slot < other.#count; slot += 1)
      if (other.#positions[slot]! >= position)
        this.append(other.baseOffset + other.#offsets[slot]!, other.#positions[slot]!);
  }

  /** Position of the last entry whose offset is ≤ `offset`; 0 when there is none. */
  floorPosition(offset: number): number {
    const slot = this.#floor(offset - this.baseOffset);
    return slot < 0 ? 0 : this.#positions[slot]!;
  }

  /** Position of the first entry whose position is > `position`, or undefined: an upper bound for a read. */
  ceilingPosition(position: number): number | undefined {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#positions[middle]! > position) high = middle;
      else low = middle + 1;
    }
    return low < this.#count ? this.#positions[low] : undefined;
  }

  /** Removes entries at or after `offset`. */
  truncateTo(offset: number): void {
    const relative = offset - this.baseOffset;
    while (this.#count > 0 && this.#offsets[this.#count - 1]! >= relative) this.#count -= 1;
  }

  /** The file's bytes. */
  serialize(): Buffer {
    const bytes = Buffer.allocUnsafe(this.sizeBytes);
    for (let slot = 0; slot < this.#count; slot += 1) {
      bytes.writeInt32BE(this.#offsets[slot]!, slot * ENTRY_BYTES);
      bytes.writeInt32BE(this.#positions[slot]!, slot * ENTRY_BYTES + 4);
    }
    return bytes;
  }

  #floor(relative: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsets[middle]! <= relative) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #lastRelative(): number {
    return this.#count === 0 ? -1 : this.#offsets[this.#count - 1]!;
  }

  #lastPosition(): number {
    return this.#count === 0 ? -1 : this.#positions[this.#count - 1]!;
  }

  #grow(): void {
    const offsets = new Uint32Array(this.#offsets.length * 2);
    offsets.set(this.#offsets);
    this.#offsets = offsets;
    const positions = new Uint32Array(this.#positions.length * 2);
    positions.set(this.#positions);
    this.#positions = positions;
  }
}
