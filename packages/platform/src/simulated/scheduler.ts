// Virtual time: a queue of events in the order of their instant, then of their making. Each event
// belongs to a life; what belongs to an ended life never happens, what belongs to a stalled one waits.
import type { Timer } from '../ports.ts';
import type { Trace } from './trace.ts';

/** The time a process of some node lives, or (one for each simulation) the world around the nodes. */
export class Life {
  readonly name: string;
  isAlive = true;
  stalledUntilMs = 0;

  constructor(name: string) {
    this.name = name;
  }
}

class Event implements Timer {
  atMs: number;
  readonly order: number;
  readonly life: Life;
  readonly label: string;
  /** What it happens with, for the trace; or nothing. */
  readonly subject: string;
  /** Undefined once cancelled. */
  callback: (() => void) | undefined;
  readonly #onCancel: () => void;

  constructor(
    fields: Pick<Event, 'atMs' | 'order' | 'life' | 'label' | 'subject' | 'callback'>,
    onCancel: () => void,
  ) {
    this.atMs = fields.atMs;
    this.order = fields.order;
    this.life = fields.life;
    this.label = fields.label;
    this.subject = fields.subject;
    this.callback = fields.callback;
    this.#onCancel = onCancel;
  }

  cancel(): void {
    if (this.callback === undefined) return;
    this.callback = undefined;
    this.#onCancel();
  }
}

/** Events at one instant before the world counts as stuck there. */
const EVENTS_PER_INSTANT_MAX = 1_000_000;
/** Cancelled events are swept when they are this many and more than half of the queue. */
const SWEEP_COUNT_MIN = 1024;

export class Scheduler {
  readonly trace: Trace;
  nowMs = 0;
  /** Events that have happened. */
  eventCount = 0;
  /** Whom the newest event happened to. */
  lastName = '';
  #heap: Event[] = [];
  #orderNext = 0;
  #cancelledCount = 0;
  #eventsAtInstant = 0;
  readonly #holds: Set<Promise<unknown>> = new Set();
  readonly #swept = (): void => this.#sweep();

  constructor(trace: Trace) {
    this.trace = trace;
  }

  /** Calls back in `delayMs`, to the microsecond, unless the timer is cancelled or the life ends. */
  schedule(
    life: Life,
    delayMs: number,
    label: string,
    callback: () => void,
    subject: string = '',
  ): Timer {
    const atMs = Math.round((this.nowMs + Math.max(0, delayMs)) * 1000) / 1000;
    const order = this.#orderNext++;
    const event = new Event({ atMs, order, life, label, subject, callback }, this.#swept);
    if (life.isAlive) this.#push(event);
    return event;
  }

  /** Time stands still until `work`, which is real, has settled. */
  hold(work: Promise<unknown>): void {
    this.#holds.add(work);
    const letGo = (): void => void this.#holds.delete(work);
    work.then(letGo, letGo);
  }

  get isHeld(): boolean {
    return this.#holds.size > 0;
  }

  /** When the next event is due, undefined when there is none. */
  nextAtMs(): number | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.callback === undefined || !first.life.isAlive) {
        this.#pop();
        if (first.callback === undefined) this.#cancelledCount--;
      } else if (first.life.stalledUntilMs > first.atMs) {
        this.#pop();
        first.atMs = first.life.stalledUntilMs;
        this.#push(first);
      } else {
        return first.atMs;
      }
    }
    return undefined;
  }

  /** What happens now goes on in that life. @returns false when it is over or stalled: then it cannot, and has to be scheduled */
  happensTo(life: Life): boolean {
    if (!life.isAlive || life.stalledUntilMs > this.nowMs) return false;
    this.lastName = life.name;
    return true;
  }

  /** Performs the next event; call it only when `nextAtMs` has found one. */
  runNext(): void {
    const event = this.#pop();
    if (event === undefined) return;
    this.eventCount++;
    this.lastName = event.life.name;
    if (event.atMs > this.nowMs) {
      this.nowMs = event.atMs;
      this.#eventsAtInstant = 0;
    } else if (++this.#eventsAtInstant > EVENTS_PER_INSTANT_MAX) {
      throw new Error(`time does not move: ${event.life.name} ${event.label} again and again`);
    }
    this.trace.note(this.nowMs, event.life.name, event.label, 0, event.subject);
    const { callback } = event;
    event.callback = undefined;
    callback?.();
  }

  #sweep(): void {
    this.#cancelledCount++;
    if (this.#cancelledCount < SWEEP_COUNT_MIN) return;
    if (this.#cancelledCount * 2 < this.#heap.length) return;
    const live = this.#heap.filter((event) => event.callback !== undefined);
    this.#heap = [];
    this.#cancelledCount = 0;
    for (const event of live) this.#push(event);
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(event, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || last === first) return first;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      let child = heap[below];
      const right = heap[below + 1];
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        child = right;
        below++;
      }
      if (child === undefined || !isBefore(child, last)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(left: Event, right: Event): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}
