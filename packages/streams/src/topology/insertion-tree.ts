// A set that puts each element where Java's TreeSet would. Kafka sorts the neighbours of a node in such a set while their
// order still changes, so where an element ends up depends on how the tree was balanced at that moment; a sorted list gives
// other texts. Insertion as in CLRS 13.3. Kafka: java.util.TreeMap behind InternalTopologyBuilder.AbstractNode.

interface TreeNode<T> {
  readonly item: T;
  parent: TreeNode<T> | undefined;
  left: TreeNode<T> | undefined;
  right: TreeNode<T> | undefined;
  isRed: boolean;
}

export class InsertionTree<T> {
  readonly #compare: (a: T, b: T) => number;
  #root: TreeNode<T> | undefined = undefined;

  /** @param compare the order as it is at the moment of asking */
  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  /** Puts `item` in, unless something equal is met on the way. */
  add(item: T): void {
    let parent: TreeNode<T> | undefined;
    let isLeft = false;
    for (let node = this.#root; node !== undefined; node = isLeft ? node.left : node.right) {
      const order = this.#compare(item, node.item);
      if (order === 0) return;
      parent = node;
      isLeft = order < 0;
    }
    const node = { item, parent, left: undefined, right: undefined, isRed: true };
    if (parent === undefined) this.#root = node;
    else if (isLeft) parent.left = node;
    else parent.right = node;
    this.#rebalance(node);
  }

  /** From the least to the greatest, as they were put. */
  *[Symbol.iterator](): Generator<T> {
    yield* inOrder(this.#root);
  }

  /** No red node has a red parent; every path has as many black ones. */
  #rebalance(added: TreeNode<T>): void {
    let node = added;
    for (let parent = node.parent; parent?.isRed === true; parent = node.parent) {
      // A red node is not the root, so its parent has one as well.
      const grandparent = parent.parent!;
      const isLeft = parent === grandparent.left;
      const uncle = isLeft ? grandparent.right : grandparent.left;
      if (uncle?.isRed === true) {
        parent.isRed = false;
        uncle.isRed = false;
        grandparent.isRed = true;
        node = grandparent;
      } else {
        if (node === (isLeft ? parent.right : parent.left)) {
          this.#rotate(parent, isLeft);
          node = parent;
        }
        node.parent!.isRed = false;
        grandparent.isRed = true;
        this.#rotate(grandparent, !isLeft);
      }
    }
    this.#root!.isRed = false;
  }

  /** Lifts a child of `node` into its place: the right one to the left, or the left one to the right. */
  #rotate(node: TreeNode<T>, toLeft: boolean): void {
    const child = (toLeft ? node.right : node.left)!;
    const inner = toLeft ? child.left : child.right;
    if (toLeft) {
      node.right = inner;
      child.left = node;
    } else {
      node.left = inner;
      child.right = node;
    }
    if (inner !== undefined) inner.parent = node;
    const { parent } = node;
    child.parent = parent;
    node.parent = child;
    if (parent === undefined) this.#root = child;
    else if (parent.left === node) parent.left = child;
    else parent.right = child;
  }
}

function* inOrder<T>(node: TreeNode<T> | undefined): Generator<T> {
  if (node === undefined) return;
  yield* inOrder(node.left);
  yield node.item;
  yield* inOrder(node.right);
}
