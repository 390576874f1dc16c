// The functions that the cases name, as their `form` describes them.
import type { KeyValue, KeyValueStore, Processor, ProcessorContext } from '../../src/index.ts';
import { Record } from '../../src/index.ts';
import type { FunctionSpec } from './case-format.ts';

type Text = string | null;

function named(spec: FunctionSpec): { readonly fn: string; readonly arg: string } {
  return typeof spec === 'string' ? { fn: spec, arg: '' } : { fn: spec.fn, arg: spec.arg ?? '' };
}

function unknownFunction(kind: string, fn: string): never {
  throw new Error(`the cases name ${kind} ${fn}, which this runner does not know`);
}

export function predicate(spec: FunctionSpec): (key: Text, value: Text) => boolean {
  const { fn, arg } = named(spec);
  switch (fn) {
    case 'valueStartsWith':
      return (_key, value) => value !== null && value.startsWith(arg);
    case 'valueLengthAtLeast':
      return (_key, value) => value !== null && value.length >= Number(arg);
    case 'keyIs':
      return (key) => key === arg;
    case 'valueNotNull':
      return (_key, value) => value !== null;
    case 'valueIsNot':
      return (_key, value) => value !== arg;
    default:
      return unknownFunction('the predicate', fn);
  }
}

export function valueMapper(spec: FunctionSpec): (value: Text) => string | number | null {
  const { fn, arg } = named(spec);
  switch (fn) {
    case 'upper':
      return (value) => {
        if (value === 'boom') throw new Error('boom value');
        return value === null ? null : value.toUpperCase();
      };
    case 'length':
      return (value) => (value === null ? null : value.length);
    case 'append':
      return (value) => (value === null ? null : value + arg);
    default:
      return unknownFunction('the value mapper', fn);
  }
}

export function keyFunction(spec: FunctionSpec): (key: Text, value: Text) => Text {
  const { fn, arg } = named(spec);
  switch (fn) {
    case 'key':
      return (key) => key;
    case 'value':
      return (_key, value) => value;
    case 'valueField':
      return (_key, value) => field(value, Number(arg));
    default:
      return unknownFunction('the key function', fn);
  }
}

export function pairMapper(spec: FunctionSpec): (key: Text, value: Text) => KeyValue<Text, Text> {
  const { fn } = named(spec);
  switch (fn) {
    case 'swap':
      return (key, value) => ({ key: value, value: key });
    case 'rekeyByField0KeepField1':
      return (_key, value) => ({ key: field(value, 0), value: field(value, 1) });
    default:
      return unknownFunction('the key-value mapper', fn);
  }
}

export function splitWords(value: Text): string[] {
  return value === null ? [] : value.split(' ').filter((word) => word !== '');
}

/** Its first value, its step, and whether it makes numbers. */
export interface AggregatorFunction {
  readonly initial: () => string | number;
  readonly apply: (key: Text, value: Text, soFar: never) => string | number | null;
  readonly isNumber: boolean;
}

export function aggregator(spec: FunctionSpec): AggregatorFunction {
  const { fn, arg } = named(spec);
  const text = (apply: (value: Text, soFar: string) => string | null): AggregatorFunction => ({
    initial: () => '',
    apply: (_key, value, soFar) => apply(value, soFar),
    isNumber: false,
  });
  switch (fn) {
    case 'sum':
      return {
        initial: () => 0,
        apply: (_key, value, soFar: number) => soFar + Number(value),
        isNumber: true,
      };
    case 'concat':
      return text((value, soFar) => soFar + String(value));
    case 'concatAdd':
      return text((value, soFar) => `${soFar}+${String(value)}`);
    case 'concatSub':
      return text((value, soFar) => `${soFar}-${String(value)}`);
    case 'concatTagged':
      return text((value, soFar) => soFar + arg + String(value));
    case 'concatDeleteOnX':
      return text((value, soFar) => (value === 'X' ? null : (soFar ?? '') + String(value)));
    default:
      return unknownFunction('the aggregator', fn);
  }
}

export function joiner(spec: FunctionSpec): (left: unknown, right: unknown, key: Text) => string {
  const { fn } = named(spec);
  switch (fn) {
    case 'pair':
      return (left, right) => `${String(left)}/${String(right)}`;
    case 'keyPair':
      return (left, right, key) => `${String(key)}:${String(left)}/${String(right)}`;
    default:
      return unknownFunction('the joiner', fn);
  }
}

export interface ProcessorSpec {
  readonly fn: string;
  readonly store?: string;
  readonly everyMs?: number;
}

export function processor(spec: ProcessorSpec): () => Processor<Text, Text, Text, number> {
  if (spec.fn !== 'countThenFlush') return unknownFunction('the processor', spec.fn);
  return () => {
    let context: ProcessorContext<Text, number>;
    let counts: KeyValueStore<string, number>;
    return {
      init(given) {
        context = given;
        counts = context.getStateStore(spec.store!);
        context.schedule(spec.everyMs!, 'stream-time', (timestamp) => {
          for (const { key, value } of counts.all()) {
            void context.forward(new Record<Text, number>(key, value, timestamp));
            counts.put(key, null);
          }
        });
      },
      process({ key }) {
        if (key === null) return;
        const count = counts.get(key);
        if (count instanceof Promise) throw new Error('an in-memory store answers at once');
        counts.put(key, (count ?? 0) + 1);
      },
    };
  };
}

function field(value: Text, index: number): Text {
  const part = value?.split(':')[index];
  return part === undefined || part === '' ? null : part;
}
