// JSON with or without schemas. Kafka: org.apache.kafka.connect.json.JsonConverter; its bytes are Kafka's.
import type { ConfigDef } from '../../config/config-def.ts';
import { caseInsensitiveOneOf } from '../../config/validators.ts';
import { BoundedCache } from '../../data/bounded-cache.ts';
import { NULL_VALUE, type SchemaAndValue } from '../../data/schema-and-value.ts';
import type { Schema } from '../../data/schema.ts';
import { ConnectError, DataError } from '../../errors.ts';
import type { Converter, ConverterSide, HeaderConverter } from '../converter.ts';
import { converterConfigDef, parseConverterConfig } from '../converter-config.ts';
import { isObject, type JsonNode, type ParsedJson, parseJson } from './json-node.ts';
import { readJson } from './json-read.ts';
import { type ReadValue, schemaFromJson, schemaToJson } from './json-schema.ts';
import { writeJson } from './json-write.ts';

const SCHEMAS = { group: 'Schemas', importance: 'HIGH', width: 'MEDIUM' } as const;
const SERIALIZATION = { group: 'Serialization', importance: 'LOW', width: 'MEDIUM' } as const;

function jsonConfigDef(): ConfigDef {
  return converterConfigDef()
    .define({
      name: 'schemas.enable',
      type: 'BOOLEAN',
      default: true,
      ...SCHEMAS,
      displayName: 'Enable Schemas',
      documentation: 'Writes each value in an envelope with its schema, and expects it so.',
    })
    .define({
      name: 'schemas.cache.size',
      type: 'INT',
      default: 1000,
      ...SCHEMAS,
      displayName: 'Schema Cache Size',
      documentation: 'How many schemas the converter remembers in each direction.',
    })
    .define({
      name: 'schema.content',
      type: 'STRING',
      default: null,
      ...SCHEMAS,
      displayName: 'Schema Content',
      documentation:
        'A schema in JSON that all values are read by, instead of one in each envelope. Used when schemas.enable is true.',
    })
    .define({
      name: 'decimal.format',
      type: 'STRING',
      default: 'BASE64',
      validator: caseInsensitiveOneOf('BASE64', 'NUMERIC'),
      ...SERIALIZATION,
      displayName: 'Decimal Format',
      documentation:
        'How decimals are written: BASE64 for their bytes, NUMERIC for a JSON number. Reading understands both.',
    })
    .define({
      name: 'replace.null.with.default',
      type: 'BOOLEAN',
      default: true,
      ...SERIALIZATION,
      displayName: 'Replace null with default',
      documentation: 'Whether a null becomes the default of its schema, where there is one.',
    });
}

/** For keys, values and headers. */
export class JsonConverter implements Converter, HeaderConverter {
  #schemasEnabled = true;
  #numericDecimals = false;
  #replaceNullWithDefault = true;
  #fixedSchema: Schema | null = null;
  #written = new BoundedCache<Schema, string>(0);
  #read = new BoundedCache<string, Schema | null>(0);

  configDef(): ConfigDef {
    return jsonConfigDef();
  }

  configure(configs: Readonly<Record<string, unknown>>, side?: ConverterSide): void {
    const config = parseConverterConfig(jsonConfigDef(), configs, side);
    const cacheSize = config.number('schemas.cache.size');
    this.#schemasEnabled = config.boolean('schemas.enable');
    this.#numericDecimals = /^numeric$/i.test(config.string('decimal.format'));
    this.#replaceNullWithDefault = config.boolean('replace.null.with.default');
    this.#written = new BoundedCache(cacheSize);
    this.#read = new BoundedCache(cacheSize);
    const content = config.stringOrNull('schema.content') ?? '';
    this.#fixedSchema =
      content === '' ? null : schemaFromJson(this.#parse(content).node, this.#defaults);
  }

  fromConnectData(_topic: string, schema: Schema | null, value: unknown): Buffer | null {
    if (schema === null && (value === null || value === undefined)) return null;
    const payload = this.#write(schema, value);
    if (!this.#schemasEnabled) return Buffer.from(payload);
    return Buffer.from(`{"schema":${this.#asJsonSchema(schema)},"payload":${payload}}`);
  }

  toConnectData(_topic: string, bytes: Buffer | null): SchemaAndValue {
    if (bytes === null) return NULL_VALUE;
    const { node, envelopeSchema } = this.#parse(decode(bytes));
    if (!this.#schemasEnabled) return { schema: null, value: this.#readValue(null, node) };
    if (this.#fixedSchema !== null)
      return { schema: this.#fixedSchema, value: this.#readValue(this.#fixedSchema, node) };
    if (!isObject(node) || node.size !== 2 || !node.has('schema') || !node.has('payload'))
      throw new DataError(
        'JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional fields.' +
          ' If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter configuration.',
      );
    const schema = this.#read.get(envelopeSchema, () =>
      schemaFromJson(node.get('schema'), this.#defaults),
    );
    return { schema, value: this.#readValue(schema, node.get('payload')) };
  }

  fromConnectHeader(
    topic: string,
    _headerKey: string,
    schema: Schema | null,
    value: unknown,
  ): Buffer | null {
    return this.fromConnectData(topic, schema, value);
  }

  toConnectHeader(topic: string, _headerKey: string, bytes: Buffer | null): SchemaAndValue {
    return this.toConnectData(topic, bytes);
  }

  #write(schema: Schema | null, value: unknown): string {
    return writeJson(schema, value, {
      numericDecimals: this.#numericDecimals,
      replaceNullWithDefault: this.#replaceNullWithDefault,
    });
  }

  #asJsonSchema(schema: Schema | null): string {
    if (schema === null) return 'null';
    return this.#written.get(schema, () =>
      schemaToJson(schema, (inner, value) => this.#write(inner, value)),
    );
  }

  readonly #defaults: ReadValue = (schema, node) => this.#readValue(schema, node);

  #readValue(schema: Schema | null, node: JsonNode | undefined): unknown {
    return readJson(schema, node, this.#replaceNullWithDefault);
  }

  #parse(text: string): ParsedJson {
    try {
      return parseJson(text);
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      throw new DataError(
        'Converting byte[] to Kafka Connect data failed due to serialization error: ',
        { cause: error },
      );
    }
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    throw new DataError(
      'Converting byte[] to Kafka Connect data failed due to serialization error: ',
      { cause: error },
    );
  }
}
