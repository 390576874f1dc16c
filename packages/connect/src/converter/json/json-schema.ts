// Connect schemas as JSON, the `schema` of an envelope. Kafka: JsonSchema, JsonConverter.asJsonSchema and asConnectSchema.
import type { Schema, SchemaType } from '../../data/schema.ts';
import { SchemaBuilder } from '../../data/schema-builder.ts';
import { DataError, SchemaBuilderError } from '../../errors.ts';
import { isObject, type JsonNode, type JsonObject } from './json-node.ts';
import { jsonFields, jsonString } from './json-text.ts';

const TYPE_NAMES: Readonly<Record<SchemaType, string>> = {
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FLOAT32: 'float',
  FLOAT64: 'double',
  BOOLEAN: 'boolean',
  STRING: 'string',
  BYTES: 'bytes',
  ARRAY: 'array',
  MAP: 'map',
  STRUCT: 'struct',
};

/**
 * The JSON text of a schema; `null` for none.
 *
 * @param writeValue writes defaults
 * @param fieldName added at the end when the schema is that of a struct's field
 */
export function schemaToJson(
  schema: Schema | null,
  writeValue: (schema: Schema, value: unknown) => string,
  fieldName?: string,
): string {
  if (schema === null) return 'null';
  const nested = (inner: Schema | null): string => schemaToJson(inner, writeValue);
  const fields: [string, string][] = [['type', jsonString(TYPE_NAMES[schema.type])]];
  if (schema.type === 'ARRAY') fields.push(['items', nested(schema.valueSchemaOrNull)]);
  if (schema.type === 'MAP')
    fields.push(
      ['keys', nested(schema.keySchemaOrNull)],
      ['values', nested(schema.valueSchemaOrNull)],
    );
  if (schema.type === 'STRUCT') {
    const members = schema.fields.map((field) =>
      schemaToJson(field.schema, writeValue, field.name),
    );
    fields.push(['fields', `[${members.join(',')}]`]);
  }
  fields.push(['optional', String(schema.optional)]);
  if (schema.name !== null) fields.push(['name', jsonString(schema.name)]);
  if (schema.version !== null) fields.push(['version', String(schema.version)]);
  if (schema.doc !== null) fields.push(['doc', jsonString(schema.doc)]);
  if (schema.parameters !== null) {
    const parameters = Array.from(schema.parameters, ([name, value]) => {
      return [name, jsonString(value)] as const;
    });
    fields.push(['parameters', jsonFields(parameters)]);
  }
  if (schema.defaultValue !== null)
    fields.push(['default', writeValue(schema, schema.defaultValue)]);
  if (fieldName !== undefined) fields.push(['field', jsonString(fieldName)]);
  return jsonFields(fields);
}

const TYPES: ReadonlyMap<string, SchemaType> = new Map(
  Object.entries(TYPE_NAMES).map(([type, name]) => [name, type as SchemaType]),
);

/** Reads the value of a default. */
export type ReadValue = (schema: Schema, node: JsonNode) => unknown;

/** The schema of a JSON text; null for `null`. @throws DataError when it is no schema */
export function schemaFromJson(node: JsonNode | undefined, readValue: ReadValue): Schema | null {
  if (node === null) return null;
  const type = isObject(node) ? node.get('type') : undefined;
  if (!isObject(node) || typeof type !== 'string')
    throw new DataError("Schema must contain 'type' field");
  const builder = builderFor(type, node, readValue);
  if (node.get('optional') === true) builder.optional();
  else builder.required();
  addBasics(builder, node);
  const defaultNode = node.get('default');
  // Kafka compares the default's schema with the unfinished one, and so refuses every struct.
  if (type === 'struct' && isObject(defaultNode))
    throw new SchemaBuilderError('Invalid default value');
  return defaultNode === undefined
    ? builder.build()
    : builder.defaultValue(readValue(builder.build(), defaultNode)).build();
}

function builderFor(type: string, node: JsonObject, readValue: ReadValue): SchemaBuilder {
  switch (type) {
    case 'array':
      return SchemaBuilder.array(
        innerSchema(node.get('items'), 'Array schema did not specify the element type', readValue),
      );
    case 'map':
      return SchemaBuilder.map(
        innerSchema(node.get('keys'), 'Map schema did not specify the key type', readValue),
        innerSchema(node.get('values'), 'Map schema did not specify the value type', readValue),
      );
    case 'struct':
      return structBuilder(node, readValue);
    default: {
      const known = TYPES.get(type);
      if (known === undefined) throw new DataError(`Unknown schema type: ${type}`);
      return new SchemaBuilder(known);
    }
  }
}

function innerSchema(node: JsonNode | undefined, missing: string, readValue: ReadValue): Schema {
  const schema = node === undefined ? null : schemaFromJson(node, readValue);
  if (schema === null) throw new DataError(missing);
  return schema;
}

function structBuilder(node: JsonObject, readValue: ReadValue): SchemaBuilder {
  const fields = node.get('fields');
  if (!Array.isArray(fields))
    throw new DataError('Struct schema\'s "fields" argument is not an array.');
  const builder = SchemaBuilder.struct();
  for (const field of fields) {
    const name = isObject(field) ? field.get('field') : undefined;
    if (typeof name !== 'string')
      throw new DataError("Struct schema's field name not specified properly");
    builder.field(name, innerSchema(field, `no schema for field ${name}`, readValue));
  }
  return builder;
}

function addBasics(builder: SchemaBuilder, node: JsonObject): void {
  const name = node.get('name');
  if (typeof name === 'string') builder.name(name);
  const version = node.get('version');
  if (typeof version === 'number') builder.version(version | 0);
  const doc = node.get('doc');
  if (typeof doc === 'string') builder.doc(doc);
  const parameters = node.get('parameters');
  if (!isObject(parameters)) return;
  for (const [parameter, value] of parameters) {
    if (typeof value !== 'string')
      throw new DataError('Schema parameters must have string values.');
    builder.parameter(parameter, value);
  }
}
