// What happens to a record that cannot be read, processed or written: go on or fail, perhaps with a letter to a dead-letter
// topic. Kafka: org.apache.kafka.streams.errors, KIP-161, KIP-1033, KIP-1034.
import type { Headers, Record } from '../processor/record.ts';
import type { TaskId } from '../processor/task-id.ts';

/** Where it happened. */
export interface ErrorHandlerContext {
  /** Undefined when a punctuator failed. */
  readonly topic: string | undefined;
  /** −1 when a punctuator failed. */
  readonly partition: number;
  /** −1 when a punctuator failed. */
  readonly offset: number;
  readonly headers: Headers;
  readonly node: string;
  readonly taskId: TaskId;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** Of the source record, as read. */
  readonly rawKey: Buffer | null;
  readonly rawValue: Buffer | null;
}

/** A record for a dead-letter topic. */
export interface DeadLetter {
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly headers: Headers;
}

/** A handler's answer: leave the record out and go on, or stop; either way the letters are sent. */
export interface ErrorResponse {
  readonly result: 'continue' | 'fail';
  readonly deadLetters?: readonly DeadLetter[];
}

/** Asked when a record's bytes do not fit its serde. */
export type DeserializationExceptionHandler = (
  context: ErrorHandlerContext,
  error: unknown,
) => ErrorResponse;

/** Asked when a node threw; `record` is what it was given, undefined for a punctuation. */
export type ProcessingExceptionHandler = (
  context: ErrorHandlerContext,
  record: Record<unknown, unknown> | undefined,
  error: unknown,
) => ErrorResponse;

/** Stops; with a dead-letter topic the record goes there first. Fits both kinds of handler; the default of both. */
export function failOnError(
  deadLetterTopic?: string,
): (context: ErrorHandlerContext, ...rest: readonly unknown[]) => ErrorResponse {
  return (context, ...rest) => answer('fail', deadLetterTopic, context, rest.at(-1));
}

/** Leaves the record out (counted as dropped); with a dead-letter topic it goes there. */
export function continueOnError(
  deadLetterTopic?: string,
): (context: ErrorHandlerContext, ...rest: readonly unknown[]) => ErrorResponse {
  return (context, ...rest) => answer('continue', deadLetterTopic, context, rest.at(-1));
}

function answer(
  result: ErrorResponse['result'],
  topic: string | undefined,
  context: ErrorHandlerContext,
  error: unknown,
): ErrorResponse {
  return topic === undefined
    ? { result }
    : { result, deadLetters: [deadLetter(topic, context, error)] };
}

/** The source record as it was read, with Kafka's headers that say what went wrong. */
export function deadLetter(
  topic: string,
  context: ErrorHandlerContext,
  error: unknown,
): DeadLetter {
  const thrown = error instanceof Error ? error : new Error(String(error));
  const about: readonly (readonly [string, string | undefined])[] = [
    ['exception', thrown.name],
    ['message', thrown.message],
    ['stacktrace', thrown.stack],
    ['topic', context.topic],
    ['partition', String(context.partition)],
    ['offset', String(context.offset)],
  ];
  const headers = about.map(([name, text]) => ({
    key: `__streams.errors.${name}`,
    value: text === undefined ? null : Buffer.from(text),
  }));
  return {
    topic,
    key: context.rawKey,
    value: context.rawValue,
    timestamp: context.timestamp,
    headers: [...context.headers, ...headers],
  };
}
