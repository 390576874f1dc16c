// Between bytes in Kafka and Connect's values. Kafka: org.apache.kafka.connect.storage.{Converter, HeaderConverter}.
import type { ConfigDef } from '../config/config-def.ts';
import type { SchemaAndValue } from '../data/schema-and-value.ts';
import type { Schema } from '../data/schema.ts';

/** Which part of a record a converter is for. */
export type ConverterSide = 'key' | 'value';

/** Converts keys or values. Synchronous: it runs once or twice for each record. */
export interface Converter {
  configDef(): ConfigDef;
  /** Called once, first. `configs` without the prefix (`key.converter.`). @throws ConfigError */
  configure(configs: Readonly<Record<string, unknown>>, side: ConverterSide): void;
  /** Null means a record without a key, or a tombstone. @throws DataError */
  fromConnectData(topic: string, schema: Schema | null, value: unknown): Buffer | null;
  /** @throws DataError when the bytes are not of this format */
  toConnectData(topic: string, bytes: Buffer | null): SchemaAndValue;
}

/** Converts headers, each by itself. */
export interface HeaderConverter {
  configDef(): ConfigDef;
  configure(configs: Readonly<Record<string, unknown>>): void;
  fromConnectHeader(
    topic: string,
    headerKey: string,
    schema: Schema | null,
    value: unknown,
  ): Buffer | null;
  toConnectHeader(topic: string, headerKey: string, bytes: Buffer | null): SchemaAndValue;
}
