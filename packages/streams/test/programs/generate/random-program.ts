// A random program of the DSL from a seed: steps that build-program.ts and RunPrograms.java know, and records to pipe in. Steps choose
// among what there is by then, also of other steps' results, so that nodes are shared, joined with themselves and never used.

export interface RandomProgram {
  readonly program: readonly string[];
  /** `in <topic> <key> <value> <timestamp>`, `~` for null. */
  readonly inputs: readonly string[];
}

const SIZE_MAX = 20;
const INPUTS = 25;

/** The same seed gives the same program. */
export function randomProgram(seed: number): RandomProgram {
  return new ProgramWriter(seed).write();
}

class ProgramWriter {
  #state: number;
  #number = 0;
  readonly #lines: string[] = [];
  readonly #streams: string[] = [];
  readonly #tables: string[] = [];
  readonly #globals: string[] = [];
  readonly #topics: string[] = [];
  #outputs = 0;

  constructor(seed: number) {
    this.#state = seed * 7919 + 17;
    this.#below(2);
    this.#below(2);
  }

  write(): RandomProgram {
    this.#add('s', 'stream', this.#newTopic());
    if (this.#below(2) === 0) this.#add('t', 'table', this.#newTopic(), this.#store());
    if (this.#below(4) === 0) this.#add('g', 'gtable', this.#newTopic());
    const size = 2 + this.#below(SIZE_MAX - 2);
    for (let step = 0; step < size; step += 1) this.#step();
    for (const stream of this.#streams.slice(-3)) this.#to('to', stream);
    for (const table of this.#tables.slice(-2)) this.#to('tto', table);
    return { program: this.#lines, inputs: this.#inputs() };
  }

  #step(): void {
    const stream = this.#pick(this.#streams);
    const table = this.#pick(this.#tables);
    const global = this.#pick(this.#globals);
    const name = `x${this.#number}`;
    const side = this.#below(2) === 0 ? 'left' : 'inner';
    const steps: (() => void)[] = [
      ...['filter', 'map', 'key', 'key', 'flat', 'repartition', 'mapkv', 'wreduce'].map(
        (step) => () => this.#add('s', step, stream),
      ),
      ...['fname', 'repn'].map((step) => () => this.#add('s', step, stream, name)),
      ...['count', 'count'].map((step) => () => this.#add('s', step, stream, this.#store())),
      ...['toTable', 'reduce', 'aggregate'].map(
        (step) => () => this.#add('t', step, stream, this.#store()),
      ),
      () => this.#add('s', 'windowed', stream, this.#store(), this.#either('hop', 'tumble')),
      () => this.#add('s', 'merge', stream, this.#pick(this.#streams)),
      () => this.#add('s', 'stream', this.#below(2) === 0 ? 'in0' : this.#newTopic()),
      () => this.#add('t', 'table', this.#newTopic(), this.#store()),
      () => this.#pairOf('split', 's', stream, `${name}-`),
      () => this.#pairOf('group2', 't', stream, name),
      () => this.#to('to', stream),
    ];
    if (this.#below(60) === 0) steps.splice(0, Infinity, () => this.#to('wto', stream));
    if (table !== '')
      steps.push(
        ...['joinT', 'joinT'].map((step) => () => this.#add('s', step, stream, table, side)),
        () => this.#add('s', 'joinTN', stream, table, name),
        () => this.#add('s', 'toStream', table),
        ...['tfilter', 'tmap', 'tgroup'].map(
          (step) => () => this.#add('t', step, table, this.#store()),
        ),
        () => this.#pairOf('tgroup2', 't', table, name),
        () => this.#tableJoin(table),
        () => this.#tableJoin(table),
      );
    if (global !== '') steps.push(() => this.#add('s', 'joinG', stream, global, side));
    steps[this.#below(steps.length)]!();
  }

  #tableJoin(table: string): void {
    const kind = ['inner', 'left', 'outer'][this.#below(3)]!;
    this.#add('t', 'tjoin', table, this.#pick(this.#tables), kind, this.#store());
  }

  #add(kind: 's' | 't' | 'g', step: string, ...args: readonly string[]): void {
    const id = `${kind}${this.#number++}`;
    this.#lines.push([step, id, ...args].join(' '));
    this.#keep(kind, id);
  }

  /** A step with two results, the second of them a stream. */
  #pairOf(step: string, kind: 's' | 't', from: string, name: string): void {
    const one = `${kind}${this.#number++}`;
    const two = `s${this.#number++}`;
    this.#lines.push(`${step} ${one} ${two} ${from} ${name}`);
    this.#keep(kind, one);
    this.#keep('s', two);
  }

  #keep(kind: 's' | 't' | 'g', id: string): void {
    const kinds = { s: this.#streams, t: this.#tables, g: this.#globals };
    kinds[kind].push(id);
  }

  #to(step: 'to' | 'tto' | 'wto', from: string): void {
    this.#lines.push(`${step} ${from} out${this.#outputs++}`);
  }

  #inputs(): string[] {
    let time = 5;
    return Array.from({ length: INPUTS }, () => {
      time += this.#below(5);
      const key = this.#below(9) === 0 ? '~' : 'abc'[this.#below(3)]!;
      const letters = 'abcd'[this.#below(4)]! + 'pqr'.slice(0, this.#below(4));
      const value = this.#below(7) === 0 ? '~' : letters;
      const late = this.#below(4) === 0 ? this.#below(15) : 0;
      return `in ${this.#pick(this.#topics)} ${key} ${value} ${Math.max(0, time - late)}`;
    });
  }

  #newTopic(): string {
    const topic = `in${this.#topics.length}`;
    this.#topics.push(topic);
    return topic;
  }

  #store(): string {
    return this.#either(`st${this.#number}`, '-');
  }

  #either(one: string, other: string): string {
    return this.#below(2) === 0 ? one : other;
  }

  /** Empty when there is nothing. */
  #pick(list: readonly string[]): string {
    return list.length === 0 ? '' : list[this.#below(list.length)]!;
  }

  #below(limit: number): number {
    this.#state = (this.#state * 48_271) % 2_147_483_647;
    return this.#state % limit;
  }
}
