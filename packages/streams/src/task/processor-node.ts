// A node with its author's code. What the code throws is taken to the processing handler here, at the innermost node, so
// that what was forwarded before stays forwarded. Kafka: ProcessorNode.
import { StreamsError } from '../errors.ts';
import type { MaybePromise, Processor } from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import type { AnySupplier } from '../topology/node-definition.ts';
import { NodeContext } from './node-context.ts';
import type { TaskHost, TaskNode } from './task-host.ts';

export class ProcessorNode implements TaskNode {
  readonly name: string;
  readonly context: NodeContext;
  readonly #host: TaskHost;
  readonly #processor: Processor;

  constructor(name: string, host: TaskHost, supplier: AnySupplier, stores: ReadonlySet<string>) {
    this.name = name;
    this.#host = host;
    this.context = new NodeContext(name, host, stores);
    // A fixed-key processor has the same methods, with narrower types: its records are records.
    this.#processor = (typeof supplier === 'function' ? supplier() : supplier.get()) as Processor;
  }

  init(): void {
    try {
      this.#processor.init?.(this.context);
    } catch (error) {
      throw asStreamsError(`failed to initialize processor ${this.name}`, error);
    }
  }

  process(record: Record<unknown, unknown>): MaybePromise {
    let done: MaybePromise;
    try {
      done = this.#processor.process(record);
    } catch (error) {
      return this.context.isBusy
        ? this.#settleFailed(record, error)
        : this.#host.nodeFailed(this.name, record, error);
    }
    if (done === undefined && !this.context.isBusy) return;
    return this.#settle(record, done);
  }

  close(): void {
    try {
      this.#processor.close?.();
    } catch (error) {
      throw asStreamsError(`failed to close processor ${this.name}`, error);
    }
  }

  async #settle(record: Record<unknown, unknown>, done: MaybePromise): Promise<void> {
    try {
      await done;
      await this.context.settle();
    } catch (error) {
      await this.#settleFailed(record, error);
    }
  }

  /** What was forwarded before the error is still under way: it ends first, and its own error counts more. */
  async #settleFailed(record: Record<unknown, unknown>, error: unknown): Promise<void> {
    await this.context.settle();
    await this.#host.nodeFailed(this.name, record, error);
  }
}

function asStreamsError(what: string, error: unknown): StreamsError {
  if (error instanceof StreamsError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StreamsError('PROCESSING_FAILED', `${what}: ${reason}`, { cause: error });
}
