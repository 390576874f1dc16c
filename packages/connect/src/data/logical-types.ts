// Kafka's logical types: a plain type with a name, and the friendlier value that stands for it.
// Kafka: org.apache.kafka.connect.data.{Date, Time, Timestamp, Decimal}. All times are UTC.
import { DataError } from '../errors.ts';
import { CONNECT_DATE, CONNECT_TIME, CONNECT_TIMESTAMP, DECIMAL } from './logical-names.ts';
import type { Schema } from './schema.ts';
import { SchemaBuilder } from './schema-builder.ts';

const MS_PER_DAY = 86_400_000;

/** A day: INT32 days since 1970; its value is a `Date` at midnight UTC. */
export const ConnectDate: LogicalType = logicalType(CONNECT_DATE, () => SchemaBuilder.int32(), {
  toPlain(value) {
    const ms = timeOf(value);
    if (ms % MS_PER_DAY !== 0)
      throw new DataError(
        'Kafka Connect Date type should not have any time fields set to non-zero values.',
      );
    return ms / MS_PER_DAY;
  },
  toLogical: (days) => dateOf(days * MS_PER_DAY),
});

/** A time of day: INT32 milliseconds since midnight; its value is a `Date` on 1970-01-01. */
export const ConnectTime: LogicalType = logicalType(CONNECT_TIME, () => SchemaBuilder.int32(), {
  toPlain(value) {
    const ms = timeOf(value);
    if (ms < 0 || ms > MS_PER_DAY)
      throw new DataError(
        'Kafka Connect Time type should not have any date fields set to non-zero values.',
      );
    return ms;
  },
  toLogical(ms) {
    if (ms < 0 || ms > MS_PER_DAY)
      throw new DataError(
        'Time values must use number of milliseconds greater than 0 and less than 86400000',
      );
    return new Date(ms);
  },
});

/** A moment: INT64 milliseconds since 1970; its value is a `Date`. */
export const ConnectTimestamp: LogicalType = logicalType(
  CONNECT_TIMESTAMP,
  () => SchemaBuilder.int64(),
  { toPlain: timeOf, toLogical: dateOf },
);

/** The schema of decimals with `scale` digits after the point: BYTES; its value is a `Decimal`. */
export function decimalBuilder(scale: number): SchemaBuilder {
  return SchemaBuilder.bytes().name(DECIMAL).parameter('scale', String(scale)).version(1);
}

/** A logical type on an integer. */
export interface LogicalType {
  readonly logicalName: string;
  /** Required, version 1. */
  readonly schema: Schema;
  /** To add `optional()` or a default. */
  builder(): SchemaBuilder;
  /** The integer in Kafka. @throws DataError for a value outside the type, or another schema's */
  fromLogical(schema: Schema, value: Date): number;
  toLogical(schema: Schema, value: number): Date;
}

interface Conversions {
  toPlain(value: Date): number;
  toLogical(value: number): Date;
}

function logicalType(
  name: string,
  plain: () => SchemaBuilder,
  { toPlain, toLogical }: Conversions,
): LogicalType {
  const builder = (): SchemaBuilder => plain().name(name).version(1);
  const requireSchema = (schema: Schema): void => {
    if (schema.name !== name)
      throw new DataError(
        `Requested conversion of ${name.slice(name.lastIndexOf('.') + 1)} object but the schema does not match.`,
      );
  };
  return {
    logicalName: name,
    schema: builder().build(),
    builder,
    fromLogical(schema, value) {
      requireSchema(schema);
      return toPlain(value);
    },
    toLogical(schema, value) {
      requireSchema(schema);
      return toLogical(value);
    },
  };
}

/** Java's dates reach further than JavaScript's 100,000,000 days around 1970. */
function dateOf(ms: number): Date {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime()))
    throw new DataError(`${ms} milliseconds from 1970 are beyond what a Date holds`);
  return date;
}

function timeOf(value: Date): number {
  const ms = value.getTime();
  if (Number.isNaN(ms)) throw new DataError('Invalid Date');
  return ms;
}
