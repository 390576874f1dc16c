// `mapAsync`: a function that takes time, for each record of a stream, several at once. Results go on in the order of the
// records, each in its record's context, when the task has its turn; a commit waits for all that is under way.
import type {
  BackgroundWork,
  InternalProcessorContext,
  RecordContext,
} from '../processor/internal-context.ts';
import { internalContext } from '../processor/internal-context.ts';
import type { MaybePromise, Processor, ProcessorContext } from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';

/** How `mapAsync` works. */
export interface MapAsyncOptions {
  /** How many records may be under way at once, at least 1. Default 16. */
  readonly concurrency?: number;
}

const DEFAULT_CONCURRENCY = 16;

/** A record that is under way. */
interface InFlight {
  readonly origin: RecordContext;
  readonly settled: Promise<void>;
  result: { readonly record: Record<unknown, unknown> } | { readonly error: unknown } | undefined;
}

/** The node of `mapAsync`. */
export class AsyncMapper implements Processor, BackgroundWork {
  readonly #map: (record: Record<unknown, unknown>) => Promise<Record<unknown, unknown>>;
  readonly #concurrency: number;
  #context!: InternalProcessorContext;
  /** Oldest first. */
  #inFlight: InFlight[] = [];

  /** @throws RangeError for a concurrency below 1 */
  constructor(
    map: (record: Record<unknown, unknown>) => Promise<Record<unknown, unknown>>,
    options: MapAsyncOptions = {},
  ) {
    this.#map = map;
    this.#concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;
    if (!(this.#concurrency >= 1))
      throw new RangeError(`mapAsync needs a concurrency of at least 1: ${this.#concurrency}`);
  }

  get isBusy(): boolean {
    return this.#inFlight.length > 0;
  }

  init(context: ProcessorContext): void {
    this.#context = internalContext(context);
    this.#context.addBackgroundWork(this);
  }

  process(record: Record<unknown, unknown>): MaybePromise {
    if (this.#inFlight.length >= this.#concurrency) return this.#processWhenRoom(record);
    this.#start(record);
  }

  close(): void {
    // After a clean commit nothing is under way; else what is will be read again.
    this.#inFlight = [];
  }

  drain(): MaybePromise {
    for (let first = this.#inFlight[0]; first?.result !== undefined; first = this.#inFlight[0]) {
      const done = this.#passOn(first);
      if (done !== undefined) return done.then(() => this.drain());
    }
  }

  async settle(): Promise<void> {
    for (let first = this.#inFlight[0]; first !== undefined; first = this.#inFlight[0]) {
      await first.settled;
      await this.#passOn(first);
    }
  }

  async #processWhenRoom(record: Record<unknown, unknown>): Promise<void> {
    const origin = this.#context.recordContext;
    const first = this.#inFlight[0]!;
    await first.settled;
    await this.#passOn(first);
    this.#start(record, origin);
  }

  #start(
    record: Record<unknown, unknown>,
    origin: RecordContext = this.#context.recordContext,
  ): void {
    const entry: InFlight = {
      origin,
      result: undefined,
      settled: this.#run(record).then(
        (mapped) => {
          entry.result = { record: mapped };
        },
        (error: unknown) => {
          entry.result = { error };
        },
      ),
    };
    this.#inFlight.push(entry);
  }

  /** What the function throws at once counts as its rejection. */
  async #run(record: Record<unknown, unknown>): Promise<Record<unknown, unknown>> {
    return this.#map(record);
  }

  #passOn(entry: InFlight): MaybePromise {
    // A close in between has forgotten it.
    if (this.#inFlight[0] !== entry) return;
    this.#inFlight.shift();
    const result = entry.result!;
    if ('record' in result) return this.#context.forwardIn(entry.origin, result.record);
    return this.#context.failIn(entry.origin, result.error);
  }
}
