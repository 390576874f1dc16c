// Hides what fields say: by the zero of their type, or by a fixed value. Kafka: org.apache.kafka.connect.transforms.MaskField.
import { ConfigDef } from '../config/config-def.ts';
import type { ParsedConfig } from '../config/parsed-config.ts';
import { distinctList, nonEmptyString } from '../config/validators.ts';
import { Decimal } from '../data/decimal.ts';
import { capacityOfCopy, hashMap } from '../data/hash-map-order.ts';
import { kindOf } from '../data/kind-of.ts';
import type { Schema } from '../data/schema.ts';
import { Struct } from '../data/struct.ts';
import { DataError } from '../errors.ts';
import type { ConnectRecord } from '../record/connect-record.ts';
import { convertValue } from '../values/convert-value.ts';
import { inferSchema } from '../values/infer-schema.ts';
import {
  fieldValue,
  REPLACE_NULL_WITH_DEFAULT,
  requireMap,
  requireStruct,
  SideTransformation,
} from './record-side.ts';

const PURPOSE = 'mask fields';

/** `MaskField$Key`, `MaskField$Value`. Null stays null; bytes and structs cannot be masked. */
export class MaskField extends SideTransformation {
  #fields: ReadonlySet<string> = new Set();
  #replacement: string | null = null;
  #replaceNull = true;

  override configDef(): ConfigDef {
    return new ConfigDef(
      {
        name: 'fields',
        type: 'LIST',
        validator: distinctList({ isEmptyAllowed: false }),
        importance: 'HIGH',
        documentation: 'Fields to mask.',
      },
      {
        name: 'replacement',
        type: 'STRING',
        default: null,
        validator: nonEmptyString(),
        importance: 'LOW',
        documentation:
          'What takes the place of numbers and texts; without it 0 and the empty text.',
      },
      REPLACE_NULL_WITH_DEFAULT,
    );
  }

  protected override use(config: ParsedConfig): void {
    this.#fields = new Set(config.list('fields'));
    this.#replacement = config.stringOrNull('replacement');
    this.#replaceNull = config.boolean('replace.null.with.default');
  }

  override apply<R extends ConnectRecord>(record: R): R {
    const schema = this.schemaOf(record);
    if (schema === null) {
      const map = requireMap(this.valueOf(record), PURPOSE);
      const masked = hashMap([...this.#fields].map((name) => [name, this.#masked(map.get(name))]));
      const entries = [...map, ...masked];
      return this.withSide(record, null, hashMap(entries, capacityOfCopy(map.size)));
    }
    const struct = requireStruct(this.valueOf(record), PURPOSE);
    const masked = new Struct(struct.schema);
    for (const field of struct.schema.fields) {
      const value = fieldValue(struct, field, this.#replaceNull);
      masked.put(field, this.#fields.has(field.name) ? this.#masked(value, field.schema) : value);
    }
    return this.withSide(record, schema, masked);
  }

  #masked(value: unknown, schema: Schema | null = inferSchema(value)): unknown {
    if (value === null || value === undefined) return null;
    return this.#replacement === null ? zeroOf(value) : replaced(value, schema, this.#replacement);
  }
}

function zeroOf(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return '';
    case 'boolean':
      return false;
    case 'number':
    case 'bigint':
      return 0;
    default:
      break;
  }
  if (value instanceof Decimal) return new Decimal(0n, 0);
  if (value instanceof Date) return new Date(0);
  if (Array.isArray(value)) return [];
  if (value instanceof Map) return new Map();
  throw new DataError(`Cannot mask value of type: ${kindOf(value)}`);
}

function replaced(value: unknown, schema: Schema | null, replacement: string): unknown {
  if (typeof value === 'string') return replacement;
  if (value instanceof Decimal) return Decimal.parse(replacement);
  if ((typeof value === 'number' || typeof value === 'bigint') && schema !== null)
    return convertValue(schema, null, replacement);
  throw new DataError(`Cannot mask value of type ${kindOf(value)} with custom replacement.`);
}
