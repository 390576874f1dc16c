// Whose turn it is: the user's code works on what it was given, or the consumer may rearrange things. A rebalance takes
// nothing from under a handler that works; a handler that works for too long costs the membership (max.poll.interval).
import type { Platform, Timer } from '@ottla/platform';

/** `idle`: nobody iterates or polls; `waiting`: inside `next` or `poll`; `working`: with something in hand. */
type Phase = 'idle' | 'waiting' | 'working';

/** How often the watch looks within one interval. */
const LOOKS = 8;

export class UserTurn {
  readonly #platform: Platform;
  #phase: Phase = 'idle';
  /** Goes up with everything handed out. */
  #count = 0;
  #holders: (() => void)[] = [];
  #isHeld = false;
  #onReleased: () => void;
  #timer: Timer | undefined;
  #isStalled = false;

  /** @param onReleased called when waiting calls should look again */
  constructor(platform: Platform, onReleased: () => void) {
    this.#platform = platform;
    this.#onReleased = onReleased;
  }

  /** Whether the next record must wait for somebody, or for the member to come back: no fast path. */
  get isInterrupted(): boolean {
    return this.#isHeld || this.#holders.length > 0 || this.#isStalled;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** The user asks for more: what it had is done. */
  ask(): void {
    this.#phase = 'waiting';
    this.#grant();
  }

  /** The user gets something. */
  give(): void {
    this.#phase = 'working';
    this.#count += 1;
  }

  /** The user has stopped asking. */
  stop(): void {
    this.#phase = 'idle';
    this.#count += 1;
    this.#grant();
  }

  /** Resolves when the user has nothing in hand; it gets nothing until `release`. */
  hold(): Promise<void> {
    return new Promise((resolve) => {
      this.#holders.push(resolve);
      if (this.#phase !== 'working') this.#grant();
    });
  }

  release(): void {
    this.#isHeld = false;
    if (this.#phase !== 'working') this.#grant();
    if (!this.#isHeld) this.#onReleased();
  }

  /** Whether it had stalled; it has not any more. */
  comeBack(): boolean {
    const had = this.#isStalled;
    this.#isStalled = false;
    return had;
  }

  /** Tells when the user has not asked for anything for `intervalMs` (up to an eighth more). */
  watch(intervalMs: number, onStalled: () => void): void {
    let seen = this.#count;
    let looks = 0;
    const look = (): void => {
      const isQuiet = this.#phase !== 'waiting' && this.#count === seen;
      seen = this.#count;
      looks = isQuiet ? looks + 1 : 0;
      if (looks === LOOKS) {
        this.#isStalled = true;
        onStalled();
      }
      this.#timer = this.#platform.timers.set(intervalMs / LOOKS, look);
    };
    this.#timer?.cancel();
    this.#timer = this.#platform.timers.set(intervalMs / LOOKS, look);
  }

  close(): void {
    this.#timer?.cancel();
    this.stop();
  }

  #grant(): void {
    if (this.#isHeld) return;
    const next = this.#holders.shift();
    if (next === undefined) return;
    this.#isHeld = true;
    next();
  }
}
