import { describe, expect, it } from 'vitest';
import { DataError, SchemaBuilderError } from '../errors.ts';
import { Decimal, decimalFromBytes, decimalToBytes } from './decimal.ts';
import { ConnectDate, ConnectTime, decimalBuilder } from './logical-types.ts';
import { SchemaBuilder } from './schema-builder.ts';
import { Schema } from './schema.ts';
import { Struct, validateValue } from './struct.ts';

const ORDER = SchemaBuilder.struct()
  .name('order')
  .version(2)
  .field('id', Schema.INT64)
  .field('note', Schema.OPTIONAL_STRING)
  .field('count', SchemaBuilder.int32().defaultValue(1).build())
  .build();

describe('Struct', () => {
  it('given a field with a default that was not put, then get returns the default and getWithoutDefault null', () => {
    const order = new Struct(ORDER, { id: 7 });
    expect(order.get('count')).toBe(1);
    expect(order.getWithoutDefault('count')).toBeNull();
    expect(order.getNumber('id')).toBe(7);
  });

  it('given a value of another type or width, then put refuses it and names the field', () => {
    const order = new Struct(ORDER);
    expect(() => order.put('id', 'seven')).toThrow(
      'Invalid value for schema with type INT64: string "seven" for field: "id"',
    );
    expect(() => order.put('count', 2 ** 31)).toThrow(DataError);
    expect(() => order.put('count', 1.5)).toThrow(DataError);
    expect(() => order.put('id', null)).toThrow(
      'Invalid value: null used for required field: "id", schema type: INT64',
    );
    expect(() => order.put('nope', 1)).toThrow('not a valid field name');
  });

  it('given an int64 beyond 2^53, then only a bigint is taken', () => {
    expect(() => new Struct(ORDER, { id: 2 ** 60 })).toThrow(DataError);
    expect(new Struct(ORDER, { id: 2n ** 60n }).get('id')).toBe(2n ** 60n);
    expect(() => new Struct(ORDER, { id: 2n ** 63n })).toThrow(DataError);
  });

  it('given a required field that was never put, then validate refuses the struct', () => {
    expect(() => new Struct(ORDER, { note: 'x' }).validate()).toThrow('"id"');
  });

  it('prints as Java does, without the fields that are null', () => {
    expect(new Struct(ORDER, { id: 7, note: 'x' }).toString()).toBe('Struct{id=7,note=x}');
  });

  it('equals another struct of the same schema and values only', () => {
    expect(new Struct(ORDER, { id: 7 }).equals(new Struct(ORDER, { id: 7 }))).toBe(true);
    expect(new Struct(ORDER, { id: 7 }).equals(new Struct(ORDER, { id: 8 }))).toBe(false);
  });
});

describe('SchemaBuilder', () => {
  it('refuses a second word on the same matter', () => {
    expect(() => SchemaBuilder.int8().optional().required()).toThrow(SchemaBuilderError);
    expect(() => SchemaBuilder.int8().name('a').name('b')).toThrow('name has already been set');
    expect(() => SchemaBuilder.struct().field('a', Schema.INT8).field('a', Schema.INT8)).toThrow(
      'duplication',
    );
    expect(() => SchemaBuilder.int8().field('a', Schema.INT8)).toThrow('on type INT8');
  });

  it('refuses a default that does not fit', () => {
    expect(() => SchemaBuilder.int8().defaultValue(200)).toThrow('Invalid default value');
    expect(() => SchemaBuilder.int8().defaultValue(null)).toThrow('Invalid default value');
  });

  it('given the same words, then schemas are equal; given another default or name, then not', () => {
    const build = (): SchemaBuilder => SchemaBuilder.map(Schema.STRING, Schema.INT8).doc('d');
    expect(build().build().equals(build().build())).toBe(true);
    expect(build().build().equals(build().name('n').build())).toBe(false);
    expect(Schema.INT8.equals(SchemaBuilder.int8().defaultValue(1).build())).toBe(false);
  });

  it('given another type, then fields, keys and elements cannot be looked up', () => {
    expect(() => Schema.INT8.fields).toThrow('Cannot list fields on non-struct type');
    expect(() => Schema.INT8.keySchema).toThrow('non-map type');
    expect(() => Schema.STRING.valueSchema).toThrow('non-array and non-map type');
  });
});

describe('logical types', () => {
  it('given a Date with a time of day, then it is no Connect date', () => {
    const noon = new Date('2026-01-31T12:00:00Z');
    expect(() => ConnectDate.fromLogical(ConnectDate.schema, noon)).toThrow(DataError);
    const midnight = new Date('2026-01-31T00:00:00Z');
    expect(ConnectDate.fromLogical(ConnectDate.schema, midnight)).toBe(20_484);
  });

  it('given another schema, then the conversion is refused', () => {
    expect(() => ConnectTime.toLogical(ConnectDate.schema, 1)).toThrow('does not match');
  });

  it('given decimals, then their bytes are the shortest two’s complement and scales must agree', () => {
    const schema = decimalBuilder(2).build();
    const bytes = (text: string): string =>
      decimalToBytes(schema, Decimal.parse(text)).toString('hex');
    expect([bytes('0.00'), bytes('1.27'), bytes('1.28'), bytes('-1.28'), bytes('-1.29')]).toEqual([
      '00',
      '7f',
      '0080',
      '80',
      'ff7f',
    ]);
    expect(decimalFromBytes(schema, Buffer.from('ff7f', 'hex')).toString()).toBe('-1.29');
    expect(() => bytes('1.5')).toThrow('mismatching scale');
  });

  it('given a logical schema, then only the friendly value fits it', () => {
    expect(() => validateValue(ConnectDate.schema, 5)).toThrow(DataError);
    validateValue(ConnectDate.schema, new Date(0));
  });
});
