// What @ottla/connect brings itself, under Kafka's class names.
import * as plain from '../converter/plain-converters.ts';
import { JsonConverter } from '../converter/json/json-converter.ts';
import { SimpleHeaderConverter } from '../converter/simple-header-converter.ts';
import type { Converter, HeaderConverter } from '../converter/converter.ts';
import { HasHeaderKey, RecordIsTombstone, TopicNameMatches } from '../predicate/predicates.ts';
import { Cast } from '../transform/cast.ts';
import { ExtractField } from '../transform/extract-field.ts';
import { Filter } from '../transform/filter.ts';
import { Flatten } from '../transform/flatten.ts';
import { HeaderFrom } from '../transform/header-from.ts';
import { DropHeaders, InsertHeader } from '../transform/headers.ts';
import { HoistField } from '../transform/hoist-field.ts';
import { InsertField } from '../transform/insert-field.ts';
import { MaskField } from '../transform/mask-field.ts';
import type { RecordSide } from '../transform/record-side.ts';
import { RegexRouter } from '../transform/regex-router.ts';
import { TimestampConverter } from '../transform/timestamp-converter.ts';
import { TimestampRouter } from '../transform/timestamp-router.ts';
import { ReplaceField } from '../transform/replace-field.ts';
import { SetSchemaMetadata } from '../transform/set-schema-metadata.ts';
import type { Predicate, Transformation } from '../transform/transformation.ts';
import { ValueToKey } from '../transform/value-to-key.ts';
import type { Plugin } from './plugin.ts';

/** Kept equal to the package's version by a test. */
export const CONNECT_VERSION = '0.1.0';

const CONVERTERS: Readonly<Record<string, new () => Converter & HeaderConverter>> = {
  'org.apache.kafka.connect.json.JsonConverter': JsonConverter,
  'org.apache.kafka.connect.storage.StringConverter': plain.StringConverter,
  'org.apache.kafka.connect.converters.ByteArrayConverter': plain.ByteArrayConverter,
  'org.apache.kafka.connect.converters.BooleanConverter': plain.BooleanConverter,
  'org.apache.kafka.connect.converters.DoubleConverter': plain.DoubleConverter,
  'org.apache.kafka.connect.converters.FloatConverter': plain.FloatConverter,
  'org.apache.kafka.connect.converters.IntegerConverter': plain.IntegerConverter,
  'org.apache.kafka.connect.converters.LongConverter': plain.LongConverter,
  'org.apache.kafka.connect.converters.ShortConverter': plain.ShortConverter,
};

const SIDED: Readonly<Record<string, new (side: RecordSide) => Transformation>> = {
  Cast,
  ExtractField,
  Flatten,
  HeaderFrom,
  HoistField,
  InsertField,
  MaskField,
  ReplaceField,
  SetSchemaMetadata,
  TimestampConverter,
};

const WHOLE: Readonly<Record<string, new () => Transformation>> = {
  DropHeaders,
  Filter,
  InsertHeader,
  RegexRouter,
  TimestampRouter,
  ValueToKey,
};

const PREDICATES: Readonly<Record<string, new () => Predicate>> = {
  HasHeaderKey,
  RecordIsTombstone,
  TopicNameMatches,
};

const TRANSFORMS = 'org.apache.kafka.connect.transforms';
const version = CONNECT_VERSION;

/** Converters, header converters, transformations, predicates. */
export const BUILT_IN_PLUGINS: readonly Plugin[] = [
  ...Object.entries(CONVERTERS).flatMap(([className, Class]): Plugin[] => [
    { type: 'converter', className, version, create: () => new Class() },
    { type: 'header_converter', className, version, create: () => new Class() },
  ]),
  {
    type: 'header_converter',
    className: 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
    version,
    create: () => new SimpleHeaderConverter(),
  },
  ...Object.entries(SIDED).flatMap(([name, Class]): Plugin[] => [
    transformation(`${name}$Key`, () => new Class('key')),
    transformation(`${name}$Value`, () => new Class('value')),
  ]),
  ...Object.entries(WHOLE).map(([name, Class]) => transformation(name, () => new Class())),
  ...Object.entries(PREDICATES).map(([name, Class]): Plugin => ({
    type: 'predicate',
    className: `${TRANSFORMS}.predicates.${name}`,
    version,
    create: () => new Class(),
  })),
];

function transformation(name: string, create: () => Transformation): Plugin {
  return { type: 'transformation', className: `${TRANSFORMS}.${name}`, version, create };
}
