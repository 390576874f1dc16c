// The pipeable form of the DSL: functions from a stream to what comes after it, for `stream.pipe(filter(…), count())`. They are
// marked, so that `pipe` can tell them from RxJS operators, which get an observable instead and run inside one node.
import type { OperatorFunction } from 'rxjs';
import { StreamsError } from '../errors.ts';

const IS_STREAM_OPERATOR: unique symbol = Symbol('@ottla/streams operator');

/** A step of a topology as a function. */
export interface StreamOperator<In, Out> {
  (source: In): Out;
  readonly [IS_STREAM_OPERATOR]: true;
}

/**
 * Makes an operator of a function over streams, such as one that puts several steps together; `pipe` needs the mark.
 *
 * @example const shout = streamOperator((lines: KStream<string, string>) => lines.mapValues((line) => `${line}!`));
 */
export function streamOperator<In, Out>(apply: (source: In) => Out): StreamOperator<In, Out> {
  const operator = (source: In): Out => apply(source);
  return Object.assign(operator, { [IS_STREAM_OPERATOR]: true as const });
}

/** Whether the function was made by `streamOperator`; any other is taken for an operator of RxJS. */
export function isStreamOperator(operator: unknown): operator is StreamOperator<unknown, unknown> {
  return typeof operator === 'function' && IS_STREAM_OPERATOR in operator;
}

/** Runs RxJS operators, in order, as one node after `source`. @returns the stream of what they emit */
export type HostOperators = (
  source: unknown,
  operators: readonly OperatorFunction<unknown, unknown>[],
) => unknown;

/**
 * What `pipe` does: stream operators are applied as they come, RxJS operators that follow each other become one node.
 *
 * @throws StreamsError when something is no function
 */
export function pipeThrough(
  source: unknown,
  operators: readonly unknown[],
  host: HostOperators,
): unknown {
  let current = source;
  let waiting: OperatorFunction<unknown, unknown>[] = [];
  const hostWaiting = (): void => {
    if (waiting.length > 0) current = host(current, waiting);
    waiting = [];
  };
  for (const operator of operators) {
    if (typeof operator !== 'function')
      throw new StreamsError(
        'INVALID_TOPOLOGY',
        'pipe takes operators: functions of Streams or of RxJS',
      );
    if (isStreamOperator(operator)) {
      hostWaiting();
      current = operator(current);
    } else {
      waiting.push(operator as OperatorFunction<unknown, unknown>);
    }
  }
  hostWaiting();
  return current;
}
