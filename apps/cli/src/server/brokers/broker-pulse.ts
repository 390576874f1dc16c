// Does a broker's process answer? One that hangs (stopped by a signal, busy with itself) keeps its sockets, and the system takes
// connections for it: only a question tells.
import type { Connection, Platform, Timer } from '@ottla/platform';
import { VERSIONS_QUESTION } from '../../versions-question.ts';

/** From one question to the next. */
const ASK_EVERY_MS = 1_000;
/** Without an answer for so long it counts as not answering. */
const SILENT_AFTER_MS = 3_000;

/** Asks from `start` to `stop`. */
export class BrokerPulse {
  readonly #platform: Pick<Platform, 'clock' | 'timers' | 'net'>;
  readonly #port: number;
  readonly #onChange: () => void;
  #timer: Timer | undefined;
  #lookedMs = 0;
  #connection: Connection | undefined;
  #isConnecting = false;
  /** Monotonic milliseconds of the oldest question without an answer. */
  #askedMs: number | undefined;
  #isSilent = false;

  /** @param onChange it does not answer any more, or it does again */
  constructor(
    platform: Pick<Platform, 'clock' | 'timers' | 'net'>,
    port: number,
    onChange: () => void,
  ) {
    this.#platform = platform;
    this.#port = port;
    this.#onChange = onChange;
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.#lookedMs = this.#nowMs();
    this.#lookLater();
  }

  /** What follows is told by the process: it does not count as silent. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#connection?.destroy();
    this.#connection = undefined;
    this.#askedMs = undefined;
    this.#isSilent = false;
  }

  #nowMs(): number {
    return this.#platform.clock.monotonicMs();
  }

  #lookLater(): void {
    this.#timer = this.#platform.timers.set(ASK_EVERY_MS, () => this.#look());
  }

  #look(): void {
    const nowMs = this.#nowMs();
    // Who looks late stood still itself: answers may lie unread.
    if (this.#askedMs !== undefined && nowMs - this.#lookedMs > 2 * ASK_EVERY_MS)
      this.#askedMs = nowMs;
    this.#lookedMs = nowMs;
    this.#lookLater();
    if (this.#askedMs === undefined) void this.#ask(nowMs);
    else if (nowMs - this.#askedMs >= SILENT_AFTER_MS) this.#enter(true);
  }

  /** Never rejects: a connection that is refused is the end of the process, which is told otherwise. */
  async #ask(nowMs: number): Promise<void> {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    const connection = this.#connection ?? (await this.#connected());
    this.#isConnecting = false;
    if (connection === undefined) return;
    this.#askedMs = nowMs;
    connection.write([VERSIONS_QUESTION]);
  }

  async #connected(): Promise<Connection | undefined> {
    const { net } = this.#platform;
    const connection = await net
      .connect({ host: '127.0.0.1', port: this.#port, timeoutMs: SILENT_AFTER_MS })
      .catch(() => undefined);
    if (connection === undefined) return undefined;
    if (this.#timer === undefined) {
      connection.destroy();
      return undefined;
    }
    this.#connection = connection;
    connection.start({
      onData: () => {
        if (this.#connection !== connection) return;
        this.#askedMs = undefined;
        this.#enter(false);
      },
      onClose: () => {
        if (this.#connection !== connection) return;
        this.#connection = undefined;
        this.#askedMs = undefined;
      },
    });
    return connection;
  }

  #enter(isSilent: boolean): void {
    if (this.#isSilent === isSilent) return;
    this.#isSilent = isSilent;
    this.#onChange();
  }
}
