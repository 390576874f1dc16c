// The queues that have a record, the one with the oldest head first. A binary heap as Java's PriorityQueue is one, so that of
// records with the same time Kafka's is first here too.
import type { RecordQueue } from './record-queue.ts';

export class QueueHeap {
  readonly #queues: RecordQueue[] = [];

  /** Puts a queue in; its head must stay as it is until it is taken out. */
  offer(queue: RecordQueue): void {
    const queues = this.#queues;
    let at = queues.length;
    while (at > 0) {
      const parentAt = (at - 1) >>> 1;
      const parent = queues[parentAt]!;
      if (timeOf(queue) >= timeOf(parent)) break;
      queues[at] = parent;
      at = parentAt;
    }
    queues[at] = queue;
  }

  /** Takes the first out. */
  poll(): RecordQueue | undefined {
    const first = this.#queues[0];
    const last = this.#queues.pop();
    if (last !== undefined && this.#queues.length > 0) this.#siftDown(last);
    return first;
  }

  /** Forgets all others. */
  keep(queues: ReadonlySet<RecordQueue>): void {
    const kept = this.#queues.filter((queue) => queues.has(queue));
    this.#queues.length = 0;
    for (const queue of kept) this.offer(queue);
  }

  #siftDown(queue: RecordQueue): void {
    const queues = this.#queues;
    const count = queues.length;
    let at = 0;
    while (at < count >>> 1) {
      let childAt = 2 * at + 1;
      if (childAt + 1 < count && timeOf(queues[childAt]!) > timeOf(queues[childAt + 1]!))
        childAt += 1;
      const child = queues[childAt]!;
      if (timeOf(queue) <= timeOf(child)) break;
      queues[at] = child;
      at = childAt;
    }
    queues[at] = queue;
  }
}

/** Only queues with a head are here. */
function timeOf(queue: RecordQueue): number {
  return queue.head!.timestamp;
}
