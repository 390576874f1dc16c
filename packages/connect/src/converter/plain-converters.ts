// Converters of single values: text, bytes, booleans, numbers. Kafka: org.apache.kafka.connect.storage.StringConverter and
// org.apache.kafka.connect.converters.*
import { bigint64, float32, float64, int16, int32, type Serde } from '@ottla/serdes';
import type { ConfigDef } from '../config/config-def.ts';
import { invalidValue } from '../config/config-type.ts';
import { describeValue } from '../data/describe-value.ts';
import { kindOf } from '../data/kind-of.ts';
import type { SchemaAndValue } from '../data/schema-and-value.ts';
import { Schema } from '../data/schema.ts';
import { DataError } from '../errors.ts';
import { converterConfigDef, parseConverterConfig } from './converter-config.ts';
import type { Converter, ConverterSide, HeaderConverter } from './converter.ts';

/** A converter that treats headers as it treats values. */
abstract class PlainConverter implements Converter, HeaderConverter {
  configDef(): ConfigDef {
    return converterConfigDef();
  }

  configure(_configs: Readonly<Record<string, unknown>>, _side?: ConverterSide): void {}

  abstract fromConnectData(topic: string, schema: Schema | null, value: unknown): Buffer | null;
  abstract toConnectData(topic: string, bytes: Buffer | null): SchemaAndValue;

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
}

/** Java's names of the character sets that Node has. */
const ENCODINGS: ReadonlyMap<string, CharacterSet> = new Map([
  ['UTF-8', unicode('utf8')],
  ['UTF8', unicode('utf8')],
  ['US-ASCII', singleByte(0x7f)],
  ['ASCII', singleByte(0x7f)],
  ['ISO-8859-1', singleByte(0xff)],
  ['LATIN1', singleByte(0xff)],
  ['UTF-16LE', unicode('utf16le')],
]);

interface CharacterSet {
  encode(text: string): Buffer;
  decode(bytes: Buffer): string;
}

function unicode(encoding: 'utf8' | 'utf16le'): CharacterSet {
  return {
    encode: (text) => Buffer.from(text, encoding),
    decode: (bytes) => bytes.toString(encoding),
  };
}

/** As Java has it: what the set lacks is written as a question mark, and read as U+FFFD. */
function singleByte(codeMax: number): CharacterSet {
  return {
    encode: (text) =>
      Buffer.from(
        Array.from(text, (character) => {
          const code = character.codePointAt(0) ?? 0;
          return code > codeMax ? 0x3f : code;
        }),
      ),
    decode: (bytes) =>
      Array.from(bytes, (byte) => (byte > codeMax ? '\ufffd' : String.fromCharCode(byte))).join(''),
  };
}

/** Any value as the text that Java prints (`describeValue`); bytes as an optional STRING. */
export class StringConverter extends PlainConverter {
  #characterSet: CharacterSet = unicode('utf8');

  override configDef(): ConfigDef {
    return converterConfigDef({
      name: 'converter.encoding',
      type: 'STRING',
      default: 'UTF-8',
      importance: 'HIGH',
      width: 'MEDIUM',
      displayName: 'Encoding',
      documentation: `The character set of the bytes: one of ${[...ENCODINGS.keys()].join(', ')}.`,
    });
  }

  override configure(configs: Readonly<Record<string, unknown>>, side?: ConverterSide): void {
    const name = parseConverterConfig(this.configDef(), configs, side).string('converter.encoding');
    const characterSet = ENCODINGS.get(name.toUpperCase());
    if (characterSet === undefined)
      throw invalidValue('converter.encoding', name, 'unsupported character set');
    this.#characterSet = characterSet;
  }

  override fromConnectData(_topic: string, schema: Schema | null, value: unknown): Buffer | null {
    if (value === null || value === undefined) return null;
    return this.#characterSet.encode(describeValue(value, schema));
  }

  override toConnectData(_topic: string, bytes: Buffer | null): SchemaAndValue {
    return { schema: Schema.OPTIONAL_STRING, value: bytes && this.#characterSet.decode(bytes) };
  }
}

/** Bytes as they are. */
export class ByteArrayConverter extends PlainConverter {
  override fromConnectData(_topic: string, schema: Schema | null, value: unknown): Buffer | null {
    if (schema !== null && schema.type !== 'BYTES')
      throw new DataError(`Invalid schema type for ByteArrayConverter: ${schema.type}`);
    if (value === null || value === undefined) return null;
    if (!(value instanceof Uint8Array))
      throw new DataError(
        `ByteArrayConverter is not compatible with objects of type ${kindOf(value)}`,
      );
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }

  override toConnectData(_topic: string, bytes: Buffer | null): SchemaAndValue {
    return { schema: Schema.OPTIONAL_BYTES, value: bytes };
  }
}

/** One byte, 1 or 0. */
export class BooleanConverter extends PlainConverter {
  override fromConnectData(_topic: string, schema: Schema | null, value: unknown): Buffer | null {
    if (schema !== null && schema.type !== 'BOOLEAN')
      throw new DataError(`Invalid schema type for BooleanConverter: ${schema.type}`);
    if (value === null || value === undefined) return null;
    if (typeof value !== 'boolean')
      throw new DataError(
        `BooleanConverter is not compatible with objects of type ${kindOf(value)}`,
      );
    return Buffer.of(value ? 1 : 0);
  }

  override toConnectData(_topic: string, bytes: Buffer | null): SchemaAndValue {
    const schema = Schema.OPTIONAL_BOOLEAN;
    if (bytes === null) return { schema, value: null };
    if (bytes.length !== 1 || (bytes[0] !== 0 && bytes[0] !== 1))
      throw new DataError(
        `Failed to deserialize boolean: ${bytes.length} bytes, expected one that is 0 or 1`,
      );
    return { schema, value: bytes[0] === 1 };
  }
}

/** Numbers in Kafka's big-endian formats. */
class NumberConverter<T> extends PlainConverter {
  readonly #typeName: string;
  readonly #schema: Schema;
  readonly #serde: Serde<T>;

  constructor(typeName: string, schema: Schema, serde: Serde<T>) {
    super();
    this.#typeName = typeName;
    this.#schema = schema;
    this.#serde = serde;
  }

  override fromConnectData(topic: string, _schema: Schema | null, value: unknown): Buffer | null {
    if (value === null || value === undefined) return null;
    try {
      return Buffer.from(this.#serde.serialize(value as T, { topic, side: 'value' }));
    } catch (error) {
      throw new DataError(`Failed to serialize to ${this.#typeName} (was ${kindOf(value)})`, {
        cause: error,
      });
    }
  }

  override toConnectData(topic: string, bytes: Buffer | null): SchemaAndValue {
    if (bytes === null) return { schema: this.#schema, value: null };
    try {
      const value = this.#serde.deserialize(bytes, { topic, side: 'value' });
      return { schema: this.#schema, value: this.fromSerde(value) };
    } catch (error) {
      throw new DataError(`Failed to deserialize ${this.#typeName}`, { cause: error });
    }
  }

  protected fromSerde(value: T): unknown {
    return value;
  }
}

export class ShortConverter extends NumberConverter<number> {
  constructor() {
    super('short', Schema.OPTIONAL_INT16, int16());
  }
}

export class IntegerConverter extends NumberConverter<number> {
  constructor() {
    super('integer', Schema.OPTIONAL_INT32, int32());
  }
}

/** A bigint only where a number would not be exact. */
export class LongConverter extends NumberConverter<bigint> {
  constructor() {
    super('long', Schema.OPTIONAL_INT64, bigint64());
  }

  override fromConnectData(topic: string, schema: Schema | null, value: unknown): Buffer | null {
    const exact = Number.isSafeInteger(value) ? BigInt(value as number) : value;
    return super.fromConnectData(topic, schema, exact);
  }

  protected override fromSerde(value: bigint): number | bigint {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
}

export class FloatConverter extends NumberConverter<number> {
  constructor() {
    super('float', Schema.OPTIONAL_FLOAT32, float32());
  }
}

export class DoubleConverter extends NumberConverter<number> {
  constructor() {
    super('double', Schema.OPTIONAL_FLOAT64, float64());
  }
}
