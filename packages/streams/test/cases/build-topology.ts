// A case's topology built with the DSL. What the DSL does not have yet is named by an error, so that the list of cases that do
// not run yet writes itself.
import { int64, string } from '@ottla/serdes';
import {
  type GlobalKTable,
  hoppingWindows,
  KGroupedStream,
  KGroupedTable,
  KStream,
  KTable,
  Stores,
  StreamsBuilder,
  TimeWindowedKStream,
  type Topology,
  tumblingWindows,
} from '../../src/index.ts';
import type { NodeSpec, StreamsCase } from './case-format.ts';
import {
  aggregator,
  joiner,
  keyFunction,
  pairMapper,
  predicate,
  processor,
  splitWords,
  valueMapper,
} from './functions.ts';

/** An operator that the DSL does not have. */
export class NotYet extends Error {
  readonly operator: string;

  constructor(operator: string) {
    super(`not yet: ${operator}`);
    this.operator = operator;
  }
}

type Text = string | null;
// The cases are untyped; each function below is called with what its case needs.
type AnyTable = KTable<never, never>;

/** A processor's output, whose values are numbers. */
class NumberStream {
  readonly stream: KStream<Text, number>;

  constructor(stream: KStream<Text, number>) {
    this.stream = stream;
  }
}

const text = { key: string(), value: string() };

export function buildTopology(streamsCase: StreamsCase): Topology {
  const builder = new StreamsBuilder({
    defaultKeySerde: string() as never,
    defaultValueSerde: string() as never,
  });
  const made = new Map<string, unknown>();
  for (const node of streamsCase.topology.nodes) {
    const result = build(builder, node, made);
    if (node.id !== undefined) made.set(node.id, result);
  }
  return builder.build();
}

function build(builder: StreamsBuilder, node: NodeSpec, made: Map<string, unknown>): unknown {
  if (node.versionedHistoryMs !== undefined) throw new NotYet('versioned tables');
  if (node.foreignKey !== undefined) throw new NotYet('foreign-key joins');
  switch (node.op) {
    case 'stream':
      return builder.stream(node.topics!, text);
    case 'table':
      return builder.table(node.topic!, { ...text, materialized: { store: node.store } });
    case 'globalTable':
      return builder.globalTable(node.topic!, { ...text, materialized: { store: node.store } });
    case 'addStore':
      return builder.addStateStore(
        Stores.keyValue(node.store!, {
          keySerde: string(),
          valueSerde: int64(),
          type: 'memory',
        }),
      );
    default:
      return buildFrom(node, source(made, node.from!), made);
  }
}

function source(made: Map<string, unknown>, id: string): unknown {
  const [split, branch] = id.split('.');
  const found = made.get(split!);
  if (branch === undefined) return found;
  const streams = found as Map<string, unknown>;
  return [...streams].find(([name]) => name.endsWith(branch))?.[1];
}

function buildFrom(node: NodeSpec, from: unknown, made: Map<string, unknown>): unknown {
  if (from instanceof KStream) return fromStream(node, from as KStream<Text, Text>, made);
  if (from instanceof NumberStream && node.op === 'to')
    return from.stream.to(node.topic!, { value: int64() });
  if (from instanceof KTable) return fromTable(node, from as KTable<Text, Text>, made);
  if (from instanceof KGroupedStream) return fromGroupedStream(node, from as never);
  if (from instanceof KGroupedTable) return fromGroupedTable(node, from as never);
  if (from instanceof TimeWindowedKStream) return fromWindows(node, from as never);
  throw new NotYet(node.op);
}

function fromStream(
  node: NodeSpec,
  stream: KStream<Text, Text>,
  made: Map<string, unknown>,
): unknown {
  const { name } = node;
  switch (node.op) {
    case 'filter':
      return stream.filter(predicate(node.predicate!), { name });
    case 'filterNot':
      return stream.filterNot(predicate(node.predicate!), { name });
    case 'mapValues':
      return stream.mapValues(valueMapper(node.fn!), { name });
    case 'map':
      return stream.map(pairMapper(node.fn!), { name });
    case 'flatMapValues':
      return stream.flatMapValues(splitWords, { name });
    case 'selectKey':
      return stream.selectKey(keyFunction(node.fn!), { name });
    case 'merge':
      return stream.merge(source(made, node.with!) as never, { name });
    case 'to':
      return stream.to(node.topic!);
    case 'groupByKey':
      return stream.groupByKey({ name });
    case 'groupBy':
      return stream.groupBy(keyFunction(node.fn!), { name });
    case 'split':
      return stream.split(
        node.branches!.map((branch) => ({ ...branch, predicate: predicate(branch.predicate) })),
        { name, defaultBranch: node.default === undefined ? false : { name: node.default } },
      );
    case 'process':
      return new NumberStream(
        stream.process(processor(node.processor!), { name, stores: node.stores ?? [] }),
      );
    case 'join':
    case 'leftJoin':
      return joinStream(node, stream, source(made, node.with!));
    default:
      throw new NotYet(node.op);
  }
}

function joinStream(node: NodeSpec, stream: KStream<Text, Text>, other: unknown): unknown {
  if (other instanceof KStream) throw new NotYet('stream-stream joins');
  const join = joiner(node.joiner!) as (value: Text, row: unknown, key: Text) => string;
  if (other instanceof KTable) {
    const rows = other as KTable<Text, unknown>;
    return node.op === 'join' ? stream.join(rows, join) : stream.leftJoin(rows, join);
  }
  const rows = other as GlobalKTable<string, unknown>;
  const selector = keyFunction(node.keyFn!);
  return node.op === 'join'
    ? stream.join(rows, selector, join)
    : stream.leftJoin(rows, selector, join);
}

function fromTable(node: NodeSpec, table: KTable<Text, Text>, made: Map<string, unknown>): unknown {
  const { name, store } = node;
  switch (node.op) {
    case 'filter':
      return table.filter(predicate(node.predicate!), { name, store });
    case 'toStream':
      return table.toStream();
    case 'to':
      return table.toStream().to(node.topic!);
    case 'groupBy':
      return table.groupBy(pairMapper(node.fn!) as never);
    case 'join':
    case 'leftJoin':
    case 'outerJoin':
      return (table as unknown as AnyTable)[node.op](
        source(made, node.with!) as AnyTable,
        joiner(node.joiner!) as never,
        { name, store },
      );
    default:
      throw new NotYet(node.op);
  }
}

function fromGroupedStream(node: NodeSpec, grouped: KGroupedStream<never, never>): unknown {
  const { name, store } = node;
  switch (node.op) {
    case 'count':
      return grouped.count({ name, store });
    case 'windowedBy':
      return grouped.windowedBy(windows(node));
    default:
      throw new NotYet(node.op);
  }
}

function windows(node: NodeSpec): ReturnType<typeof tumblingWindows> {
  const { type, sizeMs, advanceMs, graceMs } = node.window!;
  if (type === 'tumbling') return tumblingWindows({ sizeMs: sizeMs!, graceMs: graceMs! });
  if (type === 'hopping')
    return hoppingWindows({ sizeMs: sizeMs!, advanceMs: advanceMs!, graceMs: graceMs! });
  throw new NotYet(`${String(type)} windows`);
}

function fromWindows(node: NodeSpec, windowed: TimeWindowedKStream<never, never>): unknown {
  const { name, store } = node;
  switch (node.op) {
    case 'count':
      return windowed.count({ name, store });
    case 'aggregate': {
      const { initial, apply, isNumber } = aggregator(node.aggregator!);
      const value = isNumber ? int64() : string();
      return windowed.aggregate(initial as never, apply as never, { name, store, value } as never);
    }
    default:
      throw new NotYet(node.op);
  }
}

function fromGroupedTable(node: NodeSpec, grouped: KGroupedTable<never, never>): unknown {
  if (node.op !== 'aggregate') throw new NotYet(node.op);
  const add = aggregator(node.aggregator!);
  const subtract = aggregator(node.subtractor!);
  return grouped.aggregate(add.initial as never, add.apply as never, subtract.apply as never, {
    name: node.name,
    store: node.store,
    value: string() as never,
  });
}
