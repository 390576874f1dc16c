// Puts schemas together. Kafka: org.apache.kafka.connect.data.SchemaBuilder.
import { DataError, SchemaBuilderError } from '../errors.ts';
import { Field, Schema, type SchemaType } from './schema.ts';
import { validateValue } from './struct.ts';

/**
 * `SchemaBuilder.struct().name('order').field('id', Schema.INT64).build()`. Everything may be said once;
 * a second, different word throws SchemaBuilderError.
 */
export class SchemaBuilder {
  readonly #type: SchemaType;
  readonly #fields = new Map<string, Field>();
  readonly #keySchema: Schema | undefined;
  readonly #valueSchema: Schema | undefined;
  #optional: boolean | undefined;
  #defaultValue: unknown = null;
  #name: string | null = null;
  #version: number | null = null;
  #doc: string | null = null;
  #parameters: Map<string, string> | null = null;

  constructor(type: SchemaType, of: { keySchema?: Schema; valueSchema?: Schema } = {}) {
    this.#type = type;
    this.#keySchema = of.keySchema;
    this.#valueSchema = of.valueSchema;
  }

  static int8(): SchemaBuilder {
    return new SchemaBuilder('INT8');
  }
  static int16(): SchemaBuilder {
    return new SchemaBuilder('INT16');
  }
  static int32(): SchemaBuilder {
    return new SchemaBuilder('INT32');
  }
  static int64(): SchemaBuilder {
    return new SchemaBuilder('INT64');
  }
  static float32(): SchemaBuilder {
    return new SchemaBuilder('FLOAT32');
  }
  static float64(): SchemaBuilder {
    return new SchemaBuilder('FLOAT64');
  }
  static bool(): SchemaBuilder {
    return new SchemaBuilder('BOOLEAN');
  }
  static string(): SchemaBuilder {
    return new SchemaBuilder('STRING');
  }
  static bytes(): SchemaBuilder {
    return new SchemaBuilder('BYTES');
  }
  static struct(): SchemaBuilder {
    return new SchemaBuilder('STRUCT');
  }
  static array(valueSchema: Schema): SchemaBuilder {
    return new SchemaBuilder('ARRAY', { valueSchema });
  }
  static map(keySchema: Schema, valueSchema: Schema): SchemaBuilder {
    return new SchemaBuilder('MAP', { keySchema, valueSchema });
  }

  optional(): this {
    refuseChange('optional', this.#optional, true);
    this.#optional = true;
    return this;
  }

  required(): this {
    refuseChange('optional', this.#optional, false);
    this.#optional = false;
    return this;
  }

  /** Set `optional` and the name of a logical type before it. @throws SchemaBuilderError when the value does not fit */
  defaultValue(value: unknown): this {
    refuseChange('default', this.#defaultValue, value);
    try {
      validateValue(this.build(), value);
    } catch (error) {
      throw error instanceof DataError
        ? new SchemaBuilderError('Invalid default value', { cause: error })
        : error;
    }
    this.#defaultValue = value;
    return this;
  }

  name(name: string | null): this {
    refuseChange('name', this.#name, name);
    this.#name = name;
    return this;
  }

  version(version: number | null): this {
    refuseChange('version', this.#version, version);
    this.#version = version;
    return this;
  }

  doc(doc: string | null): this {
    refuseChange('doc', this.#doc, doc);
    this.#doc = doc;
    return this;
  }

  /** Of a logical type; may be called again. */
  parameter(name: string, value: string): this {
    this.#parameters ??= new Map();
    this.#parameters.set(name, value);
    return this;
  }

  /** Adds all; none: nothing changes. */
  parameters(parameters: Iterable<readonly [string, string]>): this {
    for (const [name, value] of parameters) this.parameter(name, value);
    return this;
  }

  /** The next field of a struct. @throws SchemaBuilderError for another type or a name that is taken */
  field(name: string, schema: Schema): this {
    if (this.#type !== 'STRUCT')
      throw new SchemaBuilderError(`Cannot create fields on type ${this.#type}`);
    if (name === '') throw new SchemaBuilderError('fieldName cannot be null.');
    if (this.#fields.has(name))
      throw new SchemaBuilderError(`Cannot create field because of field name duplication ${name}`);
    this.#fields.set(name, new Field(name, this.#fields.size, schema));
    return this;
  }

  build(): Schema {
    return new Schema({
      type: this.#type,
      optional: this.#optional ?? false,
      defaultValue: this.#defaultValue,
      name: this.#name,
      version: this.#version,
      doc: this.#doc,
      parameters: this.#parameters && new Map(this.#parameters),
      fields: [...this.#fields.values()],
      ...(this.#keySchema && { keySchema: this.#keySchema }),
      ...(this.#valueSchema && { valueSchema: this.#valueSchema }),
    });
  }
}

/** A builder with the name, version, documentation and parameters of `source`: what transforms keep of a schema. */
export function copyBasics(source: Schema, builder: SchemaBuilder): SchemaBuilder {
  return builder
    .name(source.name)
    .version(source.version)
    .doc(source.doc)
    .parameters(source.parameters ?? []);
}

function refuseChange(what: string, before: unknown, after: unknown): void {
  if (before !== undefined && before !== null && before !== after)
    throw new SchemaBuilderError(`Invalid SchemaBuilder call: ${what} has already been set.`);
}
