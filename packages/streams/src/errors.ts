// Every error that Streams raises. Codes are stable, messages are not; the README lists each with the next step.

/** What went wrong, to tell cases apart in code. */
export type StreamsErrorCode =
  | 'INVALID_TOPOLOGY'
  | 'INVALID_CONFIG'
  | 'INVALID_TIMESTAMP'
  | 'INVALID_STATE'
  | 'DESERIALIZATION_FAILED'
  | 'SERIALIZATION_FAILED'
  | 'PROCESSING_FAILED'
  | 'PRODUCTION_FAILED'
  | 'STORE_NOT_AVAILABLE'
  | 'TASK_MIGRATED'
  | 'OPERATOR_EMITTED_LATE'
  | 'OPERATOR_EMITTED_NO_RECORD'
  | 'OPERATOR_COMPLETED';

/** The base of all of them. */
export class StreamsError extends Error {
  readonly code: StreamsErrorCode;
  /** Whether trying again may help. */
  readonly retriable: boolean;

  constructor(
    code: StreamsErrorCode,
    message: string,
    options?: { readonly cause?: unknown; readonly retriable?: boolean },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retriable = options?.retriable ?? false;
  }
}

/** A topology that cannot be: names used twice, parents that do not exist, stores that are not connected. */
export class TopologyError extends StreamsError {
  constructor(message: string) {
    super('INVALID_TOPOLOGY', `Invalid topology: ${message}`);
  }
}

/** A record that could not be processed, and its handler did not say to go on. The `cause` is what was thrown. */
export class ProcessingError extends StreamsError {
  readonly taskId: string;
  /** Name of the node that threw. */
  readonly node: string;
  /** Of the source record; undefined for a punctuation. */
  readonly topic: string | undefined;
  readonly partition: number | undefined;
  readonly offset: number | undefined;

  constructor(
    where: {
      readonly taskId: string;
      readonly node: string;
      readonly topic: string | undefined;
      readonly partition: number | undefined;
      readonly offset: number | undefined;
    },
    cause: unknown,
  ) {
    const source =
      where.topic === undefined
        ? 'a punctuation'
        : `record ${where.topic}-${where.partition}@${where.offset}`;
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      'PROCESSING_FAILED',
      `${where.node} of task ${where.taskId} failed on ${source}: ${reason}`,
      {
        cause,
      },
    );
    this.taskId = where.taskId;
    this.node = where.node;
    this.topic = where.topic;
    this.partition = where.partition;
    this.offset = where.offset;
  }
}
