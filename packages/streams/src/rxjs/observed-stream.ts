// A stream as an observable: whoever subscribes becomes a node that is told each record, synchronously, within its task.
import { Observable, observable as observableSymbol, type Observer } from 'rxjs';
import type { Processor } from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';

/** Told the records of a stream; what it throws goes to the task's handler. */
export type RecordObserver<K, V> =
  | Partial<Pick<Observer<Record<K, V>>, 'next'>>
  | ((record: Record<K, V>) => void);

/** Ends a subscription. */
export interface StreamSubscription {
  /** Idempotent. The node stays in the topology and tells nobody. */
  unsubscribe(): void;
  readonly closed: boolean;
}

/** The tasks' processors of one subscription, and its end. */
export interface Observation<K, V> {
  readonly subscription: StreamSubscription;
  makeProcessor(): Processor<K, V, never, never>;
}

/** A terminal node for each task that tells one observer. It never completes: a stream has no end. */
export function observation<K, V>(observer: RecordObserver<K, V>): Observation<K, V> {
  const next =
    typeof observer === 'function' ? observer : (record: Record<K, V>) => observer.next?.(record);
  let closed = false;
  return {
    subscription: {
      unsubscribe() {
        closed = true;
      },
      get closed() {
        return closed;
      },
    },
    makeProcessor: () => ({
      process(record) {
        if (!closed) next(record);
      },
    }),
  };
}

/** What has a `subscribe` for records: a stream. */
export interface SubscribableStream<K, V> {
  subscribe(observer: RecordObserver<K, V>): StreamSubscription;
}

/** An RxJS observable of a stream's records; each subscription is a node of its own, made before the application starts. */
export function observableOf<K, V>(stream: SubscribableStream<K, V>): Observable<Record<K, V>> {
  return new Observable((subscriber) => stream.subscribe(subscriber));
}

/** Lets RxJS (`from`, `merge` …) take a stream wherever it takes an observable. */
export function defineInterop<K, V>(stream: SubscribableStream<K, V>): void {
  Object.defineProperty(stream, observableSymbol, { value: () => observableOf(stream) });
}
