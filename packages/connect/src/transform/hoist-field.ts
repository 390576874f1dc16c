// Wraps a value as the only field of a struct or map. Kafka: org.apache.kafka.connect.transforms.HoistField.
import { ConfigDef } from '../config/config-def.ts';
import type { ParsedConfig } from '../config/parsed-config.ts';
import { BoundedCache } from '../data/bounded-cache.ts';
import { SchemaBuilder } from '../data/schema-builder.ts';
import type { Schema } from '../data/schema.ts';
import { Struct } from '../data/struct.ts';
import type { ConnectRecord } from '../record/connect-record.ts';
import { SCHEMA_CACHE_SIZE, SideTransformation } from './record-side.ts';

/** `HoistField$Key`, `HoistField$Value`. */
export class HoistField extends SideTransformation {
  #field = '';
  readonly #schemas = new BoundedCache<Schema, Schema>(SCHEMA_CACHE_SIZE);

  override configDef(): ConfigDef {
    return new ConfigDef({
      name: 'field',
      type: 'STRING',
      documentation: 'The name of the only field.',
    });
  }

  protected override use(config: ParsedConfig): void {
    this.#field = config.string('field');
  }

  override apply<R extends ConnectRecord>(record: R): R {
    const schema = this.schemaOf(record);
    const value = this.valueOf(record);
    if (schema === null) return this.withSide(record, null, new Map([[this.#field, value]]));
    const hoisted = this.#schemas.get(schema, () =>
      SchemaBuilder.struct().field(this.#field, schema).build(),
    );
    return this.withSide(record, hoisted, new Struct(hoisted).put(this.#field, value));
  }
}
