// Makes the key of fields of the value. Kafka: org.apache.kafka.connect.transforms.ValueToKey.
import { ConfigDef } from '../config/config-def.ts';
import { distinctList } from '../config/validators.ts';
import { BoundedCache } from '../data/bounded-cache.ts';
import { capacityFor, hashMap } from '../data/hash-map-order.ts';
import { SchemaBuilder } from '../data/schema-builder.ts';
import type { Schema } from '../data/schema.ts';
import { Struct } from '../data/struct.ts';
import { DataError } from '../errors.ts';
import type { ConnectRecord } from '../record/connect-record.ts';
import {
  fieldValue,
  REPLACE_NULL_WITH_DEFAULT,
  requireMap,
  requireStruct,
  SCHEMA_CACHE_SIZE,
} from './record-side.ts';
import type { Transformation } from './transformation.ts';

const PURPOSE = 'copying fields from value to key';

/** A null value is an error: it has no fields. */
export class ValueToKey implements Transformation {
  #fields: readonly string[] = [];
  #replaceNull = true;
  readonly #schemas = new BoundedCache<Schema, Schema>(SCHEMA_CACHE_SIZE);

  configDef(): ConfigDef {
    return new ConfigDef(
      {
        name: 'fields',
        type: 'LIST',
        validator: distinctList({ isEmptyAllowed: false }),
        importance: 'HIGH',
        documentation: 'Fields of the value that make up the key.',
      },
      REPLACE_NULL_WITH_DEFAULT,
    );
  }

  configure(configs: Readonly<Record<string, unknown>>): void {
    const config = this.configDef().parse(configs);
    this.#fields = config.list('fields');
    this.#replaceNull = config.boolean('replace.null.with.default');
  }

  apply<R extends ConnectRecord>(record: R): R {
    if (record.valueSchema === null) {
      const value = requireMap(record.value, PURPOSE);
      const entries = this.#fields.map((field) => [field, value.get(field) ?? null] as const);
      const key = hashMap(entries, capacityFor(this.#fields.length));
      return record.newRecord({ keySchema: null, key });
    }
    const value = requireStruct(record.value, PURPOSE);
    const keySchema = this.#schemas.get(value.schema, () => this.#keySchema(value.schema));
    const key = new Struct(keySchema);
    for (const field of this.#fields) key.put(field, fieldValue(value, field, this.#replaceNull));
    return record.newRecord({ keySchema, key });
  }

  #keySchema(valueSchema: Schema): Schema {
    const builder = SchemaBuilder.struct();
    for (const name of this.#fields) {
      const field = valueSchema.field(name);
      if (field === undefined) throw new DataError(`Field does not exist: ${name}`);
      builder.field(name, field.schema);
    }
    return builder.build();
  }
}
