// Adds what is known about a record, or a fixed text, as fields. Kafka: org.apache.kafka.connect.transforms.InsertField.
import { ConfigDef, type ConfigKeyDefinition } from '../config/config-def.ts';
import type { ParsedConfig } from '../config/parsed-config.ts';
import { BoundedCache } from '../data/bounded-cache.ts';
import { capacityOfCopy, hashMap } from '../data/hash-map-order.ts';
import { kindOf } from '../data/kind-of.ts';
import { ConnectTimestamp } from '../data/logical-types.ts';
import { copyBasics, SchemaBuilder } from '../data/schema-builder.ts';
import { Schema } from '../data/schema.ts';
import { Struct } from '../data/struct.ts';
import { ConfigError, DataError } from '../errors.ts';
import type { ConnectRecord } from '../record/connect-record.ts';
import { SinkRecord } from '../record/sink-record.ts';
import {
  fieldValue,
  REPLACE_NULL_WITH_DEFAULT,
  requireMap,
  requireStruct,
  SCHEMA_CACHE_SIZE,
  SideTransformation,
} from './record-side.ts';

const PURPOSE = 'field insertion';

/** What can be inserted, in Kafka's order of the new fields. */
interface Source {
  readonly config: string;
  readonly what: string;
  readonly required: Schema;
  readonly optional: Schema;
  /** Null: nothing to insert. */
  read(record: ConnectRecord, hasSchema: boolean): unknown;
}

const SOURCES: readonly Source[] = [
  {
    config: 'topic.field',
    what: 'the topic',
    required: Schema.STRING,
    optional: Schema.OPTIONAL_STRING,
    read: (record) => record.topic,
  },
  {
    config: 'partition.field',
    what: 'the partition',
    required: Schema.INT32,
    optional: Schema.OPTIONAL_INT32,
    read: (record) => record.kafkaPartition,
  },
  {
    config: 'offset.field',
    what: 'the offset (sinks only)',
    required: Schema.INT64,
    optional: Schema.OPTIONAL_INT64,
    read: (record) => requireSinkRecord(record).kafkaOffset,
  },
  {
    config: 'timestamp.field',
    what: 'the timestamp',
    required: ConnectTimestamp.schema,
    optional: ConnectTimestamp.builder().optional().build(),
    read: ({ timestamp }, hasSchema) =>
      timestamp !== null && hasSchema ? new Date(timestamp) : timestamp,
  },
];

const STATIC_FIELD = 'static.field';
const STATIC_VALUE = 'static.value';

/** One configured insertion. */
interface Insertion extends Source {
  readonly field: string;
  readonly isOptional: boolean;
}

/** `InsertField$Key`, `InsertField$Value`. A null key or value stays as it is. */
export class InsertField extends SideTransformation {
  #insertions: readonly Insertion[] = [];
  #replaceNull = true;
  readonly #schemas = new BoundedCache<Schema, Schema>(SCHEMA_CACHE_SIZE);

  override configDef(): ConfigDef {
    const names = [...SOURCES, { config: STATIC_FIELD, what: `the text of ${STATIC_VALUE}` }];
    return new ConfigDef(
      ...names.map(({ config, what }): ConfigKeyDefinition => ({
        name: config,
        type: 'STRING',
        default: null,
        documentation: `Field for ${what}; with "!" at the end it is required, with "?" or without optional.`,
      })),
      {
        name: STATIC_VALUE,
        type: 'STRING',
        default: null,
        documentation: `What ${STATIC_FIELD} is set to.`,
      },
      REPLACE_NULL_WITH_DEFAULT,
    );
  }

  protected override use(config: ParsedConfig): void {
    const staticValue = config.stringOrNull(STATIC_VALUE);
    const fixed: Source = {
      config: STATIC_FIELD,
      what: '',
      required: Schema.STRING,
      optional: Schema.OPTIONAL_STRING,
      read: () => staticValue,
    };
    this.#insertions = [...SOURCES, fixed].flatMap((source) => {
      const name = config.stringOrNull(source.config);
      if (name === null) return [];
      return [{ ...source, field: name.replace(/[!?]$/, ''), isOptional: !name.endsWith('!') }];
    });
    this.#replaceNull = config.boolean('replace.null.with.default');
    if (this.#insertions.length === 0) throw new ConfigError('No field insertion configured');
    const staticField = config.stringOrNull(STATIC_FIELD);
    if (staticField !== null && staticValue === null)
      throw new ConfigError(
        `Invalid value null for configuration ${STATIC_VALUE}: No value specified for static field: ${staticField}`,
      );
  }

  override apply<R extends ConnectRecord>(record: R): R {
    const value = this.valueOf(record);
    if (value === null) return record;
    return this.schemaOf(record) === null
      ? this.withSide(record, null, this.#inMap(requireMap(value, PURPOSE), record))
      : this.#inStruct(requireStruct(value, PURPOSE), record);
  }

  #inMap(map: ReadonlyMap<string, unknown>, record: ConnectRecord): Map<string, unknown> {
    const added = this.#insertions
      .map(({ field, read }) => [field, read(record, false)] as const)
      .filter(([, inserted]) => inserted !== null);
    return hashMap([...map, ...added], capacityOfCopy(map.size));
  }

  #inStruct<R extends ConnectRecord>(struct: Struct, record: R): R {
    const schema = this.#schemas.get(struct.schema, () => this.#extended(struct.schema));
    const extended = new Struct(schema);
    for (const field of struct.schema.fields)
      extended.put(field.name, fieldValue(struct, field, this.#replaceNull));
    for (const { field, read } of this.#insertions) {
      const inserted = read(record, true);
      if (inserted !== null) extended.put(field, inserted);
    }
    return this.withSide(record, schema, extended);
  }

  #extended(schema: Schema): Schema {
    const builder = copyBasics(schema, SchemaBuilder.struct());
    for (const field of schema.fields) builder.field(field.name, field.schema);
    for (const insertion of this.#insertions)
      builder.field(
        insertion.field,
        insertion.isOptional ? insertion.optional : insertion.required,
      );
    return builder.build();
  }
}

function requireSinkRecord(record: ConnectRecord): SinkRecord {
  if (record instanceof SinkRecord) return record;
  throw new DataError(`Only SinkRecord supported for [${PURPOSE}], found: ${kindOf(record)}`);
}
