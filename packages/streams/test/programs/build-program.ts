// Builds a topology from the lines of a random program: `<step> <new id> <from> …`. The functions are the same as in the Java that
// wrote the golden outputs; all are null-safe and keep values short.
import { string } from '@ottla/serdes';
import {
  type GlobalKTable,
  hoppingWindows,
  type KStream,
  type KTable,
  StreamsBuilder,
  type Topology,
  tumblingWindows,
  type Windowed,
} from '../../src/index.ts';

type Text = string | null;
type Stream = KStream<string, string>;
type Table = KTable<string, string>;

/** The programs come from Java, whose types do not show where null may be. */
const NULL = null as unknown as string;

const tail = (text: string, length: number): string => text.slice(-length);
const isEven = (_key: Text, value: Text): boolean => value !== null && value.length % 2 === 0;
const mark = (value: Text): string => (value === null ? NULL : tail(`${value}x`, 6));
const first = (_key: Text, value: Text): string => (value === null ? NULL : value.slice(0, 1));
const double = (value: Text): string[] => (value === null ? [] : [value, `${value.slice(0, 1)}f`]);
const add = (sum: Text, value: Text): string => tail(`${sum}${value}`, 6);
const subtract = (sum: Text, value: Text): string => tail(`${sum}-${value}`, 6);
const pair = (left: Text, right: Text): string => tail(`${left}/${right}`, 8);
const shown = (count: number | null): string => (count === null ? NULL : `${count}`);
const flatKey = ({ key, window }: Windowed<string>): string => `${key}@${window.start}`;
const store = (name: string): { readonly store?: string } => (name === '-' ? {} : { store: name });

/** @throws Error for a step that it does not know */
export function buildProgram(lines: readonly string[]): Topology {
  const serde = string() as never;
  const builder = new StreamsBuilder({ defaultKeySerde: serde, defaultValueSerde: serde });
  const program = new Program(builder);
  for (const line of lines) program.add(line.split(' '));
  return builder.build();
}

class Program {
  readonly #builder: StreamsBuilder;
  readonly #streams = new Map<string, Stream>();
  readonly #tables = new Map<string, Table>();
  readonly #globals = new Map<string, GlobalKTable<string, string>>();

  constructor(builder: StreamsBuilder) {
    this.#builder = builder;
  }

  add([step = '', id = '', ...args]: readonly string[]): void {
    const stream = this.#streamStep(step, args);
    const table = stream === undefined ? this.#tableStep(step, args) : undefined;
    if (stream !== undefined) this.#streams.set(id, stream);
    else if (table !== undefined) this.#tables.set(id, table);
    else this.#otherStep(step, id, args);
  }

  #stream(id = ''): Stream {
    return this.#streams.get(id)!;
  }

  #table(id = ''): Table {
    return this.#tables.get(id)!;
  }

  #streamStep(step: string, [from = '', a = '', b = '']: readonly string[]): Stream | undefined {
    const stream = this.#stream(from);
    switch (step) {
      case 'stream':
        return this.#builder.stream<string, string>(from);
      case 'filter':
        return stream.filter(isEven);
      case 'fname':
        return stream.filter(isEven, { name: a });
      case 'map':
        return stream.mapValues(mark);
      case 'mapkv':
        return stream.map((key, value) => ({ key: first(key, value), value: mark(value) }));
      case 'key':
        return stream.selectKey(first);
      case 'flat':
        return stream.flatMapValues(double);
      case 'merge':
        return stream.merge(this.#stream(a));
      case 'repartition':
        return stream.repartition();
      case 'repn':
        return stream.repartition({ name: a });
      case 'toStream':
        return this.#table(from).toStream();
      case 'count':
        return stream.groupByKey().count(store(a)).toStream().mapValues(shown);
      case 'windowed':
        return this.#windowedCount(stream, a, b);
      case 'wreduce':
        return stream
          .groupByKey()
          .windowedBy(tumblingWindows({ sizeMs: 10, graceMs: 5 }))
          .reduce(add)
          .toStream()
          .map((key, value) => ({ key: flatKey(key), value: value ?? NULL }));
      default:
        return this.#joinStep(step, stream, a, b);
    }
  }

  #windowedCount(stream: Stream, storeName: string, kind: string): Stream {
    const windows =
      kind === 'hop'
        ? hoppingWindows({ sizeMs: 10, advanceMs: 5, graceMs: 5 })
        : tumblingWindows({ sizeMs: 10, graceMs: 5 });
    return stream
      .groupByKey()
      .windowedBy(windows)
      .count(store(storeName))
      .toStream()
      .map((key, value) => ({ key: flatKey(key), value: shown(value) }));
  }

  #joinStep(step: string, stream: Stream, a: string, b: string): Stream | undefined {
    switch (step) {
      case 'joinT':
        return b === 'left'
          ? stream.leftJoin(this.#table(a), pair)
          : stream.join(this.#table(a), pair);
      case 'joinTN':
        return stream.join(this.#table(a), pair, { name: b });
      case 'joinG': {
        const table = this.#globals.get(a)!;
        return b === 'left' ? stream.leftJoin(table, first, pair) : stream.join(table, first, pair);
      }
      default:
        return undefined;
    }
  }

  #tableStep(
    step: string,
    [from = '', a = '', b = '', c = '']: readonly string[],
  ): Table | undefined {
    switch (step) {
      case 'table':
        return this.#builder.table<string, string>(from, { materialized: store(a) });
      case 'toTable':
        return this.#stream(from).toTable(store(a));
      case 'reduce':
        return this.#stream(from).groupBy(first).reduce(add, store(a));
      case 'aggregate': {
        const next = (_key: Text, value: Text, sum: Text): Text =>
          value === 'bp' ? null : add(sum, value);
        return this.#stream(from)
          .groupByKey()
          .aggregate<string>(() => '0', next, store(a));
      }
      case 'tfilter':
        return this.#table(from).filter(isEven, store(a));
      case 'tmap':
        return this.#table(from).mapValues(mark, store(a));
      case 'tgroup':
        return this.#table(from)
          .groupBy((key, value) => ({ key: first(key, value), value }))
          .reduce(add, subtract, store(a));
      case 'tjoin': {
        const [left, right] = [this.#table(from), this.#table(a)];
        if (b === 'inner') return left.join(right, pair, store(c));
        if (b === 'left') return left.leftJoin(right, pair, store(c));
        return left.outerJoin(right, pair, store(c));
      }
      default:
        return undefined;
    }
  }

  #otherStep(step: string, id: string, [a = '', b = '', c = '']: readonly string[]): void {
    switch (step) {
      case 'gtable':
        this.#globals.set(id, this.#builder.globalTable<string, string>(a));
        break;
      case 'split': {
        const branches = this.#stream(b).split([{ predicate: isEven, name: 'even' }], {
          name: c,
          defaultBranch: { name: 'rest' },
        });
        this.#streams.set(id, branches.get(`${c}even`)!);
        this.#streams.set(a, branches.get(`${c}rest`)!);
        break;
      }
      case 'group2': {
        const grouped = this.#stream(b).groupBy(first, { name: c });
        this.#tables.set(id, grouped.reduce(add));
        this.#streams.set(a, grouped.count().toStream().mapValues(shown));
        break;
      }
      case 'tgroup2': {
        const grouped = this.#table(b).groupBy(
          (key, value) => ({ key: first(key, value), value }),
          { name: c },
        );
        this.#tables.set(id, grouped.reduce(add, subtract));
        this.#streams.set(a, grouped.count().toStream().mapValues(shown));
        break;
      }
      case 'wto':
        this.#stream(id)
          .groupByKey()
          .windowedBy(tumblingWindows({ sizeMs: 10, graceMs: 5 }))
          .count()
          .toStream()
          .mapValues(shown)
          .to(a);
        break;
      case 'to':
        this.#stream(id).to(a);
        break;
      case 'tto':
        this.#table(id).toStream().to(a);
        break;
      default:
        throw new Error(`unknown step ${step}`);
    }
  }
}
