// The newest appends of all logs stay in memory within one budget, so that a tailing consumer or follower is answered by
// slices. Accounted by slab, because one slice keeps its whole slab; the oldest append of any log goes first. DESIGN §4.3.
import type { SlabLease } from './slab-pool.ts';

/** One appended write, readable from memory. */
export interface CachedAppend {
  /** First and last offset, last inclusive. */
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly bytes: Buffer;
  readonly lease: SlabLease;
}

interface Node extends CachedAppend {
  readonly tail: LogTail;
  isEvicted: boolean;
}

const BUDGET_BYTES_DEFAULT = 8 * 1024 * 1024;

/** The budget, and the order in which appends leave. */
export class TailCache {
  readonly #budgetBytes: number;
  /** A queue with its head index, compacted now and then: all appends, oldest first. */
  #queue: (Node | undefined)[] = [];
  #head = 0;
  #usedBytes = 0;

  /** @param budgetBytes memory that cached slabs may take, `ottla.log.tail.cache.bytes` */
  constructor(budgetBytes: number = BUDGET_BYTES_DEFAULT) {
    this.#budgetBytes = budgetBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get budgetBytes(): number {
    return this.#budgetBytes;
  }

  /** The part of the cache that belongs to one log. */
  tail(): LogTail {
    return new LogTail((node) => this.#forget(node));
  }

  /** Keeps an append; takes a hold of its own on the lease. Appends of one log come in offset order. */
  add(tail: LogTail, append: CachedAppend): void {
    if (append.lease.slab.sizeBytes > this.#budgetBytes) {
      tail.clear();
      return;
    }
    append.lease.retain();
    const node: Node = {
      baseOffset: append.baseOffset,
      lastOffset: append.lastOffset,
      bytes: append.bytes,
      lease: append.lease,
      tail,
      isEvicted: false,
    };
    const { slab } = append.lease;
    if (slab.cachedAppends === 0) this.#usedBytes += slab.sizeBytes;
    slab.cachedAppends += 1;
    this.#queue.push(node);
    tail.push(node);
    while (this.#usedBytes > this.#budgetBytes && this.#head < this.#queue.length)
      this.#evictOldest();
  }

  #evictOldest(): void {
    const node = this.#queue[this.#head]!;
    // The slot lets go of the memory at once; it is only the array that is shortened now and then.
    this.#queue[this.#head] = undefined;
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    if (!node.isEvicted) node.tail.dropUpTo(node);
  }

  #forget(node: Node): void {
    node.isEvicted = true;
    const { slab } = node.lease;
    slab.cachedAppends -= 1;
    if (slab.cachedAppends === 0) this.#usedBytes -= slab.sizeBytes;
    node.lease.release();
  }
}

/** The cached tail of one log: a run of appends without a gap, up to the log's end. */
export class LogTail {
  #nodes: (Node | undefined)[] = [];
  #head = 0;
  readonly #forget: (node: Node) => void;

  constructor(forget: (node: Node) => void) {
    this.#forget = forget;
  }

  /** First offset that memory can serve, or Infinity. */
  get startOffset(): number {
    return this.#nodes[this.#head]?.baseOffset ?? Infinity;
  }

  /** Slot of the append that holds `offset` (≥ `startOffset`), for `at`. */
  find(offset: number): number {
    let low = this.#head;
    let high = this.#nodes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#nodes[middle]!.lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  at(slot: number): CachedAppend | undefined {
    return this.#nodes[slot];
  }

  push(node: CachedAppend): void {
    this.#nodes.push(node as Node);
  }

  /** Drops this append and those before it. */
  dropUpTo(node: CachedAppend): void {
    while (this.#head < this.#nodes.length) {
      const dropped = this.#nodes[this.#head]!;
      this.#nodes[this.#head] = undefined;
      this.#head += 1;
      this.#forget(dropped);
      if (dropped === node) break;
    }
    if (this.#head > 64 && this.#head * 2 > this.#nodes.length) {
      this.#nodes = this.#nodes.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Drops everything: the log was cut or closed. */
  clear(): void {
    if (this.#head === this.#nodes.length) return;
    const nodes = this.#nodes.slice(this.#head);
    this.#nodes = [];
    this.#head = 0;
    for (const node of nodes) this.#forget(node!); // from the head on none is dropped
  }
}
