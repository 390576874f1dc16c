// Turns fields into headers. Kafka: org.apache.kafka.connect.transforms.HeaderFrom.
import { ConfigDef } from '../config/config-def.ts';
import type { ParsedConfig } from '../config/parsed-config.ts';
import { nonEmptyList, oneOf } from '../config/validators.ts';
import { BoundedCache } from '../data/bounded-cache.ts';
import { capacityOfCopy, hashMap } from '../data/hash-map-order.ts';
import { copyBasics, SchemaBuilder } from '../data/schema-builder.ts';
import type { Schema } from '../data/schema.ts';
import { Struct } from '../data/struct.ts';
import { ConfigError, DataError } from '../errors.ts';
import type { ConnectRecord } from '../record/connect-record.ts';
import {
  fieldValue,
  REPLACE_NULL_WITH_DEFAULT,
  requireMap,
  requireStruct,
  SCHEMA_CACHE_SIZE,
  SideTransformation,
} from './record-side.ts';

/** `HeaderFrom$Key`, `HeaderFrom$Value`: moves or copies. */
export class HeaderFrom extends SideTransformation {
  #fields: readonly string[] = [];
  #headers: readonly string[] = [];
  #isMove = false;
  #replaceNull = true;
  readonly #schemas = new BoundedCache<Schema, Schema>(SCHEMA_CACHE_SIZE);

  override configDef(): ConfigDef {
    return new ConfigDef(
      {
        name: 'fields',
        type: 'LIST',
        validator: nonEmptyList(),
        importance: 'HIGH',
        documentation: 'Fields that become headers.',
      },
      {
        name: 'headers',
        type: 'LIST',
        validator: nonEmptyList(),
        importance: 'HIGH',
        documentation: 'Keys of the headers, in the order of the fields.',
      },
      {
        name: 'operation',
        type: 'STRING',
        validator: oneOf('move', 'copy'),
        importance: 'HIGH',
        documentation: 'Whether the fields go (move) or stay (copy).',
      },
      REPLACE_NULL_WITH_DEFAULT,
    );
  }

  protected override use(config: ParsedConfig): void {
    this.#fields = config.list('fields');
    this.#headers = config.list('headers');
    this.#isMove = config.string('operation') === 'move';
    this.#replaceNull = config.boolean('replace.null.with.default');
    if (this.#fields.length !== this.#headers.length)
      throw new ConfigError(
        "'fields' config must have the same number of elements as 'headers' config.",
      );
  }

  override apply<R extends ConnectRecord>(record: R): R {
    const schema = this.schemaOf(record);
    const purpose = `header ${this.#isMove ? 'move' : 'copy'}`;
    return schema === null
      ? this.#ofMap(requireMap(this.valueOf(record), purpose), record)
      : this.#ofStruct(requireStruct(this.valueOf(record), purpose), schema, record);
  }

  #ofMap<R extends ConnectRecord>(map: ReadonlyMap<string, unknown>, record: R): R {
    const headers = record.headers.duplicate();
    this.#fields.forEach((field, index) => {
      headers.add(this.#headers[index] ?? '', map.get(field) ?? null);
    });
    const kept = [...map].filter(([name]) => !this.#isMove || !this.#fields.includes(name));
    return this.withSide(record, null, hashMap(kept, capacityOfCopy(map.size)), headers);
  }

  #ofStruct<R extends ConnectRecord>(struct: Struct, schema: Schema, record: R): R {
    const headers = record.headers.duplicate();
    this.#fields.forEach((name, index) => {
      const field = schema.field(name);
      if (field === undefined) throw new DataError(`Unknown field: ${name}`);
      const value = fieldValue(struct, name, this.#replaceNull);
      headers.add(this.#headers[index] ?? '', value, field.schema);
    });
    if (!this.#isMove) return this.withSide(record, schema, struct, headers);
    const reduced = this.#schemas.get(schema, () => this.#reduced(schema));
    const rest = new Struct(reduced);
    for (const field of reduced.fields)
      rest.put(field, fieldValue(struct, field.name, this.#replaceNull));
    return this.withSide(record, reduced, rest, headers);
  }

  #reduced(schema: Schema): Schema {
    const builder = copyBasics(schema, SchemaBuilder.struct());
    for (const field of schema.fields)
      if (!this.#fields.includes(field.name)) builder.field(field.name, field.schema);
    return builder.build();
  }
}
