// Gives a schema another name or version. Kafka: org.apache.kafka.connect.transforms.SetSchemaMetadata.
import { ConfigDef } from '../config/config-def.ts';
import type { ParsedConfig } from '../config/parsed-config.ts';
import { BoundedCache } from '../data/bounded-cache.ts';
import { Schema } from '../data/schema.ts';
import { Struct } from '../data/struct.ts';
import { ConfigError, DataError } from '../errors.ts';
import type { ConnectRecord } from '../record/connect-record.ts';
import {
  fieldValue,
  REPLACE_NULL_WITH_DEFAULT,
  SCHEMA_CACHE_SIZE,
  SideTransformation,
} from './record-side.ts';

/** `SetSchemaMetadata$Key`, `SetSchemaMetadata$Value`. Unlike Kafka's, it takes schemas of every type. */
export class SetSchemaMetadata extends SideTransformation {
  #name: string | null = null;
  #version: number | null = null;
  #replaceNull = true;
  readonly #schemas = new BoundedCache<Schema, Schema>(SCHEMA_CACHE_SIZE);

  override configDef(): ConfigDef {
    return new ConfigDef(
      {
        name: 'schema.name',
        type: 'STRING',
        default: null,
        importance: 'HIGH',
        documentation: 'The new name.',
      },
      {
        name: 'schema.version',
        type: 'INT',
        default: null,
        importance: 'HIGH',
        documentation: 'The new version.',
      },
      REPLACE_NULL_WITH_DEFAULT,
    );
  }

  protected override use(config: ParsedConfig): void {
    this.#name = config.stringOrNull('schema.name');
    this.#version = config.numberOrNull('schema.version');
    this.#replaceNull = config.boolean('replace.null.with.default');
    if (this.#name === null && this.#version === null)
      throw new ConfigError('Neither schema name nor version configured');
  }

  override apply<R extends ConnectRecord>(record: R): R {
    const schema = this.schemaOf(record);
    const value = this.valueOf(record);
    if (schema === null && value === null) return record;
    if (schema === null) throw new DataError('Schema required for [updating schema metadata]');
    const updated = this.#schemas.get(schema, () => this.#updated(schema));
    return this.withSide(
      record,
      updated,
      value instanceof Struct ? this.#moved(value, updated) : value,
    );
  }

  #updated(schema: Schema): Schema {
    const { keySchemaOrNull: keySchema, valueSchemaOrNull: valueSchema } = schema;
    return new Schema({
      type: schema.type,
      optional: schema.optional,
      defaultValue: schema.defaultValue,
      name: this.#name ?? schema.name,
      version: this.#version ?? schema.version,
      doc: schema.doc,
      parameters: schema.parameters,
      ...(schema.type === 'STRUCT' && { fields: schema.fields }),
      ...(keySchema && { keySchema }),
      ...(valueSchema && { valueSchema }),
    });
  }

  #moved(struct: Struct, schema: Schema): Struct {
    const moved = new Struct(schema);
    for (const field of schema.fields)
      moved.put(field, fieldValue(struct, field.name, this.#replaceNull));
    return moved;
  }
}
