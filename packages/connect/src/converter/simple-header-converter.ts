// Headers as readable texts, their types guessed. Kafka: org.apache.kafka.connect.storage.SimpleHeaderConverter,
// the default of every worker.
import { ConfigDef } from '../config/config-def.ts';
import { NULL_VALUE, type SchemaAndValue } from '../data/schema-and-value.ts';
import { Schema } from '../data/schema.ts';
import { parseText } from '../values/parse-text.ts';
import { valueToText } from '../values/value-text.ts';
import type { HeaderConverter } from './converter.ts';

/** Never fails on reading: what cannot be guessed stays bytes. */
export class SimpleHeaderConverter implements HeaderConverter {
  configDef(): ConfigDef {
    return new ConfigDef();
  }

  configure(): void {}

  fromConnectHeader(
    _topic: string,
    _headerKey: string,
    schema: Schema | null,
    value: unknown,
  ): Buffer | null {
    return value === null || value === undefined ? null : Buffer.from(valueToText(schema, value));
  }

  toConnectHeader(_topic: string, _headerKey: string, bytes: Buffer | null): SchemaAndValue {
    if (bytes === null) return NULL_VALUE;
    try {
      return parseText(bytes.toString('utf8'));
    } catch {
      // As in Kafka, a header that defeats the guessing must not stop its record.
      return { schema: Schema.BYTES, value: bytes };
    }
  }
}
