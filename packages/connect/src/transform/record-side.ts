// Key or value: most of Kafka's transformations exist for either, as `Name$Key` and `Name$Value`.
import type { ConfigDef, ConfigKeyDefinition } from '../config/config-def.ts';
import type { ParsedConfig } from '../config/parsed-config.ts';
import { kindOf } from '../data/kind-of.ts';
import type { Field, Schema } from '../data/schema.ts';
import { Struct } from '../data/struct.ts';
import { DataError } from '../errors.ts';
import type { ConnectRecord } from '../record/connect-record.ts';
import type { Transformation } from './transformation.ts';

export type RecordSide = 'key' | 'value';

/** How many derived schemas a transformation remembers, as in Kafka. */
export const SCHEMA_CACHE_SIZE = 16;

/** A config that several transformations share. */
export const REPLACE_NULL_WITH_DEFAULT: ConfigKeyDefinition = {
  name: 'replace.null.with.default',
  type: 'BOOLEAN',
  default: true,
  documentation: 'Whether a null becomes the default of its field, where there is one.',
};

/** A transformation of one side of each record. */
export abstract class SideTransformation implements Transformation {
  readonly #side: RecordSide;

  constructor(side: RecordSide) {
    this.#side = side;
  }

  abstract configDef(): ConfigDef;

  configure(configs: Readonly<Record<string, unknown>>): void {
    this.use(this.configDef().parse(configs));
  }

  abstract apply<R extends ConnectRecord>(record: R): R | null;

  /** Takes the configuration. @throws ConfigError */
  protected abstract use(config: ParsedConfig): void;

  protected schemaOf(record: ConnectRecord): Schema | null {
    return this.#side === 'key' ? record.keySchema : record.valueSchema;
  }

  protected valueOf(record: ConnectRecord): unknown {
    return this.#side === 'key' ? record.key : record.value;
  }

  /** The record with this side replaced. */
  protected withSide<R extends ConnectRecord>(
    record: R,
    schema: Schema | null,
    value: unknown,
    headers: R['headers'] = record.headers,
  ): R {
    return record.newRecord(
      this.#side === 'key'
        ? { keySchema: schema, key: value, headers }
        : { valueSchema: schema, value, headers },
    );
  }
}

/** A struct's field, or its default when `replaceNull`. */
export function fieldValue(struct: Struct, field: Field | string, replaceNull: boolean): unknown {
  return replaceNull ? struct.get(field) : struct.getWithoutDefault(field);
}

/** Schemaless data with names: a Map, or a plain object as connectors may write it. @throws DataError */
export function requireMap(value: unknown, purpose: string): ReadonlyMap<string, unknown> {
  if (value instanceof Map) return value;
  if (
    typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype
  )
    return new Map(Object.entries(value));
  throw new DataError(
    `Only Map objects supported in absence of schema for [${purpose}], found: ${kindOf(value)}`,
  );
}

/** @throws DataError */
export function requireStruct(value: unknown, purpose: string): Struct {
  if (value instanceof Struct) return value;
  throw new DataError(`Only Struct objects supported for [${purpose}], found: ${kindOf(value)}`);
}
