// One connection through a proxy: two one-way pipes, each of which can be held, delayed, thinned to a trickle or cut.
import type { Socket } from 'node:net';

/** How bytes go one way between two parties. */
export interface Weather {
  /** Nothing goes; what is sent meanwhile arrives when this ends, as TCP would resend it. */
  readonly isHeld?: boolean;
  /** On top of the way's own time, milliseconds. */
  readonly delayMs?: number;
  /** One byte each so many milliseconds. */
  readonly trickleMs?: number;
}

export const CLEAR: Weather = {};

/** What waits to be sent on beyond this, the sender is made to wait for: as a TCP window does. */
const WAITING_BYTES_MAX = 64 * 1024;

/** Bytes from one socket to the other, in order, as the weather allows. */
export class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #weather: () => Weather;
  /** With the time at which each may go. */
  readonly #waiting: { bytes: Buffer; due: number }[] = [];
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(from: Socket, to: Socket, weather: () => Weather) {
    this.#from = from;
    this.#to = to;
    this.#weather = weather;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.on('end', () => {
      this.#hasEnded = true;
      this.changed();
    });
  }

  /** Call when the weather has changed. */
  changed(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pass();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
  }

  #take(bytes: Buffer): void {
    this.#waiting.push({ bytes, due: performance.now() + (this.#weather().delayMs ?? 0) });
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > WAITING_BYTES_MAX) this.#from.pause();
    if (this.#timer === undefined) this.#pass();
  }

  #pass(): void {
    for (;;) {
      const { isHeld = false, trickleMs } = this.#weather();
      const next = this.#waiting[0];
      if (isHeld) return;
      if (next === undefined) break;
      const leftMs = next.due - performance.now();
      if (leftMs > 0) return this.#again(leftMs);
      if (trickleMs !== undefined) {
        this.#write(next.bytes.subarray(0, 1));
        if (next.bytes.length === 1) this.#waiting.shift();
        else next.bytes = next.bytes.subarray(1);
        return this.#again(trickleMs);
      }
      this.#write(next.bytes);
      this.#waiting.shift();
    }
    if (this.#hasEnded) this.#to.end();
  }

  #write(bytes: Buffer): void {
    this.#to.write(bytes);
    this.#waitingBytes -= bytes.length;
    if (this.#waitingBytes <= WAITING_BYTES_MAX && this.#from.isPaused()) this.#from.resume();
  }

  #again(afterMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pass();
    }, afterMs);
  }
}
