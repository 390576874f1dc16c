// Times from one form into another: text, Unix time, Date, Time, Timestamp. Kafka: org.apache.kafka.connect.transforms.TimestampConverter.
import { ConfigDef } from '../config/config-def.ts';
import type { ParsedConfig } from '../config/parsed-config.ts';
import { oneOf } from '../config/validators.ts';
import { BoundedCache } from '../data/bounded-cache.ts';
import { capacityOfCopy, hashMap } from '../data/hash-map-order.ts';
import { kindOf } from '../data/kind-of.ts';
import { CONNECT_DATE, CONNECT_TIME, CONNECT_TIMESTAMP } from '../data/logical-names.ts';
import { ConnectDate, ConnectTime, ConnectTimestamp } from '../data/logical-types.ts';
import { copyBasics, SchemaBuilder } from '../data/schema-builder.ts';
import type { Schema } from '../data/schema.ts';
import { Struct } from '../data/struct.ts';
import { ConfigError, ConnectError, DataError } from '../errors.ts';
import type { ConnectRecord } from '../record/connect-record.ts';
import { DatePattern } from '../values/date-pattern.ts';
import {
  fieldValue,
  REPLACE_NULL_WITH_DEFAULT,
  requireMap,
  requireStruct,
  SCHEMA_CACHE_SIZE,
  SideTransformation,
} from './record-side.ts';

const PURPOSE = 'converting timestamp formats';
const MS_PER_DAY = 86_400_000;

const FORMS = ['string', 'unix', 'Date', 'Time', 'Timestamp'] as const;
type Form = (typeof FORMS)[number];

/** How many of a precision make a millisecond, or how many milliseconds make one. */
const PER_MS = { nanoseconds: 1_000_000n, microseconds: 1_000n, milliseconds: 1n } as const;
const PRECISIONS = ['nanoseconds', 'microseconds', 'milliseconds', 'seconds'] as const;
type Precision = (typeof PRECISIONS)[number];

/** `TimestampConverter$Key`, `TimestampConverter$Value`. Null stays null. */
export class TimestampConverter extends SideTransformation {
  #field = '';
  #target: Form = 'Timestamp';
  #format = '';
  #pattern: DatePattern | undefined;
  #precision: Precision = 'milliseconds';
  #replaceNull = true;
  readonly #schemas = new BoundedCache<Schema, Schema>(SCHEMA_CACHE_SIZE);

  override configDef(): ConfigDef {
    return new ConfigDef(
      {
        name: 'field',
        type: 'STRING',
        default: '',
        importance: 'HIGH',
        documentation: 'The field that is a time; empty when the whole value is one.',
      },
      {
        name: 'target.type',
        type: 'STRING',
        validator: oneOf(...FORMS),
        importance: 'HIGH',
        documentation: 'What it becomes: string, unix, Date, Time or Timestamp.',
      },
      {
        name: 'format',
        type: 'STRING',
        default: '',
        documentation:
          'How texts are read and written, as a pattern of java.text.SimpleDateFormat.',
      },
      {
        name: 'unix.precision',
        type: 'STRING',
        default: 'milliseconds',
        validator: oneOf(...PRECISIONS),
        importance: 'LOW',
        documentation: 'What Unix times count, when they are read and when they are written.',
      },
      REPLACE_NULL_WITH_DEFAULT,
    );
  }

  protected override use(config: ParsedConfig): void {
    this.#field = config.string('field');
    this.#target = config.string('target.type') as Form;
    this.#format = config.string('format');
    this.#precision = config.string('unix.precision') as Precision;
    this.#replaceNull = config.boolean('replace.null.with.default');
    const isGiven = this.#format.trim() !== '';
    if (this.#target === 'string' && !isGiven)
      throw new ConfigError(
        'TimestampConverter requires format option to be specified when using string timestamps',
      );
    this.#pattern = isGiven ? new DatePattern(this.#format) : undefined;
  }

  override apply<R extends ConnectRecord>(record: R): R {
    const value = this.valueOf(record);
    const schema = this.schemaOf(record);
    if (schema === null) return this.withSide(record, null, this.#schemaless(value));
    if (this.#field === '') {
      const updated = schemaOfForm(this.#target, schema.optional);
      return this.withSide(record, updated, this.#converted(value, formOf(schema)));
    }
    const updated = this.#schemas.get(schema, () => this.#updatedSchema(schema));
    const struct = value === null ? null : this.#struct(requireStruct(value, PURPOSE), updated);
    return this.withSide(record, updated, struct);
  }

  #schemaless(value: unknown): unknown {
    if (value === null || this.#field === '') return this.#inferred(value);
    const map = requireMap(value, PURPOSE);
    const converted = [this.#field, this.#inferred(map.get(this.#field) ?? null)] as const;
    return hashMap([...map, converted], capacityOfCopy(map.size));
  }

  #updatedSchema(schema: Schema): Schema {
    const builder = copyBasics(schema, SchemaBuilder.struct());
    for (const { name, schema: own } of schema.fields)
      builder.field(name, name === this.#field ? schemaOfForm(this.#target, own.optional) : own);
    if (schema.optional) builder.optional();
    const { defaultValue } = schema;
    if (defaultValue instanceof Struct)
      builder.defaultValue(this.#struct(defaultValue, builder.build()));
    return builder.build();
  }

  #struct(struct: Struct, schema: Schema): Struct {
    const updated = new Struct(schema);
    for (const field of struct.schema.fields) {
      const value = fieldValue(struct, field, this.#replaceNull);
      const isMeant = field.name === this.#field;
      updated.put(field.name, isMeant ? this.#converted(value, formOf(field.schema)) : value);
    }
    return updated;
  }

  #inferred(value: unknown): unknown {
    if (value === null) return null;
    if (value instanceof Date) return this.#converted(value, 'Timestamp');
    if (typeof value === 'string') return this.#converted(value, 'string');
    if (isWhole(value)) return this.#converted(value, 'unix');
    throw new DataError(
      `TimestampConverter does not support ${kindOf(value)} objects as timestamps`,
    );
  }

  #converted(value: unknown, form: Form): unknown {
    return value === null ? null : this.#written(this.#read(value, form));
  }

  #read(value: unknown, form: Form): Date {
    if (form === 'string') return this.#parsed(value);
    if (form === 'unix') return this.#fromUnix(value);
    if (value instanceof Date) return value;
    throw new DataError(`Expected ${form} to be a java.util.Date, but found ${kindOf(value)}`);
  }

  #parsed(value: unknown): Date {
    if (typeof value !== 'string')
      throw new DataError(`Expected string timestamp to be a String, but found ${kindOf(value)}`);
    if (this.#pattern === undefined)
      throw new DataError("A text cannot be read as a time without 'format'");
    const date = this.#pattern.parse(value);
    if (date === undefined)
      throw new DataError(
        `Could not parse timestamp: value (${value}) does not match pattern (${this.#format})`,
      );
    return date;
  }

  #fromUnix(value: unknown): Date {
    if (!isWhole(value))
      throw new DataError(`Expected Unix timestamp to be a Long, but found ${kindOf(value)}`);
    const precision = this.#precision;
    const count = BigInt(value);
    const ms = precision === 'seconds' ? count * 1000n : count / PER_MS[precision];
    return ConnectTimestamp.toLogical(ConnectTimestamp.schema, Number(ms));
  }

  #written(date: Date): unknown {
    const ms = date.getTime();
    const sinceMidnight = ((ms % MS_PER_DAY) + MS_PER_DAY) % MS_PER_DAY;
    switch (this.#target) {
      case 'string':
        return this.#pattern?.format(date);
      case 'unix':
        return this.#toUnix(ms);
      case 'Date':
        return new Date(ms - sinceMidnight);
      case 'Time':
        return new Date(sinceMidnight);
      case 'Timestamp':
        return date;
    }
  }

  #toUnix(ms: number): number | bigint {
    if (this.#precision === 'seconds') return Math.trunc(ms / 1000);
    const count = clamped(BigInt(ms) * PER_MS[this.#precision]);
    const number = Number(count);
    return Number.isSafeInteger(number) ? number : count;
  }
}

/** As Java's TimeUnit: what is beyond 64 bits is the last that is not. */
function clamped(count: bigint): bigint {
  const fits = BigInt.asIntN(64, count) === count;
  return fits ? count : count < 0n ? -(2n ** 63n) : 2n ** 63n - 1n;
}

function isWhole(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}

function schemaOfForm(form: Form, isOptional: boolean): Schema {
  const builder = {
    string: () => SchemaBuilder.string(),
    unix: () => SchemaBuilder.int64(),
    Date: () => ConnectDate.builder(),
    Time: () => ConnectTime.builder(),
    Timestamp: () => ConnectTimestamp.builder(),
  }[form]();
  return (isOptional ? builder.optional() : builder).build();
}

/** A text is a time as `format` has it, and a long is Unix time, unless the schema says otherwise. */
function formOf(schema: Schema): Form {
  if (schema.name === CONNECT_TIMESTAMP) return 'Timestamp';
  if (schema.name === CONNECT_DATE) return 'Date';
  if (schema.name === CONNECT_TIME) return 'Time';
  if (schema.type === 'STRING') return 'string';
  if (schema.type === 'INT64') return 'unix';
  throw new ConnectError(
    `Schema of type ${schema.type} does not correspond to a known timestamp type format`,
  );
}
