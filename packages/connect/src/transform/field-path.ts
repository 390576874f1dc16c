// Names a field, or with syntax V2 one inside of others: `address.city`, `` `a.b`.c ``.
// Kafka: org.apache.kafka.connect.transforms.field.SingleFieldPath (KIP-821).
import type { ConfigKeyDefinition } from '../config/config-def.ts';
import { caseInsensitiveOneOf } from '../config/validators.ts';
import type { Field, Schema } from '../data/schema.ts';
import type { Struct } from '../data/struct.ts';
import { ConfigError } from '../errors.ts';
import { fieldValue, requireMap, requireStruct } from './record-side.ts';

const PURPOSE = 'nested field access';

export const FIELD_SYNTAX_VERSION: ConfigKeyDefinition = {
  name: 'field.syntax.version',
  type: 'STRING',
  default: 'V1',
  validator: caseInsensitiveOneOf('V1', 'V2'),
  importance: 'HIGH',
  documentation:
    'V1: a field is one name. V2: names are joined by dots to reach inside; a name that has dots itself is put in backticks.',
};

/** One or more names, from the outside in. */
export class FieldPath {
  readonly #outer: readonly string[];
  readonly #last: string;

  /** @throws ConfigError when backticks do not pair, or nothing is named */
  constructor(text: string, version: string) {
    const steps = /^v2$/i.test(version) ? splitPath(text) : [text];
    this.#outer = steps.slice(0, -1);
    this.#last = steps.at(-1) ?? '';
  }

  /** Undefined when the schema has no such field. @throws DataError when an outer field is no struct */
  fieldOf(schema: Schema): Field | undefined {
    let current = schema;
    for (const step of this.#outer) {
      const field = current.field(step);
      if (field === undefined) return undefined;
      current = field.schema;
    }
    return current.field(this.#last);
  }

  /** Null when it, or an outer field, is null or missing. */
  valueOfStruct(struct: Struct, replaceNull: boolean): unknown {
    let current = struct;
    for (const step of this.#outer) {
      if (current.schema.field(step) === undefined) return null;
      const inner = current.get(step);
      if (inner === null) return null;
      current = requireStruct(inner, PURPOSE);
    }
    return current.schema.field(this.#last) === undefined
      ? null
      : fieldValue(current, this.#last, replaceNull);
  }

  /** Null when it, or an outer field, is null or missing. */
  valueOfMap(map: ReadonlyMap<string, unknown>): unknown {
    let current = map;
    for (const step of this.#outer) {
      const inner = current.get(step) ?? null;
      if (inner === null) return null;
      current = requireMap(inner, PURPOSE);
    }
    return current.get(this.#last) ?? null;
  }
}

function splitPath(path: string): string[] {
  if (path === '') throw new ConfigError('A field path of syntax V2 must not be empty');
  const steps: string[] = [];
  let at = 0;
  while (at < path.length) {
    const step = path[at] === '`' ? quotedStep(path, at) : plainStep(path, at);
    steps.push(step.name);
    at = step.end + 1;
  }
  if (path.endsWith('.')) steps.push('');
  return steps;
}

interface Step {
  readonly name: string;
  /** Of the dot after it, or of the path. */
  readonly end: number;
}

function plainStep(path: string, start: number): Step {
  const dot = path.indexOf('.', start);
  const end = dot < 0 ? path.length : dot;
  return { name: path.slice(start, end), end };
}

/** The closing backtick stands before a dot or the end and has no backslash before it; others belong to the name. */
function quotedStep(path: string, start: number): Step {
  let name = '';
  let from = start + 1;
  let at = from;
  for (;;) {
    at = path.indexOf('`', at);
    const isEscaped = path[at - 1] === '\\';
    const isLast = at === path.length - 1;
    if (at < 0 || (isLast && isEscaped)) throw unpaired(path, start);
    if (isLast || (path[at + 1] === '.' && !isEscaped))
      return { name: name + path.slice(from, at), end: at + 1 };
    if (path[at + 1] === '.') {
      name += `${path.slice(from, at - 1)}\``;
      from = at + 1;
    }
    at++;
  }
}

function unpaired(path: string, backtickAt: number): ConfigError {
  return new ConfigError(
    `Incomplete backtick pair in path: [${path}], consider adding a backslash before backtick at position ${backtickAt} to escape it`,
  );
}
