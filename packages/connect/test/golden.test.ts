// Kafka Connect 4.3.1's own answers (test/golden/README.md): for each input ours must give the same bytes, or an error where
// Kafka gives one.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  BUILT_IN_PLUGINS,
  type ConnectRecord,
  ConnectError,
  type Header,
  JsonConverter,
  parseText,
  PluginRegistry,
  type Schema,
  type SchemaAndValue,
  SimpleHeaderConverter,
  SinkRecord,
  SourceRecord,
} from '@ottla/connect';
import { describe, expect, it } from 'vitest';
import { KNOWN_DIFFERENCES } from './golden/known-differences.ts';

type Config = Record<string, string>;

/** Texts and headers of a record; `key` and `value` are JSON. */
interface RecordInput {
  readonly key?: string;
  readonly value?: string;
  readonly topic?: string;
  readonly partition?: number;
  readonly timestamp?: number;
  /** Only sink records have one. */
  readonly offset?: number;
  readonly headers?: readonly { readonly key: string; readonly text: string }[];
}

/** One line of inputs.jsonl; which fields there are depends on the kind. */
interface Input {
  readonly kind: string;
  readonly text: string;
  readonly hex: string;
  readonly read: Config;
  readonly write: Config;
  readonly class: string;
  readonly config: Config;
  readonly record: RecordInput;
}

const folder = path.join(import.meta.dirname, 'golden');
const lines = (file: string): string[] =>
  readFileSync(path.join(folder, file), 'utf8').trimEnd().split('\n');
const inputs = lines('inputs.jsonl');
const outputs = lines('outputs.jsonl');
const registry = new PluginRegistry(BUILT_IN_PLUGINS);

describe('Kafka Connect’s golden answers', () => {
  it('has an answer for every input', () => {
    expect(outputs).toHaveLength(inputs.length);
    expect(inputs.length).toBeGreaterThan(2000);
  });

  for (const kind of ['json', 'header', 'to-bytes', 'from-bytes', 'transform', 'predicate']) {
    it(`given the inputs of kind ${kind}, then every result is Kafka’s`, () => {
      const wrong: string[] = [];
      inputs.forEach((line, index) => {
        const input = JSON.parse(line) as Input;
        if (input.kind !== kind) return;
        const expected = JSON.parse(outputs[index] ?? '') as Record<string, unknown>;
        const actual = answer(input);
        if (isSame(actual, expected)) return;
        if (KNOWN_DIFFERENCES.some(({ isIt }) => isIt(input, actual, expected))) return;
        wrong.push(
          `line ${index + 1}: ${line}\n  kafka ${JSON.stringify(expected)}\n  ours  ${JSON.stringify(actual)}`,
        );
      });
      expect(wrong.slice(0, 20).join('\n'), `${wrong.length} differences`).toBe('');
    });
  }
});

/** Where both fail the words may differ; a result must be the same in every part. */
function isSame(actual: Record<string, unknown>, expected: Record<string, unknown>): boolean {
  if ('error' in expected || 'error' in actual) return 'error' in expected && 'error' in actual;
  return JSON.stringify(actual) === JSON.stringify(expected);
}

function answer(input: Input): Record<string, unknown> {
  try {
    return run(input);
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return {
      error: error.javaClass.slice(error.javaClass.lastIndexOf('.') + 1),
      message: error.message,
    };
  }
}

function run(input: Input): Record<string, unknown> {
  switch (input.kind) {
    case 'json': {
      const { schema, value } = json(input.read).toConnectData('t', Buffer.from(input.text));
      return text(json(input.write).fromConnectData('t', schema, value));
    }
    case 'header': {
      const converter = new SimpleHeaderConverter();
      const { schema, value } = converter.toConnectHeader('t', 'h', Buffer.from(input.text));
      const back = converter.fromConnectHeader('t', 'h', schema, value);
      return { type: schema?.type ?? null, name: schema?.name ?? null, ...text(back) };
    }
    case 'to-bytes': {
      const { schema, value } = json({}).toConnectData('t', Buffer.from(input.text));
      const converter = plain(input);
      return { hex: converter.fromConnectData('t', schema, value)?.toString('hex') ?? null };
    }
    case 'from-bytes':
      return shown(plain(input).toConnectData('t', Buffer.from(input.hex, 'hex')));
    case 'transform':
      return transformed(input);
    default: {
      const predicate = registry
        .require(['predicate'], `org.apache.kafka.connect.${input.class}`)
        .plugin.create();
      predicate.configure(input.config);
      return { test: predicate.test(record(input.record)) };
    }
  }
}

function plain(input: Input) {
  const converter = registry
    .require(['converter'], `org.apache.kafka.connect.${input.class}`)
    .plugin.create();
  converter.configure(input.config, 'value');
  return converter;
}

function transformed(input: Input): Record<string, unknown> {
  const transformation = registry
    .require(['transformation'], `org.apache.kafka.connect.${input.class}`)
    .plugin.create();
  transformation.configure(input.config);
  const result = transformation.apply(record(input.record));
  if (result === null) return { dropped: true };
  return {
    topic: result.topic,
    partition: result.kafkaPartition,
    timestamp: result.timestamp,
    key: shown({ schema: result.keySchema, value: result.key }),
    value: shown({ schema: result.valueSchema, value: result.value }),
    headers: [...result.headers].map(({ key, ...data }) => ({ key, ...shown(data) })),
  };
}

function record(parts: RecordInput): ConnectRecord {
  const key = data(parts.key);
  const value = data(parts.value);
  const common = {
    topic: parts.topic ?? 'topic',
    key: key.value,
    keySchema: key.schema,
    value: value.value,
    valueSchema: value.schema,
    timestamp: parts.timestamp ?? null,
    headers: (parts.headers ?? []).map((header: { key: string; text: string }): Header => ({
      key: header.key,
      ...parseText(header.text),
    })),
  };
  if (parts.offset !== undefined)
    return new SinkRecord({
      ...common,
      kafkaPartition: parts.partition ?? 0,
      kafkaOffset: parts.offset,
    });
  return new SourceRecord({
    ...common,
    kafkaPartition: parts.partition ?? null,
    sourcePartition: { p: 1 },
    sourceOffset: { o: 1 },
  });
}

/** `text` of an envelope or of schemaless JSON. */
function data(node: string | undefined): SchemaAndValue {
  if (node === undefined) return { schema: null, value: null };
  const isEnvelope = node.startsWith('{"schema":');
  return json({ 'schemas.enable': String(isEnvelope) }).toConnectData('t', Buffer.from(node));
}

function shown({ schema, value }: { schema: Schema | null; value: unknown }) {
  const config = {
    'schemas.enable': String(schema !== null),
    'replace.null.with.default': 'false',
  };
  return text(json(config).fromConnectData('t', schema, value));
}

function text(bytes: ReturnType<JsonConverter['fromConnectData']>): { text: string | null } {
  return { text: bytes?.toString('utf8') ?? null };
}

function json(config: Record<string, string>): JsonConverter {
  const converter = new JsonConverter();
  converter.configure(config, 'value');
  return converter;
}
