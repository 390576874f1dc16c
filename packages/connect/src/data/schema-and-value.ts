// A value together with its schema. Kafka: org.apache.kafka.connect.data.SchemaAndValue.
import type { Schema } from './schema.ts';

/** `schema` is null for schemaless values; both null: nothing at all, a tombstone. */
export interface SchemaAndValue {
  readonly schema: Schema | null;
  readonly value: unknown;
}

/** Nothing. */
export const NULL_VALUE: SchemaAndValue = Object.freeze({ schema: null, value: null });
