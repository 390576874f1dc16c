// RxJS operators as one node of a task (DESIGN §7): each record is pushed through them, and what they emit before the push
// returns is forwarded, in the record's context. Their rules:
//   - an error goes to the task's handler like any other, and the operators are subscribed anew: one bad record never ends a
//     stream, but what they remembered is gone (as it is after a restart or rebalance);
//   - what they emit later, by a timer or a promise, belongs to no record, and is an error;
//   - a stream does not end: operators that complete end the node with an error.
import { type Observable, type OperatorFunction, Subject, type Subscription } from 'rxjs';
import { StreamsError } from '../errors.ts';
import { type InternalProcessorContext, internalContext } from '../processor/internal-context.ts';
import type {
  MaybePromise,
  Processor,
  ProcessorContext,
  PunctuationType,
} from '../processor/processor.ts';
import { Record } from '../processor/record.ts';
import { TaskScheduler } from './task-scheduler.ts';

/** Schedulers for operators with a time of their own; what they do by them is emitted within the task. */
export interface TaskSchedulers {
  /** Moves with the records' timestamps. */
  readonly streamTime: TaskScheduler;
  /** Moves with the system's clock, looked at about every 100 ms. */
  readonly wallClock: TaskScheduler;
}

/** Makes the operators of one task, with its schedulers. */
export type MakeOperators = (
  schedulers: TaskSchedulers,
) => readonly OperatorFunction<unknown, unknown>[];

/** How often the wall clock's scheduler is looked at. */
const WALL_CLOCK_INTERVAL_MS = 100;

/** The node that runs operators. A new one serves each task, subscribed on its own. */
export class HostedOperators implements Processor {
  readonly #makeOperators: MakeOperators;
  #context!: InternalProcessorContext;
  #schedulers!: TaskSchedulers;
  #input = new Subject<Record<unknown, unknown>>();
  #subscription: Subscription | undefined = undefined;
  /** Whether emissions belong to something that the task does now. */
  #isOpen = false;
  #failure: { readonly error: unknown } | undefined = undefined;
  #isCompleted = false;

  constructor(makeOperators: MakeOperators) {
    this.#makeOperators = makeOperators;
  }

  init(context: ProcessorContext): void {
    const inner = internalContext(context);
    this.#context = inner;
    this.#schedulers = {
      streamTime: this.#scheduler('stream-time', 1, () => inner.currentStreamTimeMs),
      wallClock: this.#scheduler(
        'wall-clock-time',
        WALL_CLOCK_INTERVAL_MS,
        () => inner.currentSystemTimeMs,
      ),
    };
  }

  process(record: Record<unknown, unknown>): MaybePromise {
    if (this.#isCompleted) throw this.#completedError();
    this.#within(() => {
      if (this.#subscription === undefined) this.#subscribe();
      this.#schedulers.streamTime.runDue();
      this.#schedulers.wallClock.runDue();
      this.#input.next(record);
    });
  }

  close(): void {
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
  }

  /** A scheduler that punctuations keep going from its first use on. */
  #scheduler(type: PunctuationType, intervalMs: number, clock: () => number): TaskScheduler {
    let isUsed = false;
    const scheduler = new TaskScheduler(clock, () => {
      if (isUsed) return;
      isUsed = true;
      this.#context.schedule(intervalMs, type, () => {
        if (!this.#isCompleted) this.#within(() => scheduler.runDue());
      });
    });
    return scheduler;
  }

  /** Lets the operators work; what they emit meanwhile is forwarded, what they throw is thrown. */
  #within(work: () => void): void {
    this.#isOpen = true;
    this.#failure = undefined;
    try {
      work();
    } finally {
      this.#isOpen = false;
    }
    // What is set by the observer while `work` runs is not seen by the compiler's narrowing.
    const failure = this.#failure as { readonly error: unknown } | undefined;
    if (failure !== undefined) throw failure.error;
    if (this.#isCompleted) throw this.#completedError();
  }

  #subscribe(): void {
    const input = new Subject<Record<unknown, unknown>>();
    this.#input = input;
    let output: Observable<unknown> = input;
    for (const operator of this.#makeOperators(this.#schedulers)) output = operator(output);
    this.#subscription = output.subscribe({
      next: (emitted) => this.#emitted(emitted),
      error: (error: unknown) => this.#failed(error),
      complete: () => this.#completed(),
    });
  }

  /** Never throws: RxJS would report it to the process instead of the task. */
  #emitted(emitted: unknown): void {
    if (!this.#isOpen) {
      this.#context.failLater(this.#lateError());
    } else if (this.#failure === undefined) {
      try {
        if (!(emitted instanceof Record)) throw this.#noRecordError(emitted);
        // The node settles what has to wait, in order.
        void this.#context.forward(emitted);
      } catch (error) {
        this.#failure = { error };
      }
    }
  }

  #failed(error: unknown): void {
    this.#subscription = undefined;
    if (this.#isOpen) this.#failure ??= { error };
    else this.#context.failLater(error);
  }

  #completed(): void {
    this.#isCompleted = true;
    if (!this.#isOpen) this.#context.failLater(this.#completedError());
  }

  #lateError(): StreamsError {
    return new StreamsError(
      'OPERATOR_EMITTED_LATE',
      `${this.#context.nodeName} emitted after the push of its record had returned: use mapAsync for what takes time, or ` +
        'give its operators one of the schedulers that hosted() passes',
    );
  }

  #completedError(): StreamsError {
    return new StreamsError(
      'OPERATOR_COMPLETED',
      `${this.#context.nodeName} completed, but a stream does not end: leave out operators such as take or first`,
    );
  }

  #noRecordError(emitted: unknown): StreamsError {
    return new StreamsError(
      'OPERATOR_EMITTED_NO_RECORD',
      `${this.#context.nodeName} emitted ${describeValue(emitted)}, which is no Record: end the pipe with a map to records`,
    );
  }
}

function describeValue(value: unknown): string {
  if (value === null || typeof value !== 'object') return `${typeof value} ${String(value)}`;
  return `an instance of ${value.constructor?.name ?? 'nothing'}`;
}
