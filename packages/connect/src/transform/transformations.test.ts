import { describe, expect, it } from 'vitest';
import { SchemaBuilder } from '../data/schema-builder.ts';
import { Schema } from '../data/schema.ts';
import { Struct } from '../data/struct.ts';
import { ConfigError, DataError } from '../errors.ts';
import { BUILT_IN_PLUGINS } from '../plugin/built-in-plugins.ts';
import { PluginRegistry } from '../plugin/plugin-registry.ts';
import { SinkRecord } from '../record/sink-record.ts';
import { SourceRecord } from '../record/source-record.ts';
import type { Transformation } from './transformation.ts';

const registry = new PluginRegistry(BUILT_IN_PLUGINS);

function transformation(name: string, configs: Record<string, string>): Transformation {
  const { plugin } = registry.require(['transformation'], name);
  const instance = plugin.create();
  instance.configure(configs);
  return instance;
}

const USER = SchemaBuilder.struct()
  .name('user')
  .version(3)
  .field('id', Schema.INT64)
  .field('city', SchemaBuilder.string().optional().defaultValue('Prague').build())
  .build();

function sourceRecord(value: unknown, valueSchema: Schema | null = null): SourceRecord {
  const origin = { sourcePartition: { file: 'a' }, sourceOffset: { position: 1 } };
  return new SourceRecord({ ...origin, topic: 'users', value, valueSchema, timestamp: 5 });
}

describe('InsertField$Value', () => {
  it('given a struct, then the new fields follow the old ones and the schema keeps its name', () => {
    const insert = transformation('InsertField$Value', {
      'topic.field': 'topic!',
      'static.field': 'origin',
      'static.value': 'file',
    });
    const result = insert.apply(sourceRecord(new Struct(USER, { id: 1 }), USER));
    expect(result?.valueSchema?.fields.map(({ name }) => name)).toEqual([
      'id',
      'city',
      'topic',
      'origin',
    ]);
    expect(result?.valueSchema?.name).toBe('user');
    expect(result?.valueSchema?.field('topic')?.schema.optional).toBe(false);
    expect(String(result?.value)).toBe('Struct{id=1,city=Prague,topic=users,origin=file}');
  });

  it('given records of one schema, then the new schema is made once', () => {
    const insert = transformation('InsertField$Value', { 'topic.field': 'topic' });
    const schemas = [1, 2].map(
      (id) => insert.apply(sourceRecord(new Struct(USER, { id }), USER))?.valueSchema,
    );
    expect(schemas[0]).toBe(schemas[1]);
  });

  it('given a tombstone, then it passes as it is', () => {
    const insert = transformation('InsertField$Value', { 'topic.field': 'topic' });
    const tombstone = sourceRecord(null);
    expect(insert.apply(tombstone)).toBe(tombstone);
  });

  it('given a source record, then there is no offset to insert', () => {
    const insert = transformation('InsertField$Value', { 'offset.field': 'offset' });
    expect(() => insert.apply(sourceRecord(new Map()))).toThrow(DataError);
    const sink = new SinkRecord({
      topic: 't',
      kafkaPartition: 0,
      kafkaOffset: 9,
      value: new Map(),
    });
    expect(insert.apply(sink)?.value).toEqual(new Map([['offset', 9]]));
  });

  it('given nothing to insert, then the configuration is refused', () => {
    expect(() => transformation('InsertField$Value', {})).toThrow('No field insertion configured');
  });
});

describe('ReplaceField$Value', () => {
  it('given replace.null.with.default=false, then a null stays null instead of its default', () => {
    const value = new Struct(USER, { id: 1 });
    const apply = (configs: Record<string, string>): unknown => {
      const replace = transformation('ReplaceField$Value', { renames: 'city:town', ...configs });
      const replaced = replace.apply(sourceRecord(value, USER))?.value;
      return replaced instanceof Struct && replaced.getWithoutDefault('town');
    };
    expect(apply({})).toBe('Prague');
    expect(apply({ 'replace.null.with.default': 'false' })).toBeNull();
  });

  it('given a field both included and excluded, then it is left out', () => {
    const replace = transformation('ReplaceField$Value', { include: 'id,city', exclude: 'city' });
    const result = replace.apply(sourceRecord(new Struct(USER, { id: 1 }), USER));
    expect(result?.valueSchema?.fields.map(({ name }) => name)).toEqual(['id']);
  });
});

describe('ExtractField$Value', () => {
  it('given syntax V2, then dots lead inside and backticks protect them', () => {
    const value = new Map([['a.b', new Map([['c', 'deep']])]]);
    const extract = (field: string, version: string): unknown =>
      transformation('ExtractField$Value', { field, 'field.syntax.version': version }).apply(
        sourceRecord(value),
      )?.value;
    expect(extract('`a.b`.c', 'V2')).toBe('deep');
    expect(extract('a.b', 'V1')).toEqual(new Map([['c', 'deep']]));
    expect(() => extract('`a.b', 'V2')).toThrow('Incomplete backtick pair');
  });

  it('given a field that the schema lacks, then the record is refused', () => {
    const extract = transformation('ExtractField$Value', { field: 'nope' });
    expect(() => extract.apply(sourceRecord(new Struct(USER, { id: 1 }), USER))).toThrow(
      'Unknown field: nope',
    );
  });
});

describe('RegexRouter', () => {
  it('given a topic that matches as a whole, then it is renamed, and the rest of the record stays', () => {
    const router = transformation('RegexRouter', { regex: 'u(.*)', replacement: 'v2-$1' });
    const record = sourceRecord('x', Schema.STRING);
    const result = router.apply(record);
    expect(result?.topic).toBe('v2-sers');
    expect(result).toMatchObject({ value: 'x', sourceOffset: { position: 1 }, timestamp: 5 });
    expect(record.topic).toBe('users');
  });

  it('given a topic that matches in part only, then it stays', () => {
    const router = transformation('RegexRouter', { regex: 'use', replacement: 'x' });
    expect(router.apply(sourceRecord(1))?.topic).toBe('users');
  });

  it('given a sink record, then it remembers the topic it came from', () => {
    const router = transformation('RegexRouter', { regex: '.*', replacement: 'other' });
    const sink = new SinkRecord({ topic: 'users', kafkaPartition: 2, kafkaOffset: 3 });
    expect(router.apply(sink)).toMatchObject({
      topic: 'other',
      originalTopic: 'users',
      originalKafkaPartition: 2,
      originalKafkaOffset: 3,
    });
  });

  it('given a pattern that JavaScript cannot say, then the configuration is refused', () => {
    expect(() => transformation('RegexRouter', { regex: 'a++', replacement: '' })).toThrow(
      ConfigError,
    );
  });
});

describe('headers', () => {
  it('given a transformation that adds a header, then the original record keeps its own', () => {
    const record = sourceRecord(1);
    const insert = transformation('InsertHeader', { header: 'h', 'value.literal': '300' });
    const result = insert.apply(record);
    expect(result?.headers.lastWithName('h')).toMatchObject({ value: 300, schema: Schema.INT16 });
    expect(record.headers.size).toBe(0);
  });
});
