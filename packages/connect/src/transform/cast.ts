// Gives fields, or a whole value, another primitive type. Kafka: org.apache.kafka.connect.transforms.Cast.
import { ConfigDef } from '../config/config-def.ts';
import { invalidValue } from '../config/config-type.ts';
import type { ParsedConfig } from '../config/parsed-config.ts';
import { validator } from '../config/validators.ts';
import { BoundedCache } from '../data/bounded-cache.ts';
import { capacityOfCopy, hashMap } from '../data/hash-map-order.ts';
import { copyBasics, SchemaBuilder } from '../data/schema-builder.ts';
import type { Schema } from '../data/schema.ts';
import { Struct } from '../data/struct.ts';
import { ConfigError } from '../errors.ts';
import type { ConnectRecord } from '../record/connect-record.ts';
import { CAST_TARGETS, type CastTarget, castValue } from '../values/cast-value.ts';
import {
  fieldValue,
  REPLACE_NULL_WITH_DEFAULT,
  requireMap,
  requireStruct,
  SCHEMA_CACHE_SIZE,
  SideTransformation,
} from './record-side.ts';

const PURPOSE = 'cast types';

/** What the config `spec` says: types of fields, or one of the whole value. */
interface CastSpec {
  readonly whole: CastTarget | null;
  readonly fields: ReadonlyMap<string, CastTarget>;
}

/** `Cast$Key`, `Cast$Value`. A null key or value stays as it is. */
export class Cast extends SideTransformation {
  #spec: CastSpec = { whole: null, fields: new Map() };
  #replaceNull = true;
  readonly #schemas = new BoundedCache<Schema, Schema>(SCHEMA_CACHE_SIZE);

  override configDef(): ConfigDef {
    return new ConfigDef(
      {
        name: 'spec',
        type: 'LIST',
        validator: validator(
          'list of colon-delimited pairs, e.g. <code>foo:bar,abc:xyz</code>',
          (_name, value) => parseSpec(value as readonly string[] | null),
        ),
        importance: 'HIGH',
        documentation: `field:type for each field to cast, or one type for the whole value. Types: ${CAST_TARGETS.join(', ').toLowerCase()}.`,
      },
      REPLACE_NULL_WITH_DEFAULT,
    );
  }

  protected override use(config: ParsedConfig): void {
    this.#spec = parseSpec(config.list('spec'));
    this.#replaceNull = config.boolean('replace.null.with.default');
  }

  override apply<R extends ConnectRecord>(record: R): R {
    const value = this.valueOf(record);
    if (value === null) return record;
    const schema = this.schemaOf(record);
    const updated =
      schema === null ? null : this.#schemas.get(schema, () => this.#castSchema(schema));
    const { whole } = this.#spec;
    if (whole !== null) return this.withSide(record, updated, castValue(schema, value, whole));
    return updated === null
      ? this.withSide(record, null, this.#castMap(requireMap(value, PURPOSE)))
      : this.withSide(record, updated, this.#castStruct(requireStruct(value, PURPOSE), updated));
  }

  #castMap(map: ReadonlyMap<string, unknown>): Map<string, unknown> {
    const casts = Array.from(
      hashMap(this.#spec.fields),
      ([name, target]) => [name, castValue(null, map.get(name) ?? null, target)] as const,
    );
    return hashMap([...map, ...casts], capacityOfCopy(map.size));
  }

  #castStruct(struct: Struct, schema: Schema): Struct {
    const cast = new Struct(schema);
    for (const field of struct.schema.fields) {
      const value = fieldValue(struct, field, this.#replaceNull);
      const target = this.#spec.fields.get(field.name);
      cast.put(field.name, target === undefined ? value : castValue(field.schema, value, target));
    }
    return cast;
  }

  #castSchema(schema: Schema): Schema {
    const { whole, fields } = this.#spec;
    const builder = copyBasics(schema, new SchemaBuilder(whole ?? 'STRUCT'));
    if (whole === null)
      for (const field of schema.fields) {
        const target = fields.get(field.name);
        builder.field(
          field.name,
          target === undefined
            ? field.schema
            : withDefaults(new SchemaBuilder(target), field.schema, target),
        );
      }
    return withDefaults(builder, schema, whole);
  }
}

/** Optional, and with a default, as `schema` is. */
function withDefaults(builder: SchemaBuilder, schema: Schema, target: CastTarget | null): Schema {
  if (schema.optional) builder.optional();
  if (schema.defaultValue !== null)
    builder.defaultValue(
      target === null ? schema.defaultValue : castValue(schema, schema.defaultValue, target),
    );
  return builder.build();
}

function parseSpec(mappings: readonly string[] | null): CastSpec {
  if (mappings === null || mappings.length === 0)
    throw new ConfigError('Must specify at least one field to cast.');
  let whole: CastTarget | null = null;
  const fields = new Map<string, CastTarget>();
  for (const mapping of mappings) {
    const [name = '', type, ...more] = mapping.replace(/:+$/, '').split(':');
    if (more.length > 0) throw invalidValue('spec', mappings, `Invalid cast mapping: ${mapping}`);
    if (type === undefined) whole = targetOf(name);
    else fields.set(name.trim(), targetOf(type));
  }
  if (whole !== null && mappings.length > 1)
    throw new ConfigError(
      'Cast transformations that specify a type to cast the entire value to may only specify a single cast in their spec',
    );
  return { whole, fields };
}

function targetOf(type: string): CastTarget {
  const found = CAST_TARGETS.find((target) => target === type.trim().toUpperCase());
  if (found === undefined)
    throw new ConfigError(`Invalid type found in casting spec: ${type.trim()}`);
  return found;
}
