// RxJS operators with a name, and with schedulers, as a step of `pipe`. Without either need they can be piped as they are.
import type { OperatorFunction } from 'rxjs';
import type { KStream } from '../dsl/kstream.ts';
import type { Named } from '../dsl/options.ts';
import type { Record } from '../processor/record.ts';
import { HostedOperators, type TaskSchedulers } from './hosted-operators.ts';
import { type StreamOperator, streamOperator } from './stream-operator.ts';

/**
 * Runs operators of RxJS as one node.
 *
 * @param make called for each task; operators with a time of their own take one of its schedulers, or they would emit when the
 *   task does not expect it, which is an error
 * @param named the node's name, which errors show
 * @example stream.pipe(hosted(({ streamTime }) => debounceTime(1000, streamTime), { name: 'quiet' }))
 */
export function hosted<K, V, K2, V2>(
  make: (schedulers: TaskSchedulers) => OperatorFunction<Record<K, V>, Record<K2, V2>>,
  named: Named = {},
): StreamOperator<KStream<K, V>, KStream<K2, V2>> {
  // The node is made of records of any type; that they are of these is what the stream's type says.
  const makeAny = (schedulers: TaskSchedulers): OperatorFunction<unknown, unknown>[] => [
    make(schedulers) as OperatorFunction<unknown, unknown>,
  ];
  return streamOperator((stream: KStream<K, V>) =>
    stream.process<K2, V2>(() => new HostedOperators(makeAny) as never, named),
  );
}
