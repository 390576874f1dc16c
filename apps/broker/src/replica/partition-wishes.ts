// What a broker asks of the controller for its partitions: of all of them together one request is under way, what comes
// meanwhile goes with the next. Sent until the controller answers, which may have decided already.
import type { Logger, Platform, Timer } from '@ottla/platform';
import { ErrorCode, errorInfo } from '@ottla/protocol';
import type { ControllerChannel } from '../server/controller-channel.ts';
import type { Partition } from './partition.ts';

/** Who asks, and the way to the controller. */
export interface AskingBroker {
  readonly platform: Pick<Platform, 'timers'>;
  readonly logger: Logger;
  readonly brokerId: number;
  readonly brokerEpoch: () => number;
  readonly controller: Pick<ControllerChannel, 'send'>;
}

export interface PartitionWishesOptions<Wish, Response> extends Pick<
  AskingBroker,
  'platform' | 'logger'
> {
  /** Of the API, for the log. */
  readonly name: string;
  /** Before a request that failed as a whole is sent again, milliseconds. */
  readonly pauseMs: number;
  /** Most wishes of one request; default: all. */
  readonly wishesMax?: number;
  /** Whether it is still wished for. */
  readonly isCurrent: (partition: Partition, wish: Wish) => boolean;
  readonly send: (sent: ReadonlyMap<Partition, Wish>) => Promise<Response>;
  /** @returns whether the wish was answered for good; otherwise it is sent again after the pause */
  readonly isAnswered: (partition: Partition, wish: Wish, response: Response) => boolean;
  /** Every wish of one answer was looked at. */
  readonly onAnswered?: () => void;
}

/** One wish for each partition. */
export class PartitionWishes<Wish, Response extends { readonly errorCode: number }> {
  readonly #options: PartitionWishesOptions<Wish, Response>;
  readonly #pending = new Map<Partition, Wish>();
  #isSending = false;
  #isClosed = false;
  #pause: Timer | undefined;

  constructor(options: PartitionWishesOptions<Wish, Response>) {
    this.#options = options;
  }

  /** Asks for them; what was asked for a partition before and is not sent yet is forgotten. */
  ask(wishes: Iterable<readonly [Partition, Wish]>): void {
    for (const [partition, wish] of wishes) this.#pending.set(partition, wish);
    this.#send();
  }

  /** Sends nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#pause?.cancel();
  }

  #send(): void {
    if (this.#isSending || this.#isClosed || this.#pause !== undefined) return;
    const { isCurrent, wishesMax } = this.#options;
    for (const [partition, wish] of this.#pending)
      if (!isCurrent(partition, wish)) this.#pending.delete(partition);
    if (this.#pending.size === 0) return;
    this.#isSending = true;
    void this.#exchange(new Map([...this.#pending].slice(0, wishesMax))).then((isDone) => {
      this.#isSending = false;
      if (isDone) this.#send();
      else this.#sendLater();
    });
  }

  #sendLater(): void {
    if (this.#isClosed) return;
    const { platform, pauseMs } = this.#options;
    this.#pause = platform.timers.set(pauseMs, () => {
      this.#pause = undefined;
      this.#send();
    });
  }

  /** @returns false when it is better to wait a moment */
  async #exchange(sent: ReadonlyMap<Partition, Wish>): Promise<boolean> {
    const { name, logger, send } = this.#options;
    try {
      const response = await send(sent);
      if (this.#isClosed) return false;
      if (response.errorCode !== ErrorCode.NONE) {
        logger.warn(`${name} refused: ${errorInfo(response.errorCode).name}`);
        return false;
      }
      return this.#take(sent, response);
    } catch (error) {
      if (!this.#isClosed) logger.debug(`${name} failed`, { error: String(error) });
      return false;
    }
  }

  #take(sent: ReadonlyMap<Partition, Wish>, response: Response): boolean {
    let isDone = true;
    for (const [partition, wish] of sent)
      if (!this.#options.isAnswered(partition, wish, response)) isDone = false;
      else if (this.#pending.get(partition) === wish) this.#pending.delete(partition);
    this.#options.onAnswered?.();
    return isDone;
  }
}
