// Where errors of a task's records are taken: the handler is asked, its dead letters are sent, and what it decides is done.
// Kafka: ProcessorNode.process, RecordDeserializer.handleDeserializationFailure.
import type { ConsumerRecord } from '@ottla/client';
import { ProcessingError, StreamsError } from '../errors.ts';
import type { RecordContext } from '../processor/internal-context.ts';
import type { MaybePromise } from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import { taskIdText } from '../processor/task-id.ts';
import type { ErrorHandlerContext, ErrorResponse } from './exception-handlers.ts';
import type { TaskHost } from './task-host.ts';

export class ErrorDesk {
  readonly #host: TaskHost;

  constructor(host: TaskHost) {
    this.#host = host;
  }

  /**
   * A node, or a punctuator of its, threw.
   *
   * @param record what the node was given; undefined for a punctuation
   * @throws ProcessingError when the record is not to be passed over
   */
  nodeFailed(
    node: string,
    record: Record<unknown, unknown> | undefined,
    error: unknown,
  ): MaybePromise {
    if (error instanceof ProcessingError || isFatal(error)) throw error;
    const host = this.#host;
    const { topic, partition, offset } = host.recordContext;
    const where = { taskId: taskIdText(host.id), node, topic, partition, offset };
    let response: ErrorResponse;
    try {
      const context = this.#contextOf(node, host.recordContext);
      response = host.settings.processingExceptionHandler(context, record, error);
    } catch (handlerError) {
      throw new ProcessingError(where, handlerError);
    }
    const sent = this.#sendLetters(node, response);
    if (response.result === 'fail') throw new ProcessingError(where, error);
    host.recordDropped();
    return sent;
  }

  /** Bytes that their serde does not understand. @throws StreamsError when they must not be passed over */
  undecodable(raw: ConsumerRecord, node: string, error: unknown): MaybePromise {
    const context = this.#contextOf(node, { ...raw, rawKey: raw.key, rawValue: raw.value });
    const response = this.#host.settings.deserializationExceptionHandler(context, error);
    const sent = this.#sendLetters(node, response);
    if (response.result === 'fail') {
      throw new StreamsError(
        'DESERIALIZATION_FAILED',
        `record ${raw.topic}-${raw.partition}@${raw.offset} cannot be deserialised: ${reasonOf(error)}`,
        { cause: error },
      );
    }
    this.#host.recordDropped();
    return sent;
  }

  /** A key or value that its serde cannot write. @throws StreamsError when it must not be passed over */
  unserializable(
    node: string,
    topic: string,
    side: 'key' | 'value',
    record: Record<unknown, unknown>,
    error: unknown,
  ): MaybePromise {
    const { recordContext, settings } = this.#host;
    const context = this.#contextOf(node, recordContext);
    const response = settings.serializationExceptionHandler(context, record, error);
    const sent = this.#sendLetters(node, response);
    if (response.result === 'fail') {
      throw new StreamsError(
        'SERIALIZATION_FAILED',
        `${node} cannot serialise a ${side} for topic ${topic}: ${reasonOf(error)}`,
        { cause: error },
      );
    }
    this.#host.recordDropped();
    return sent;
  }

  #contextOf(node: string, record: RecordContext): ErrorHandlerContext {
    const { topic, partition, offset, headers, timestamp, rawKey, rawValue } = record;
    const taskId = this.#host.id;
    return { topic, partition, offset, headers, timestamp, node, taskId, rawKey, rawValue };
  }

  #sendLetters(origin: string, { deadLetters = [] }: ErrorResponse): MaybePromise {
    const { collector } = this.#host;
    let sent: MaybePromise = undefined;
    for (const letter of deadLetters)
      sent = collector.send({ partition: undefined, origin, ...letter });
    return sent;
  }
}

/** Errors of the application, not of a record: no handler may pass over them. */
function isFatal(error: unknown): boolean {
  return (
    error instanceof StreamsError &&
    (error.code === 'TASK_MIGRATED' ||
      error.code === 'PRODUCTION_FAILED' ||
      error.code === 'INVALID_STATE')
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
