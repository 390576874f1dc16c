// A hierarchical timing wheel: any number of deadlines on one platform timer, O(1) to add and to cancel. Level 0 has
// slots of one tick, each level above has slots of 32 times the width below. An entry sits in the lowest level that
// reaches its deadline and moves down when time reaches its slot. Kafka: util/timer/TimingWheel.java, which finds the
// next slot with a delay queue; here each level remembers its occupied slots in the bits of a number.

import type { Clock, Timer, Timers } from '@ottla/platform';

const SLOTS = 32;
const LEVELS = 7;
const WIDTHS: readonly number[] = Array.from({ length: LEVELS }, (_, level) => SLOTS ** level);
/** Deadlines further away (2^34 ticks, 199 days at 1 ms) wait at this distance and are then sorted in again. */
const REACH_TICKS = SLOTS ** (LEVELS - 1) * (SLOTS - 1);

/** A doubly linked list of deadlines: one slot of the wheel, or those that are due. */
interface Slot {
  /** -1 for the list of what is due. */
  readonly level: number;
  readonly index: number;
  first: WheelTimer | undefined;
  last: WheelTimer | undefined;
}

/** One deadline, as given out by {@link TimerWheel.set}. Its fields belong to the wheel. */
export interface WheelTimer {
  readonly callback: () => void;
  /** Tick at which it is due. */
  readonly dueTick: number;
  slot: Slot | undefined;
  previous: WheelTimer | undefined;
  next: WheelTimer | undefined;
}

export interface TimerWheelOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly timers: Pick<Timers, 'set'>;
  /** Width of the finest slot, in milliseconds; default 1. */
  readonly tickMs?: number;
  /** Most callbacks in one turn of the event loop; the rest follow in later turns. Default 1,000. */
  readonly callbacksPerTurnMax?: number;
}

/** Calls callbacks at or after their deadlines, never before, in the order of their ticks. */
export class TimerWheel {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #timers: Pick<Timers, 'set'>;
  readonly #tickMs: number;
  readonly #callbacksPerTurnMax: number;
  readonly #startMs: number;
  readonly #levels: readonly Slot[][];
  /** Bit i of element l: slot i of level l holds something. */
  readonly #occupied: Uint32Array = new Uint32Array(LEVELS);
  readonly #due: Slot = { level: -1, index: 0, first: undefined, last: undefined };
  /** No slot holds an entry that is due at or before this tick. */
  #tick = 0;
  #size = 0;
  #armed: Timer | undefined;
  #armedTick = Infinity;
  #isClosed = false;

  constructor(options: TimerWheelOptions) {
    this.#clock = options.clock;
    this.#timers = options.timers;
    this.#tickMs = options.tickMs ?? 1;
    this.#callbacksPerTurnMax = options.callbacksPerTurnMax ?? 1000;
    this.#startMs = this.#clock.monotonicMs();
    this.#levels = WIDTHS.map((_, level) =>
      Array.from({ length: SLOTS }, (_slot, index) => ({
        level,
        index,
        first: undefined,
        last: undefined,
      })),
    );
  }

  /** How many deadlines wait. */
  get size(): number {
    return this.#size;
  }

  /** Calls `callback` once, `delayMs` (≥ 0) from now or a little later, unless cancelled before. */
  set(delayMs: number, callback: () => void): WheelTimer {
    const dueMs = this.#clock.monotonicMs() - this.#startMs + Math.max(0, delayMs);
    const dueTick = Math.max(this.#tick + 1, Math.ceil(dueMs / this.#tickMs));
    const timer: WheelTimer = {
      callback,
      dueTick,
      slot: undefined,
      previous: undefined,
      next: undefined,
    };
    if (this.#isClosed) return timer;
    this.#size += 1;
    this.#place(timer);
    if (dueTick < this.#armedTick) this.#arm(dueTick);
    return timer;
  }

  /** After it returns the callback is never called. Idempotent. */
  cancel(timer: WheelTimer): void {
    if (timer.slot === undefined) return;
    this.#remove(timer.slot, timer);
    this.#size -= 1;
    if (this.#size === 0) this.#disarm();
  }

  /** Drops every deadline without a call. */
  close(): void {
    this.#isClosed = true;
    this.#disarm();
    for (const slot of [this.#due, ...this.#levels.flat()])
      while (slot.first !== undefined) this.#remove(slot, slot.first);
    this.#size = 0;
  }

  #nowTick(): number {
    return Math.floor((this.#clock.monotonicMs() - this.#startMs) / this.#tickMs);
  }

  /** Sorts the entry into the slot that its distance asks for. */
  #place(timer: WheelTimer): void {
    const distance = Math.min(timer.dueTick - this.#tick, REACH_TICKS);
    if (distance <= 0) {
      this.#append(this.#due, timer);
      return;
    }
    let level = 0;
    while (distance >= WIDTHS[level]! * SLOTS) level += 1;
    const index = Math.floor((this.#tick + distance) / WIDTHS[level]!) % SLOTS;
    this.#append(this.#levels[level]![index]!, timer);
    this.#occupied[level]! |= 1 << index;
  }

  /** The tick at which the next occupied slot begins; `Infinity` when all are empty. */
  #nextSlotTick(): number {
    let next = Infinity;
    for (let level = 0; level < LEVELS; level += 1) {
      const occupied = this.#occupied[level]!;
      if (occupied === 0) continue;
      const position = Math.floor(this.#tick / WIDTHS[level]!);
      for (let step = 1; step <= SLOTS; step += 1) {
        if ((occupied & (1 << ((position + step) % SLOTS))) === 0) continue;
        next = Math.min(next, (position + step) * WIDTHS[level]!);
        break;
      }
    }
    return next;
  }

  /** Moves time on; what became due goes to the due list, in order. */
  #advance(): void {
    const now = this.#nowTick();
    for (let next = this.#nextSlotTick(); next <= now; next = this.#nextSlotTick()) {
      this.#tick = next;
      for (let level = LEVELS - 1; level >= 0; level -= 1) {
        if (next % WIDTHS[level]! !== 0) continue;
        this.#empty(this.#levels[level]![(next / WIDTHS[level]!) % SLOTS]!);
      }
    }
    this.#tick = Math.max(this.#tick, now);
  }

  /** Sorts the entries of a slot whose time has come in again: into lower levels, or among the due. */
  #empty(slot: Slot): void {
    let timer = slot.first;
    slot.first = undefined;
    slot.last = undefined;
    this.#occupied[slot.level]! &= ~(1 << slot.index);
    while (timer !== undefined) {
      const { next } = timer;
      timer.previous = undefined;
      timer.next = undefined;
      this.#place(timer);
      timer = next;
    }
  }

  #onTimer(): void {
    this.#armed = undefined;
    this.#armedTick = Infinity;
    this.#advance();
    try {
      for (let left = this.#callbacksPerTurnMax; left > 0; left -= 1) {
        const timer = this.#due.first;
        if (timer === undefined) break;
        this.#remove(this.#due, timer);
        this.#size -= 1;
        timer.callback();
      }
    } finally {
      // Also when a callback threw: the others keep their deadlines.
      if (this.#due.first !== undefined) this.#arm(this.#tick);
      else if (this.#size > 0) this.#arm(Math.min(this.#armedTick, this.#nextSlotTick()));
    }
  }

  #arm(tick: number): void {
    this.#disarm();
    if (this.#isClosed) return;
    this.#armedTick = tick;
    const delayMs = tick * this.#tickMs - (this.#clock.monotonicMs() - this.#startMs);
    // Node's timers have whole milliseconds and a longest delay; waking early only means to arm again.
    this.#armed = this.#timers.set(Math.min(Math.max(0, Math.ceil(delayMs)), 0x7fff_ffff), () =>
      this.#onTimer(),
    );
  }

  #disarm(): void {
    this.#armed?.cancel();
    this.#armed = undefined;
    this.#armedTick = Infinity;
  }

  #append(slot: Slot, timer: WheelTimer): void {
    timer.slot = slot;
    timer.previous = slot.last;
    timer.next = undefined;
    if (slot.last === undefined) slot.first = timer;
    else slot.last.next = timer;
    slot.last = timer;
  }

  #remove(slot: Slot, timer: WheelTimer): void {
    if (timer.previous === undefined) slot.first = timer.next;
    else timer.previous.next = timer.next;
    if (timer.next === undefined) slot.last = timer.previous;
    else timer.next.previous = timer.previous;
    timer.slot = undefined;
    timer.previous = undefined;
    timer.next = undefined;
    if (slot.first === undefined && slot.level >= 0)
      this.#occupied[slot.level]! &= ~(1 << slot.index);
  }
}
