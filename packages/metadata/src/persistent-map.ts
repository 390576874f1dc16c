// PersistentMap: an immutable map whose versions share structure. A change copies the path from the
// root to one leaf (at most seven small arrays), so keeping an image for every offset that is not yet
// committed costs what changed, not what exists. It is a hash array mapped trie (Bagwell 2001) with
// 32-way branches; equal hashes share a collision node.

const BITS = 5;
const MASK = (1 << BITS) - 1;

interface Leaf<K, V> {
  readonly kind: 'leaf';
  readonly hash: number;
  readonly key: K;
  readonly value: V;
}

interface Collision<K, V> {
  readonly kind: 'collision';
  readonly hash: number;
  readonly leaves: ReadonlyArray<Leaf<K, V>>;
}

interface Branch<K, V> {
  readonly kind: 'branch';
  /** Bit i is set when there is a child for the hash digit i. */
  readonly bitmap: number;
  readonly children: ReadonlyArray<Node<K, V>>;
}

type Node<K, V> = Leaf<K, V> | Collision<K, V> | Branch<K, V>;

/**
 * Immutable map from strings or integers to values. Every change returns a new map; the old one stays
 * valid and unchanged. Iteration order depends on the keys only, not on the history of changes
 * (except among keys whose 32-bit hashes are equal).
 */
export class PersistentMap<K extends string | number, V> {
  /** Number of entries. */
  readonly size: number;
  readonly #root: Node<K, V> | undefined;

  private constructor(root: Node<K, V> | undefined, size: number) {
    this.#root = root;
    this.size = size;
  }

  /** The map without entries. */
  static empty<K extends string | number, V>(): PersistentMap<K, V> {
    return new PersistentMap<K, V>(undefined, 0);
  }

  /** A map with the given entries; a later entry wins over an earlier one of the same key. */
  static from<K extends string | number, V>(
    entries: Iterable<readonly [K, V]>,
  ): PersistentMap<K, V> {
    let map = PersistentMap.empty<K, V>();
    for (const [key, value] of entries) map = map.set(key, value);
    return map;
  }

  /** The value of `key`, or `undefined` when there is none. */
  get(key: K): V | undefined {
    const hash = hashOf(key);
    let node = this.#root;
    let shift = 0;
    while (node !== undefined) {
      if (node.kind === 'leaf') return node.key === key ? node.value : undefined;
      if (node.kind === 'collision') return node.leaves.find((leaf) => leaf.key === key)?.value;
      const bit = 1 << ((hash >>> shift) & MASK);
      if ((node.bitmap & bit) === 0) return undefined;
      node = node.children[childIndex(node.bitmap, bit)];
      shift += BITS;
    }
    return undefined;
  }

  /** Whether there is an entry for `key`. */
  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  /** The map in which `key` has `value`; this map itself when it has that very value already. */
  set(key: K, value: V): PersistentMap<K, V> {
    const leaf: Leaf<K, V> = { kind: 'leaf', hash: hashOf(key), key, value };
    if (this.#root === undefined) return new PersistentMap<K, V>(leaf, 1);
    const previous = this.get(key);
    if (previous === value && value !== undefined) return this;
    const root = insert(this.#root, leaf, 0);
    return new PersistentMap<K, V>(root, previous === undefined ? this.size + 1 : this.size);
  }

  /** The map without `key`; this map itself when there is no such entry. */
  delete(key: K): PersistentMap<K, V> {
    if (this.#root === undefined || !this.has(key)) return this;
    return new PersistentMap<K, V>(remove(this.#root, key, hashOf(key), 0), this.size - 1);
  }

  /** Entries, one after the other; the map cannot change meanwhile. */
  *entries(): IterableIterator<[K, V]> {
    if (this.#root === undefined) return;
    const stack: Array<Node<K, V>> = [this.#root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (node.kind === 'leaf') yield [node.key, node.value];
      else if (node.kind === 'collision') {
        for (const leaf of node.leaves) yield [leaf.key, leaf.value];
      } else {
        for (let i = node.children.length - 1; i >= 0; i--)
          stack.push(node.children[i] as Node<K, V>);
      }
    }
  }

  /** Keys, in the order of `entries`. */
  *keys(): IterableIterator<K> {
    for (const [key] of this.entries()) yield key;
  }

  /** Values, in the order of `entries`. */
  *values(): IterableIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries();
  }
}

function insert<K, V>(node: Node<K, V>, leaf: Leaf<K, V>, shift: number): Node<K, V> {
  if (node.kind === 'branch') {
    const bit = 1 << ((leaf.hash >>> shift) & MASK);
    const index = childIndex(node.bitmap, bit);
    if ((node.bitmap & bit) === 0) {
      const children = node.children.toSpliced(index, 0, leaf);
      return { kind: 'branch', bitmap: node.bitmap | bit, children };
    }
    const child = insert(node.children[index] as Node<K, V>, leaf, shift + BITS);
    return { kind: 'branch', bitmap: node.bitmap, children: node.children.with(index, child) };
  }
  if (node.hash !== leaf.hash) return join(node, leaf, shift);
  if (node.kind === 'leaf') {
    if (node.key === leaf.key) return leaf;
    return { kind: 'collision', hash: leaf.hash, leaves: [node, leaf] };
  }
  const others = node.leaves.filter((other) => other.key !== leaf.key);
  return { kind: 'collision', hash: leaf.hash, leaves: [...others, leaf] };
}

/** The smallest tree below `shift` that holds two nodes of different hashes. */
function join<K, V>(a: Leaf<K, V> | Collision<K, V>, b: Leaf<K, V>, shift: number): Node<K, V> {
  const digitA = (a.hash >>> shift) & MASK;
  const digitB = (b.hash >>> shift) & MASK;
  if (digitA === digitB) {
    return { kind: 'branch', bitmap: 1 << digitA, children: [join(a, b, shift + BITS)] };
  }
  const children = digitA < digitB ? [a, b] : [b, a];
  return { kind: 'branch', bitmap: (1 << digitA) | (1 << digitB), children };
}

/** `node` without `key`, which is known to be in it. */
function remove<K, V>(
  node: Node<K, V>,
  key: K,
  hash: number,
  shift: number,
): Node<K, V> | undefined {
  if (node.kind === 'leaf') return undefined;
  if (node.kind === 'collision') {
    const leaves = node.leaves.filter((leaf) => leaf.key !== key);
    return leaves.length === 1 ? leaves[0] : { kind: 'collision', hash: node.hash, leaves };
  }
  const bit = 1 << ((hash >>> shift) & MASK);
  const index = childIndex(node.bitmap, bit);
  const child = remove(node.children[index] as Node<K, V>, key, hash, shift + BITS);
  if (child === undefined) {
    const children = node.children.toSpliced(index, 1);
    if (children.length === 0) return undefined;
    return collapse({ kind: 'branch', bitmap: node.bitmap & ~bit, children });
  }
  return collapse({
    kind: 'branch',
    bitmap: node.bitmap,
    children: node.children.with(index, child),
  });
}

/** A branch with one child that is not itself a branch is that child, so that shape depends on keys only. */
function collapse<K, V>(branch: Branch<K, V>): Node<K, V> {
  const only = branch.children.length === 1 ? branch.children[0] : undefined;
  return only === undefined || only.kind === 'branch' ? branch : only;
}

function childIndex(bitmap: number, bit: number): number {
  return popCount(bitmap & (bit - 1));
}

function popCount(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** FNV-1a over UTF-16 units for strings, Murmur's finaliser for integers; 32 bits, unsigned. */
function hashOf(key: string | number): number {
  let hash = 0x811c9dc5;
  if (typeof key === 'string') {
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  } else {
    hash = key | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
