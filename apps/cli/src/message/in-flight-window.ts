// How much may be on its way to the broker: reading the input waits while the window is full, so that memory stays
// bounded however long the input is.

/** Most messages on their way, one group whatever its size. */
export const IN_FLIGHT_MESSAGES_MAX = 20_000;

/** Most bytes of keys and values on their way, one group whatever its size. */
export const IN_FLIGHT_BYTES_MAX = 16_777_216;

/** Counts what was sent and not yet acknowledged. The first failure is kept and raised by the next call. */
export class InFlightWindow {
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  #messages = 0;
  #bytes = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(
    messagesMax: number = IN_FLIGHT_MESSAGES_MAX,
    bytesMax: number = IN_FLIGHT_BYTES_MAX,
  ) {
    this.#messagesMax = messagesMax;
    this.#bytesMax = bytesMax;
  }

  /** Takes in messages that were sent together. */
  add(acknowledged: Promise<unknown>, messageCount: number, sizeBytes: number): void {
    this.#messages += messageCount;
    this.#bytes += sizeBytes;
    const leave = () => {
      this.#messages -= messageCount;
      this.#bytes -= sizeBytes;
      this.#wake?.();
    };
    acknowledged.then(leave, (error: unknown) => {
      this.#failure ??= { error };
      leave();
    });
  }

  /** True when the next message has to wait for `room`. */
  get isFull(): boolean {
    return (
      this.#failure !== undefined ||
      this.#messages >= this.#messagesMax ||
      this.#bytes >= this.#bytesMax
    );
  }

  /** Waits until there is room. @throws the first failure of a message */
  room(): Promise<void> {
    return this.#until(() => !this.isFull);
  }

  /** Waits until everything is acknowledged. @throws the first failure of a message */
  drained(): Promise<void> {
    return this.#until(() => this.#messages === 0);
  }

  async #until(isReached: () => boolean): Promise<void> {
    while (this.#failure === undefined && !isReached())
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
