// Every error of the client. `code` is stable: a Kafka error's name, a network code, or one of the client's own.
import { errorInfo } from '@ottla/protocol';

/** What an error is about; present as far as known. */
export interface KafkaErrorDetails {
  readonly topic?: string;
  readonly partition?: number;
  readonly group?: string;
  readonly broker?: string;
  readonly cause?: unknown;
}

/** The base of all errors that the client throws. */
export class KafkaError extends Error {
  override readonly name: string = 'KafkaError';
  readonly code: string;
  /** Whether the same call may succeed later without a change. */
  readonly retriable: boolean;
  readonly topic: string | undefined;
  readonly partition: number | undefined;
  readonly group: string | undefined;
  readonly broker: string | undefined;

  constructor(code: string, message: string, retriable: boolean, details: KafkaErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retriable = retriable;
    this.topic = details.topic;
    this.partition = details.partition;
    this.group = details.group;
    this.broker = details.broker;
  }
}

/** A broker answered with an error. `code` is Kafka's name for it. */
export class BrokerError extends KafkaError {
  override readonly name: string = 'BrokerError';
  readonly errorCode: number;

  constructor(
    errorCode: number,
    brokerMessage: string | null | undefined,
    details: KafkaErrorDetails = {},
  ) {
    const info = errorInfo(errorCode);
    const name = info?.name ?? `ERROR_${errorCode}`;
    const subject = describe(details);
    const text = brokerMessage ?? info?.description ?? name;
    super(
      name,
      // What is a sentence by itself goes on with whom it is about.
      `${subject === '' ? text : text.replace(/\.$/, '')}${subject} (${name})`,
      info?.retriable ?? false,
      details,
    );
    this.errorCode = errorCode;
  }
}

/** No connection, or it was lost; always retriable. `code` is Node's (`ECONNREFUSED`, `ECONNRESET` …). */
export class ConnectionError extends KafkaError {
  override readonly name: string = 'ConnectionError';

  constructor(code: string, message: string, details: KafkaErrorDetails = {}) {
    super(code, message, true, details);
  }
}

/** Nothing came in time: `REQUEST_TIMED_OUT`, `DELIVERY_TIMED_OUT`. */
export class TimeoutError extends KafkaError {
  override readonly name: string = 'TimeoutError';

  constructor(code: string, message: string, details: KafkaErrorDetails = {}) {
    super(code, message, true, details);
  }
}

/** The call itself is wrong: `INVALID_ARGUMENT`, or the client was closed: `CLOSED`. */
export class UsageError extends KafkaError {
  override readonly name: string = 'UsageError';

  constructor(message: string, code = 'INVALID_ARGUMENT', details: KafkaErrorDetails = {}) {
    super(code, message, false, details);
  }
}

/** Throws when the code is an error. */
export function throwOnError(
  errorCode: number,
  message?: string | null,
  details?: KafkaErrorDetails,
): void {
  if (errorCode !== 0) throw new BrokerError(errorCode, message, details);
}

/** Whether trying again may help. */
export function isRetriable(error: unknown): boolean {
  return error instanceof KafkaError && error.retriable;
}

function describe(details: KafkaErrorDetails): string {
  if (details.topic !== undefined)
    return details.partition === undefined
      ? `: topic ${details.topic}`
      : `: ${details.topic}-${details.partition}`;
  return details.group === undefined ? '' : `: group ${details.group}`;
}
