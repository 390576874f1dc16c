// Lays nested fields side by side, their names joined. Kafka: org.apache.kafka.connect.transforms.Flatten.
import { ConfigDef } from '../config/config-def.ts';
import type { ParsedConfig } from '../config/parsed-config.ts';
import { BoundedCache } from '../data/bounded-cache.ts';
import { copyBasics, SchemaBuilder } from '../data/schema-builder.ts';
import type { Schema } from '../data/schema.ts';
import { Struct } from '../data/struct.ts';
import { DataError } from '../errors.ts';
import type { ConnectRecord } from '../record/connect-record.ts';
import { requireMap, requireStruct, SCHEMA_CACHE_SIZE, SideTransformation } from './record-side.ts';

const PURPOSE = 'flattening';

/** `Flatten$Key`, `Flatten$Value`. Arrays stay as they are; maps inside of structs are refused, as in Kafka. */
export class Flatten extends SideTransformation {
  #delimiter = '.';
  readonly #schemas = new BoundedCache<Schema, Schema>(SCHEMA_CACHE_SIZE);

  override configDef(): ConfigDef {
    return new ConfigDef({
      name: 'delimiter',
      type: 'STRING',
      default: '.',
      documentation: 'What stands between the names of the outer and the inner field.',
    });
  }

  protected override use(config: ParsedConfig): void {
    this.#delimiter = config.string('delimiter');
  }

  override apply<R extends ConnectRecord>(record: R): R {
    const value = this.valueOf(record);
    const schema = this.schemaOf(record);
    if (value === null) return record;
    if (schema === null) {
      const flat = new Map<string, unknown>();
      this.#addMap(requireMap(value, PURPOSE), '', flat);
      return this.withSide(record, null, flat);
    }
    const struct = requireStruct(value, PURPOSE);
    const flatSchema = this.#schemas.get(schema, () => this.#flatSchema(schema));
    const flat = new Struct(flatSchema);
    this.#addStruct(struct, '', flat);
    return this.withSide(record, flatSchema, flat);
  }

  #addMap(map: ReadonlyMap<string, unknown>, prefix: string, flat: Map<string, unknown>): void {
    for (const [name, value] of map) {
      const path = this.#path(prefix, name);
      if (value instanceof Map) this.#addMap(requireMap(value, PURPOSE), path, flat);
      else flat.set(path, value);
    }
  }

  #addStruct(struct: Struct | null, prefix: string, flat: Struct): void {
    for (const field of struct?.schema.fields ?? []) {
      const path = this.#path(prefix, field.name);
      if (field.schema.type === 'STRUCT')
        this.#addStruct(struct?.getStruct(field.name) ?? null, path, flat);
      else flat.put(path, struct?.get(field));
    }
  }

  #flatSchema(schema: Schema): Schema {
    const builder = copyBasics(schema, SchemaBuilder.struct());
    this.#addFields(schema, '', builder, schema.optional, defaultOf(schema));
    return builder.build();
  }

  /** A field is optional, and has a default, when it or anything around it is or has. */
  #addFields(
    schema: Schema,
    prefix: string,
    builder: SchemaBuilder,
    isOptional: boolean,
    outerDefault: Struct | null,
  ): void {
    for (const field of schema.fields) {
      const path = this.#path(prefix, field.name);
      const optional = isOptional || field.schema.optional;
      const defaultValue = field.schema.defaultValue ?? outerDefault?.get(field) ?? null;
      if (field.schema.type === 'MAP')
        throw new DataError(
          `Flatten transformation does not support MAP for record with schemas (for field ${path}).`,
        );
      if (field.schema.type === 'STRUCT') {
        const inner = defaultValue instanceof Struct ? defaultValue : null;
        this.#addFields(field.schema, path, builder, optional, inner);
      } else builder.field(path, leafSchema(field.schema, optional, defaultValue));
    }
  }

  #path(prefix: string, name: string): string {
    return prefix === '' ? name : prefix + this.#delimiter + name;
  }
}

function defaultOf(schema: Schema): Struct | null {
  return schema.defaultValue instanceof Struct ? schema.defaultValue : null;
}

function leafSchema(schema: Schema, isOptional: boolean, defaultValue: unknown): Schema {
  const of = schema.type === 'ARRAY' ? { valueSchema: schema.valueSchema } : {};
  const builder = copyBasics(schema, new SchemaBuilder(schema.type, of));
  if (isOptional) builder.optional();
  if (defaultValue !== null) builder.defaultValue(defaultValue);
  return builder.build();
}
