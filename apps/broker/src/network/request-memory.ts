// How much memory requests may take, all connections together, from their first byte to their answer; and why that
// bound cannot make them wait for each other forever. Decision 0009 has the reasoning; the lanes are:
//
//   small    1/16   frames up to 64 KB: heartbeats and fetches get through whatever large frames do
//   stash    1/4    what a socket had delivered when its connection had to be paused: up to 64 KB for each
//   common   the rest without the express lane: first come, first served
//   express  the largest frame: one frame at a time, and that one always can grow to its end
//
// A frame takes memory as its bytes arrive. One that gets none waits, its socket paused, and the first in the queue
// gets the express lane next. While anybody waits, frames that arrive too slowly lose their connections.

/** Frames up to this size belong to the small lane. */
export const SMALL_FRAME_BYTES: number = 64 * 1024;
const SMALL_SHARE = 1 / 16;
const STASH_SHARE = 1 / 4;
/** What is left for frames above {@link SMALL_FRAME_BYTES}. The largest frame must fit in it. */
export const LARGE_FRAMES_SHARE: number = 1 - SMALL_SHARE - STASH_SHARE;

type Lane = 'small' | 'common' | 'express';

/** What one frame holds. Made by {@link RequestMemory.admit}; its fields are the memory's. */
export interface Reservation {
  readonly frameBytes: number;
  lane: Lane;
  bytes: number;
}

/** A connection that waits for memory, or whose frame is under way. */
export interface MemoryClient {
  /** Memory may be there now: ask again. */
  onMemory(): void;
  /** Whether the frame under way arrives more slowly than is fair while others wait. */
  isTooSlow(): boolean;
  /** Gives up the connection. */
  abort(reason: string): void;
}

export interface RequestMemoryOptions {
  /** `queued.max.request.bytes`; raised where the largest frame would not fit. */
  readonly boundBytes: number;
  /** What the largest frame takes: the capacity of a buffer for `socket.request.max.bytes`. */
  readonly largestFrameBytes: number;
  /** Calls back after a while; only used while somebody waits. Returns how to cancel. */
  readonly schedule: (delayMs: number, callback: () => void) => () => void;
  /** How often slow frames are looked for while others wait. Default 1,000 ms. */
  readonly sweepMs?: number;
}

/** The one account of request memory. */
export class RequestMemory {
  readonly boundBytes: number;
  readonly #limits: Readonly<Record<Lane | 'stash', number>>;
  readonly #used: Record<Lane | 'stash', number> = { small: 0, common: 0, express: 0, stash: 0 };
  readonly #waiting = new Set<MemoryClient>();
  readonly #receiving = new Set<MemoryClient>();
  readonly #schedule: RequestMemoryOptions['schedule'];
  readonly #sweepMs: number;
  #express: Reservation | undefined;
  #cancelSweep: (() => void) | undefined;
  #isWaking = false;
  #abortedTotal = 0;

  constructor(options: RequestMemoryOptions) {
    const { boundBytes, largestFrameBytes } = options;
    this.boundBytes = Math.max(boundBytes, Math.ceil(largestFrameBytes / LARGE_FRAMES_SHARE));
    this.#limits = {
      small: Math.floor(this.boundBytes * SMALL_SHARE),
      stash: Math.floor(this.boundBytes * STASH_SHARE),
      common: Math.floor(this.boundBytes * LARGE_FRAMES_SHARE) - largestFrameBytes,
      express: largestFrameBytes,
    };
    this.#schedule = options.schedule;
    this.#sweepMs = options.sweepMs ?? 1000;
  }

  /** Bytes held now; never above `boundBytes`. */
  get usedBytes(): number {
    const { small, common, express, stash } = this.#used;
    return small + common + express + stash;
  }

  /** How many connections wait for memory. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** How many connections were given up because their frames came too slowly while others waited. */
  get abortedTotal(): number {
    return this.#abortedTotal;
  }

  /** Whether memory is scarce: frames then take only little ahead of what has arrived. */
  get isScarce(): boolean {
    return this.#waiting.size > 0 || this.usedBytes * 2 > this.boundBytes;
  }

  /** A frame begins. It holds nothing yet. */
  admit(frameBytes: number): Reservation {
    const lane = frameBytes <= SMALL_FRAME_BYTES ? 'small' : 'common';
    return { frameBytes, lane, bytes: 0 };
  }

  /** Lets the reservation grow to `toBytes`. @returns false when there is no memory: call `wait`, and try again then */
  tryGrow(reservation: Reservation, toBytes: number): boolean {
    const { lane, bytes } = reservation;
    if (this.#fits(lane, toBytes - bytes)) {
      this.#used[lane] += toBytes - bytes;
      reservation.bytes = toBytes;
      return true;
    }
    if (lane === 'small' && this.#fits('common', toBytes))
      return this.#move(reservation, 'common', toBytes);
    if (lane === 'express' || this.#express !== undefined) return false;
    this.#express = reservation;
    return this.#move(reservation, 'express', toBytes);
  }

  /** The frame's memory is free again. */
  release(reservation: Reservation): void {
    this.#used[reservation.lane] -= reservation.bytes;
    reservation.bytes = 0;
    if (this.#express === reservation) this.#express = undefined;
    reservation.lane = this.admit(reservation.frameBytes).lane;
    this.#wake();
  }

  /** Takes memory for bytes that cannot be handled yet. @returns false when there is none: give up the connection */
  stash(bytes: number): boolean {
    if (!this.#fits('stash', bytes)) return false;
    this.#used.stash += bytes;
    return true;
  }

  unstash(bytes: number): void {
    this.#used.stash -= bytes;
  }

  /** The client's frame is under way (it may be found too slow) until `received`. */
  receiving(client: MemoryClient): void {
    this.#receiving.add(client);
  }

  /** The client has no frame under way any more. */
  received(client: MemoryClient): void {
    this.#receiving.delete(client);
  }

  /** Puts the client in the queue; `onMemory` is called when it is worth another try. */
  wait(client: MemoryClient): void {
    this.#waiting.add(client);
    this.#cancelSweep ??= this.#schedule(this.#sweepMs, () => this.#sweep());
  }

  /** The client is gone. */
  forget(client: MemoryClient): void {
    this.#waiting.delete(client);
    this.#receiving.delete(client);
    if (this.#waiting.size === 0) this.#stopSweep();
  }

  #fits(lane: Lane | 'stash', bytes: number): boolean {
    return this.#used[lane] + bytes <= this.#limits[lane];
  }

  #move(reservation: Reservation, to: Lane, toBytes: number): true {
    this.#used[reservation.lane] -= reservation.bytes;
    this.#used[to] += toBytes;
    reservation.lane = to;
    reservation.bytes = toBytes;
    return true;
  }

  /** Each that waits gets one try, in order; who fails keeps its place. */
  #wake(): void {
    if (this.#waiting.size === 0 || this.#isWaking) return;
    this.#isWaking = true;
    const queue = [...this.#waiting];
    this.#waiting.clear();
    for (const client of queue) client.onMemory();
    this.#isWaking = false;
    if (this.#waiting.size === 0) this.#stopSweep();
  }

  #sweep(): void {
    this.#cancelSweep = undefined;
    for (const client of Array.from(this.#receiving)) {
      if (this.#waiting.has(client) || !client.isTooSlow()) continue;
      this.#abortedTotal += 1;
      client.abort('its request arrives too slowly while others wait for memory');
    }
    this.#wake();
    if (this.#waiting.size > 0)
      this.#cancelSweep ??= this.#schedule(this.#sweepMs, () => this.#sweep());
  }

  #stopSweep(): void {
    this.#cancelSweep?.();
    this.#cancelSweep = undefined;
  }
}
