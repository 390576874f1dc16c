// The shape of a value. Kafka: org.apache.kafka.connect.data.{Schema, ConnectSchema, Field}.
import { DataError } from '../errors.ts';
import { sameValue } from './same-value.ts';

/** Kafka's schema types, by the names of its enum. */
export type SchemaType =
  | 'INT8'
  | 'INT16'
  | 'INT32'
  | 'INT64'
  | 'FLOAT32'
  | 'FLOAT64'
  | 'BOOLEAN'
  | 'STRING'
  | 'BYTES'
  | 'ARRAY'
  | 'MAP'
  | 'STRUCT';

/** The types that hold no other values. */
export const PRIMITIVE_TYPES: ReadonlySet<SchemaType> = new Set<SchemaType>([
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FLOAT32',
  'FLOAT64',
  'BOOLEAN',
  'STRING',
  'BYTES',
]);

/** A named place of a struct; `index` counts from 0 in the order of declaration. */
export class Field {
  readonly name: string;
  readonly index: number;
  readonly schema: Schema;

  constructor(name: string, index: number, schema: Schema) {
    this.name = name;
    this.index = index;
    this.schema = schema;
  }
}

/** Everything a schema can say. Built by `SchemaBuilder`, which checks it. */
export interface SchemaDefinition {
  readonly type: SchemaType;
  readonly optional?: boolean;
  readonly defaultValue?: unknown;
  readonly name?: string | null;
  readonly version?: number | null;
  readonly doc?: string | null;
  readonly parameters?: ReadonlyMap<string, string> | null;
  readonly fields?: readonly Field[];
  readonly keySchema?: Schema;
  readonly valueSchema?: Schema;
}

/** An immutable schema. Optional schemas allow null; a null in a field takes the field's default when it has one. */
export class Schema {
  readonly type: SchemaType;
  readonly optional: boolean;
  /** Null when there is none. */
  readonly defaultValue: unknown;
  /** Logical types are recognised by it. */
  readonly name: string | null;
  readonly version: number | null;
  readonly doc: string | null;
  /** Null when none was ever set. */
  readonly parameters: ReadonlyMap<string, string> | null;
  readonly #fields: readonly Field[] | undefined;
  readonly #byName: ReadonlyMap<string, Field> | undefined;
  readonly #keySchema: Schema | undefined;
  readonly #valueSchema: Schema | undefined;

  constructor(definition: SchemaDefinition) {
    this.type = definition.type;
    this.optional = definition.optional ?? false;
    this.defaultValue = definition.defaultValue ?? null;
    this.name = definition.name ?? null;
    this.version = definition.version ?? null;
    this.doc = definition.doc ?? null;
    this.parameters = definition.parameters ?? null;
    if (this.type === 'STRUCT') {
      this.#fields = definition.fields ?? [];
      this.#byName = new Map(this.#fields.map((field) => [field.name, field]));
    }
    this.#keySchema = definition.keySchema;
    this.#valueSchema = definition.valueSchema;
  }

  /** A struct's fields in their order. @throws DataError for another type */
  get fields(): readonly Field[] {
    if (this.#fields === undefined) throw new DataError('Cannot list fields on non-struct type');
    return this.#fields;
  }

  /** A struct's field; undefined when there is none of that name. @throws DataError for another type */
  field(name: string): Field | undefined {
    if (this.#byName === undefined) throw new DataError('Cannot look up fields on non-struct type');
    return this.#byName.get(name);
  }

  /** Of a map's keys. @throws DataError for another type, or when it says nothing about its keys */
  get keySchema(): Schema {
    if (this.type !== 'MAP') throw new DataError('Cannot look up key schema on non-map type');
    if (this.#keySchema === undefined) throw new DataError('No schema defined for key of map');
    return this.#keySchema;
  }

  /** Of a map's values or an array's elements. @throws DataError for another type, or when it says nothing about them */
  get valueSchema(): Schema {
    if (this.type !== 'MAP' && this.type !== 'ARRAY')
      throw new DataError('Cannot look up value schema on non-array and non-map type');
    if (this.#valueSchema === undefined)
      throw new DataError(
        `No schema defined for ${this.type === 'MAP' ? 'value of map' : 'element of array'}`,
      );
    return this.#valueSchema;
  }

  /** Null when this is no map, or one read from a header such as `{}`, which does not tell of its keys. */
  get keySchemaOrNull(): Schema | null {
    return this.#keySchema ?? null;
  }

  /** Null when this is neither a map nor an array, or one read from a header such as `[]`. */
  get valueSchemaOrNull(): Schema | null {
    return this.#valueSchema ?? null;
  }

  /** Same shape, names, defaults and documentation. */
  equals(other: Schema | null | undefined): boolean {
    if (this === other) return true;
    if (!other) return false;
    return (
      this.type === other.type &&
      this.optional === other.optional &&
      this.version === other.version &&
      this.name === other.name &&
      this.doc === other.doc &&
      sameValue(this.defaultValue, other.defaultValue) &&
      sameValue(this.parameters, other.parameters) &&
      sameFields(this.#fields, other.#fields) &&
      sameSchema(this.#keySchema, other.#keySchema) &&
      sameSchema(this.#valueSchema, other.#valueSchema)
    );
  }

  /** The way Kafka's messages show a schema: `Schema{name:STRUCT}`. */
  toString(): string {
    return this.name === null ? `Schema{${this.type}}` : `Schema{${this.name}:${this.type}}`;
  }

  static readonly INT8: Schema = new Schema({ type: 'INT8' });
  static readonly INT16: Schema = new Schema({ type: 'INT16' });
  static readonly INT32: Schema = new Schema({ type: 'INT32' });
  static readonly INT64: Schema = new Schema({ type: 'INT64' });
  static readonly FLOAT32: Schema = new Schema({ type: 'FLOAT32' });
  static readonly FLOAT64: Schema = new Schema({ type: 'FLOAT64' });
  static readonly BOOLEAN: Schema = new Schema({ type: 'BOOLEAN' });
  static readonly STRING: Schema = new Schema({ type: 'STRING' });
  static readonly BYTES: Schema = new Schema({ type: 'BYTES' });
  static readonly OPTIONAL_INT8: Schema = new Schema({ type: 'INT8', optional: true });
  static readonly OPTIONAL_INT16: Schema = new Schema({ type: 'INT16', optional: true });
  static readonly OPTIONAL_INT32: Schema = new Schema({ type: 'INT32', optional: true });
  static readonly OPTIONAL_INT64: Schema = new Schema({ type: 'INT64', optional: true });
  static readonly OPTIONAL_FLOAT32: Schema = new Schema({ type: 'FLOAT32', optional: true });
  static readonly OPTIONAL_FLOAT64: Schema = new Schema({ type: 'FLOAT64', optional: true });
  static readonly OPTIONAL_BOOLEAN: Schema = new Schema({ type: 'BOOLEAN', optional: true });
  static readonly OPTIONAL_STRING: Schema = new Schema({ type: 'STRING', optional: true });
  static readonly OPTIONAL_BYTES: Schema = new Schema({ type: 'BYTES', optional: true });
}

function sameSchema(a: Schema | undefined, b: Schema | undefined): boolean {
  return a === b || (a !== undefined && a.equals(b));
}

function sameFields(a: readonly Field[] | undefined, b: readonly Field[] | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  return a.every((field, index) => {
    const other = b[index];
    return other !== undefined && field.name === other.name && field.schema.equals(other.schema);
  });
}
