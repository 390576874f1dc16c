// The only door of @ottla/connect.
export * from './errors.ts';
export { Field, Schema, type SchemaDefinition, type SchemaType } from './data/schema.ts';
export { NULL_VALUE, type SchemaAndValue } from './data/schema-and-value.ts';
export { describeValue } from './data/describe-value.ts';
export { sameValue } from './data/same-value.ts';
export { ConnectHeaders, type Header } from './header/headers.ts';
export { ConnectRecord, type RecordParts } from './record/connect-record.ts';
export {
  type SourceOffset,
  type SourcePartition,
  SourceRecord,
  type SourceRecordParts,
} from './record/source-record.ts';
export { SinkRecord, type SinkRecordParts, type TimestampType } from './record/sink-record.ts';
export {
  Connector,
  type ConnectorContext,
  type ConnectorProperties,
  type ExactlyOnceSupport,
  SinkConnector,
  SourceConnector,
  type SourceConnectorContext,
} from './connector/connector.ts';
export {
  type OffsetStorageReader,
  type SentRecord,
  SourceTask,
  type SourceTaskContext,
  type StandardInput,
} from './connector/source-task.ts';
export {
  type ErrantRecordReporter,
  type SinkOffset,
  SinkTask,
  type SinkTaskContext,
} from './connector/sink-task.ts';
export {
  ConfigDef,
  type ConfigKey,
  type ConfigKeyDefinition,
  type ConfigProperties,
  type ConfigValue,
  type Importance,
  newConfigValue,
  type Recommender,
  type Validator,
  type Width,
} from './config/config-def.ts';
export { type ConfigType, Password } from './config/config-type.ts';
export { ParsedConfig } from './config/parsed-config.ts';
export type { Converter, ConverterSide, HeaderConverter } from './converter/converter.ts';
export type { Predicate, Transformation } from './transform/transformation.ts';
export * from './plugin/plugin.ts';
export {
  BUILT_IN,
  type ImportModule,
  packageForClass,
  PluginRegistry,
  type RegisteredPlugin,
} from './plugin/plugin-registry.ts';
export { BUILT_IN_PLUGINS } from './plugin/built-in-plugins.ts';
export { SchemaBuilder } from './data/schema-builder.ts';
export { Struct, validateValue } from './data/struct.ts';
export { Decimal } from './data/decimal.ts';
export {
  ConnectDate,
  ConnectTime,
  ConnectTimestamp,
  decimalBuilder,
  type LogicalType,
} from './data/logical-types.ts';
export { hashMap } from './data/hash-map-order.ts';
export * from './config/validators.ts';
export { parseText } from './values/parse-text.ts';
export { valueToText } from './values/value-text.ts';
export { convertValue } from './values/convert-value.ts';
export { inferSchema } from './values/infer-schema.ts';
export { JsonConverter } from './converter/json/json-converter.ts';
export { SimpleHeaderConverter } from './converter/simple-header-converter.ts';
export {
  BooleanConverter,
  ByteArrayConverter,
  DoubleConverter,
  FloatConverter,
  IntegerConverter,
  LongConverter,
  ShortConverter,
  StringConverter,
} from './converter/plain-converters.ts';
export * from './runtime/index.ts';
