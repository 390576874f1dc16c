// The types of `stream.pipe(…)`. A step is a function of what the step before it gives: operators of Streams take a stream (or
// whatever else of the DSL), operators of RxJS an observable of records. A stream is shown as both to the next step, and what
// comes out as an observable of records is a stream again.
import type { Observable } from 'rxjs';
import type { KStream } from '../dsl/kstream.ts';
import type { Record } from '../processor/record.ts';

/** What a step is given: a stream as an observable too, an observable of records as a stream too. */
export type StepInput<S> =
  S extends KStream<infer K, infer V>
    ? S & Observable<Record<K, V>>
    : S extends Observable<Record<infer K, infer V>>
      ? S & KStream<K, V>
      : S;

/** What `pipe` gives: an observable of records is a stream. */
export type PipeResult<S> =
  S extends KStream<infer K, infer V>
    ? KStream<K, V>
    : S extends Observable<Record<infer K, infer V>>
      ? KStream<K, V>
      : S;

/** A step from `S` to `R`. */
export type PipeStep<S, R> = (source: StepInput<S>) => R;

/** Up to nine steps with their types. */
export interface StreamPipe<S> {
  (): S;
  <A>(a: PipeStep<S, A>): PipeResult<A>;
  <A, B>(a: PipeStep<S, A>, b: PipeStep<A, B>): PipeResult<B>;
  <A, B, C>(a: PipeStep<S, A>, b: PipeStep<A, B>, c: PipeStep<B, C>): PipeResult<C>;
  <A, B, C, D>(
    a: PipeStep<S, A>,
    b: PipeStep<A, B>,
    c: PipeStep<B, C>,
    d: PipeStep<C, D>,
  ): PipeResult<D>;
  <A, B, C, D, E>(
    a: PipeStep<S, A>,
    b: PipeStep<A, B>,
    c: PipeStep<B, C>,
    d: PipeStep<C, D>,
    e: PipeStep<D, E>,
  ): PipeResult<E>;
  <A, B, C, D, E, F>(
    a: PipeStep<S, A>,
    b: PipeStep<A, B>,
    c: PipeStep<B, C>,
    d: PipeStep<C, D>,
    e: PipeStep<D, E>,
    f: PipeStep<E, F>,
  ): PipeResult<F>;
  <A, B, C, D, E, F, G>(
    a: PipeStep<S, A>,
    b: PipeStep<A, B>,
    c: PipeStep<B, C>,
    d: PipeStep<C, D>,
    e: PipeStep<D, E>,
    f: PipeStep<E, F>,
    g: PipeStep<F, G>,
  ): PipeResult<G>;
}
