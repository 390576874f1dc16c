// Between Kafka's records and Connect's, by a connector's converters. Kafka: the convert methods of AbstractWorkerSourceTask and
// WorkerSinkTask.
import type { ConsumerRecord, ProducerRecord } from '@ottla/client';
import type { Converter, HeaderConverter } from '../../converter/converter.ts';
import { ConnectError } from '../../errors.ts';
import { SinkRecord } from '../../record/sink-record.ts';
import type { SourceRecord } from '../../record/source-record.ts';
import type { Step } from './error-handling.ts';

/** A converter, and the name that Kafka gives its class. */
export interface Named<T> {
  readonly className: string;
  readonly instance: T;
}

/** The three converters of a task. */
export interface Converters {
  readonly key: Named<Converter>;
  readonly value: Named<Converter>;
  readonly header: Named<HeaderConverter>;
}

/** Converts in Kafka's order: headers, key, value. Sets the step before each. */
export function toProducerRecord(
  record: SourceRecord,
  converters: Converters,
  step: Step,
): ProducerRecord {
  const { topic, headers, timestamp, kafkaPartition } = record;
  enter(step, 'HEADER_CONVERTER', converters.header);
  const converted: (readonly [string, Buffer | null])[] = [];
  if (headers.size > 0)
    for (const { key, schema, value } of headers)
      converted.push([
        key,
        converters.header.instance.fromConnectHeader(topic, key, schema, value),
      ]);
  enter(step, 'KEY_CONVERTER', converters.key);
  const key = converters.key.instance.fromConnectData(topic, record.keySchema, record.key);
  enter(step, 'VALUE_CONVERTER', converters.value);
  const value = converters.value.instance.fromConnectData(topic, record.valueSchema, record.value);
  if (timestamp !== null && timestamp < 0)
    throw new ConnectError(`Invalid record timestamp ${timestamp}`);
  return {
    topic,
    key,
    value,
    headers: converted,
    ...(timestamp === null ? {} : { timestamp }),
    ...(kafkaPartition === null ? {} : { partition: kafkaPartition }),
  };
}

/** The record as a sink task sees it before transformations. Sets the step before each converter. */
export function toSinkRecord(
  record: ConsumerRecord,
  converters: Converters,
  step: Step,
): SinkRecord {
  const { topic, partition, offset, timestamp } = record;
  enter(step, 'KEY_CONVERTER', converters.key);
  const key = converters.key.instance.toConnectData(topic, record.key);
  enter(step, 'VALUE_CONVERTER', converters.value);
  const value = converters.value.instance.toConnectData(topic, record.value);
  enter(step, 'HEADER_CONVERTER', converters.header);
  const headers = record.headers.map((header) => ({
    key: header.key,
    ...converters.header.instance.toConnectHeader(topic, header.key, header.value),
  }));
  return new SinkRecord({
    topic,
    kafkaPartition: partition,
    kafkaOffset: offset,
    keySchema: key.schema,
    key: key.value,
    valueSchema: value.schema,
    value: value.value,
    timestamp: timestamp < 0 ? null : timestamp,
    headers,
  });
}

/** A record that a sink task has made, as if it had been consumed. */
export function toConsumerRecord(record: SinkRecord, converters: Converters): ConsumerRecord {
  const { topic, kafkaPartition, kafkaOffset, timestamp } = record;
  const { key, value, header } = converters;
  return {
    topic,
    partition: kafkaPartition ?? 0,
    offset: kafkaOffset,
    timestamp: timestamp ?? -1,
    key: key.instance.fromConnectData(topic, record.keySchema, record.key),
    value: value.instance.fromConnectData(topic, record.valueSchema, record.value),
    headers: [...record.headers].map((each) => ({
      key: each.key,
      value: header.instance.fromConnectHeader(topic, each.key, each.schema, each.value),
    })),
    leaderEpoch: -1,
  };
}

function enter(step: Step, stage: Step['stage'], { className }: Named<unknown>): void {
  step.stage = stage;
  step.className = className;
}
