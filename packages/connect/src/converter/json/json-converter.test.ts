import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decimal } from '../../data/decimal.ts';
import { ConnectTimestamp, decimalBuilder } from '../../data/logical-types.ts';
import { sameValue } from '../../data/same-value.ts';
import { SchemaBuilder } from '../../data/schema-builder.ts';
import { Schema } from '../../data/schema.ts';
import { Struct } from '../../data/struct.ts';
import { DataError } from '../../errors.ts';
import { JsonConverter } from './json-converter.ts';

function converter(config: Record<string, string> = {}): JsonConverter {
  const json = new JsonConverter();
  json.configure(config, 'value');
  return json;
}

interface Typed {
  readonly schema: Schema;
  readonly value: unknown;
}

const typed = <T>(schema: Schema, values: fc.Arbitrary<T>): fc.Arbitrary<Typed> =>
  values.map((value) => ({ schema, value }));

const int64 = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));

/** JSON's numbers are read as decimals, which have no negative zero: Kafka loses its sign as well. */
const unsignedZero = (value: number): number => value + 0;

const primitives: fc.Arbitrary<Typed> = fc.oneof(
  typed(Schema.INT8, fc.integer({ min: -128, max: 127 })),
  typed(Schema.INT32, fc.integer()),
  typed(Schema.INT64, int64),
  typed(Schema.FLOAT32, fc.float({ noNaN: true, noDefaultInfinity: true }).map(unsignedZero)),
  typed(Schema.FLOAT64, fc.double({ noNaN: true, noDefaultInfinity: true }).map(unsignedZero)),
  typed(Schema.BOOLEAN, fc.boolean()),
  typed(Schema.STRING, fc.string({ unit: 'grapheme' })),
  typed(
    Schema.BYTES,
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  ),
  typed(ConnectTimestamp.schema, fc.date({ noInvalidDate: true })),
  typed(
    decimalBuilder(3).build(),
    fc.bigInt().map((unscaled) => new Decimal(unscaled, 3)),
  ),
  typed(Schema.OPTIONAL_STRING, fc.constant(null)),
);

const values: fc.Arbitrary<Typed> = fc.oneof(
  primitives,
  fc.array(primitives, { maxLength: 6 }).map((fields) => {
    const builder = SchemaBuilder.struct().name('made.up');
    fields.forEach(({ schema }, index) => builder.field(`f${index}`, schema));
    const schema = builder.build();
    const struct = new Struct(schema);
    fields.forEach(({ value }, index) => struct.put(`f${index}`, value));
    return { schema, value: struct };
  }),
  typed(SchemaBuilder.array(Schema.INT64).build(), fc.array(int64)),
  typed(
    SchemaBuilder.map(Schema.INT32, Schema.STRING).build(),
    fc.array(fc.tuple(fc.integer(), fc.string())).map((entries) => new Map(entries)),
  ),
);

describe('JsonConverter', () => {
  it('given any value with its schema, then reading what was written gives both back', () => {
    for (const config of [{}, { 'decimal.format': 'NUMERIC' }]) {
      const json = converter(config);
      fc.assert(
        fc.property(values, ({ schema, value }) => {
          const read = json.toConnectData('t', json.fromConnectData('t', schema, value));
          expect(read.schema?.equals(schema)).toBe(true);
          expect(sameValue(read.value, value)).toBe(true);
        }),
        { numRuns: 300 },
      );
    }
  });

  it('given schemaless JSON, then text that was written once is written the same again', () => {
    const json = converter({ 'schemas.enable': 'false' });
    const rewrite = (bytes: Buffer): Buffer =>
      json.fromConnectData('t', null, json.toConnectData('t', bytes).value) ?? Buffer.from('null');
    fc.assert(
      fc.property(fc.json(), (text) => {
        const once = rewrite(Buffer.from(text));
        expect(rewrite(once).toString()).toBe(once.toString());
      }),
      { numRuns: 300 },
    );
  });

  it('given random bytes, then it reads them or refuses them with a DataError, nothing else', () => {
    const json = converter();
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          json.toConnectData('t', Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }),
    );
  });

  it('given nesting without end, then it is refused and the stack is safe', () => {
    const json = converter({ 'schemas.enable': 'false' });
    expect(() => json.toConnectData('t', Buffer.from('['.repeat(100_000)))).toThrow(DataError);
  });

  it('given the same schema text twice, then the schema is the same object', () => {
    const json = converter();
    const bytes = Buffer.from('{"schema":{"type":"int8"},"payload":1}');
    expect(json.toConnectData('t', bytes).schema).toBe(json.toConnectData('t', bytes).schema);
  });

  it('given a plain object without schema, then it is written like a map', () => {
    const json = converter({ 'schemas.enable': 'false' });
    expect(json.fromConnectData('t', null, { b: 1, a: [true] })?.toString()).toBe(
      '{"b":1,"a":[true]}',
    );
    expect(json.fromConnectData('t', null, null)).toBeNull();
  });
});
