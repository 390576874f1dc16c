// The punctuations of one task: by stream time, due as soon as there is any, and by the wall clock. Kafka: the punctuating half of
// StreamTask.
import type {
  MaybePromise,
  Punctuation,
  PunctuationType,
  Punctuator,
} from '../processor/processor.ts';
import { nextDueAfter, PunctuationQueue, type ScheduledPunctuation } from './punctuation-queue.ts';
import { contextWithoutSource, type NodeContextLike, type TaskHost } from './task-host.ts';

export class Punctuations {
  /** How often one was called. */
  count = 0;
  readonly #host: TaskHost;
  readonly #queues: { readonly [type in PunctuationType]: PunctuationQueue } = {
    'stream-time': new PunctuationQueue(),
    'wall-clock-time': new PunctuationQueue(),
  };

  constructor(host: TaskHost) {
    this.#host = host;
  }

  /** @param startMs undefined: with the first record by stream time, after one interval by the wall clock */
  schedule(
    node: NodeContextLike,
    intervalMs: number,
    type: PunctuationType,
    punctuator: Punctuator,
    startMs: number | undefined,
  ): Punctuation {
    const isStreamTime = type === 'stream-time';
    const nowMs = isStreamTime ? this.#host.streamTimeMs : this.#host.wallClockMs;
    let dueMs = startMs ?? (isStreamTime ? 0 : nowMs + intervalMs);
    if (startMs !== undefined && startMs < nowMs) dueMs = nextDueAfter(startMs, intervalMs, nowMs);
    return this.#queues[type].schedule(node, punctuator, intervalMs, dueMs);
  }

  /** When the next one is due; undefined: never, as it is now. */
  nextDueMs(type: PunctuationType): number | undefined {
    return this.#queues[type].nextDueMs;
  }

  /** Calls what is due. @returns whether anything was */
  fire(type: PunctuationType, nowMs: number, before = false): boolean | Promise<boolean> {
    const queue = this.#queues[type];
    let hasFired = before;
    for (let due = queue.takeDue(nowMs); due !== undefined; due = queue.takeDue(nowMs)) {
      const scheduled = due;
      this.count += 1;
      hasFired = true;
      const done = this.#call(scheduled, nowMs);
      if (done !== undefined) {
        return done.then(() => {
          queue.again(scheduled, nowMs);
          return this.fire(type, nowMs, true);
        });
      }
      queue.again(scheduled, nowMs);
    }
    return hasFired;
  }

  /** Forgets all: their processors are closed. */
  clear(): void {
    for (const queue of Object.values(this.#queues)) queue.clear();
  }

  #call({ node, punctuator }: ScheduledPunctuation, timestamp: number): MaybePromise {
    this.#host.recordContext = contextWithoutSource(timestamp);
    let done: MaybePromise;
    try {
      done = punctuator(timestamp);
    } catch (error) {
      return node.isBusy
        ? this.#failed(node, error)
        : this.#host.nodeFailed(node.nodeName, undefined, error);
    }
    if (done === undefined && !node.isBusy) return;
    return this.#settle(node, done);
  }

  async #settle(node: NodeContextLike, done: MaybePromise): Promise<void> {
    try {
      await done;
      await node.settle();
    } catch (error) {
      await this.#failed(node, error);
    }
  }

  /** What was forwarded before the error is still under way: it ends first. */
  async #failed(node: NodeContextLike, error: unknown): Promise<void> {
    await node.settle();
    await this.#host.nodeFailed(node.nodeName, undefined, error);
  }
}
