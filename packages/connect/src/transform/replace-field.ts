// Leaves fields out and renames them. Kafka: org.apache.kafka.connect.transforms.ReplaceField.
import { ConfigDef } from '../config/config-def.ts';
import { invalidValue } from '../config/config-type.ts';
import type { ParsedConfig } from '../config/parsed-config.ts';
import { distinctList, validator } from '../config/validators.ts';
import { BoundedCache } from '../data/bounded-cache.ts';
import { capacityFor, hashMap } from '../data/hash-map-order.ts';
import { copyBasics, SchemaBuilder } from '../data/schema-builder.ts';
import type { Schema } from '../data/schema.ts';
import { Struct } from '../data/struct.ts';
import type { ConnectRecord } from '../record/connect-record.ts';
import {
  fieldValue,
  REPLACE_NULL_WITH_DEFAULT,
  requireMap,
  requireStruct,
  SCHEMA_CACHE_SIZE,
  SideTransformation,
} from './record-side.ts';

const PURPOSE = 'field replacement';

/** `ReplaceField$Key`, `ReplaceField$Value`. A null key or value stays as it is. */
export class ReplaceField extends SideTransformation {
  #exclude: ReadonlySet<string> = new Set();
  #include: ReadonlySet<string> = new Set();
  #renames: ReadonlyMap<string, string> = new Map();
  #originals: ReadonlyMap<string, string> = new Map();
  #replaceNull = true;
  readonly #schemas = new BoundedCache<Schema, Schema>(SCHEMA_CACHE_SIZE);

  override configDef(): ConfigDef {
    return new ConfigDef(
      {
        name: 'exclude',
        type: 'LIST',
        default: [],
        validator: distinctList({ isEmptyAllowed: true }),
        documentation: 'Fields to leave out; stronger than include.',
      },
      {
        name: 'include',
        type: 'LIST',
        default: [],
        validator: distinctList({ isEmptyAllowed: true }),
        documentation: 'Fields to keep; empty for all.',
      },
      {
        name: 'renames',
        type: 'LIST',
        default: [],
        validator: validator(
          'list of colon-delimited pairs, e.g. <code>foo:bar,abc:xyz</code>',
          (_name, value) => parseRenames(value as readonly string[]),
        ),
        documentation: 'New names, as old:new.',
      },
      REPLACE_NULL_WITH_DEFAULT,
    );
  }

  protected override use(config: ParsedConfig): void {
    this.#exclude = new Set(config.list('exclude'));
    this.#include = new Set(config.list('include'));
    this.#renames = parseRenames(config.list('renames'));
    this.#originals = new Map(Array.from(this.#renames, ([from, to]) => [to, from]));
    this.#replaceNull = config.boolean('replace.null.with.default');
  }

  override apply<R extends ConnectRecord>(record: R): R {
    const value = this.valueOf(record);
    if (value === null) return record;
    return this.schemaOf(record) === null
      ? this.withSide(record, null, this.#ofMap(requireMap(value, PURPOSE)))
      : this.#ofStruct(requireStruct(value, PURPOSE), record);
  }

  #ofMap(map: ReadonlyMap<string, unknown>): Map<string, unknown> {
    const kept = [...map]
      .filter(([name]) => this.#keeps(name))
      .map(([name, value]) => [this.#renames.get(name) ?? name, value] as const);
    return hashMap(kept, capacityFor(map.size));
  }

  #ofStruct<R extends ConnectRecord>(struct: Struct, record: R): R {
    const schema = this.#schemas.get(struct.schema, () => this.#reduced(struct.schema));
    const reduced = new Struct(schema);
    for (const field of schema.fields) {
      const original = this.#originals.get(field.name) ?? field.name;
      reduced.put(field, fieldValue(struct, original, this.#replaceNull));
    }
    return this.withSide(record, schema, reduced);
  }

  #reduced(schema: Schema): Schema {
    const builder = copyBasics(schema, SchemaBuilder.struct());
    for (const field of schema.fields)
      if (this.#keeps(field.name))
        builder.field(this.#renames.get(field.name) ?? field.name, field.schema);
    return builder.build();
  }

  #keeps(name: string): boolean {
    return !this.#exclude.has(name) && (this.#include.size === 0 || this.#include.has(name));
  }
}

function parseRenames(mappings: readonly string[]): Map<string, string> {
  return new Map(
    mappings.map((mapping) => {
      // Java's split drops empty parts at the end: `a:` has one part.
      const [from = '', to, ...more] = mapping.replace(/:+$/, '').split(':');
      if (to === undefined || more.length > 0)
        throw invalidValue('renames', mappings, `Invalid rename mapping: ${mapping}`);
      return [from, to];
    }),
  );
}
