// What brokers answer to batches, and what becomes of the batches.
import { ErrorCode } from '@ottla/protocol';
import { BrokerError, KafkaError } from '../errors.ts';
import type { ProducerBatch } from './producer-batch.ts';

/** A broker's answer to one batch. */
export interface BatchAnswer {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  /** −1 with acks=0. */
  readonly baseOffset: number;
  readonly logAppendTimeMs: number;
  readonly logStartOffset: number;
  readonly recordErrors: readonly RecordError[];
}

interface RecordError {
  readonly batchIndex: number;
  readonly batchIndexErrorMessage: string | null;
}

/** Something is final about a batch. */
export type Outcome =
  | {
      readonly kind: 'delivered';
      readonly batch: ProducerBatch;
      readonly baseOffset: number;
      readonly logAppendTimeMs: number;
    }
  | {
      readonly kind: 'failed';
      readonly batch: ProducerBatch;
      /** @param index of the record in the batch */
      errorOf(index: number): KafkaError;
    }
  | {
      /** Not done, but in pieces now. */
      readonly kind: 'split';
      readonly parts: readonly ProducerBatch[];
    };

/** A duplicate was written before; where is not known any more. */
export function isSuccess(errorCode: number): boolean {
  return errorCode === ErrorCode.NONE || errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER;
}

/** The error for a batch that its answer does not mention. */
export function leftOut({ queue }: ProducerBatch): KafkaError {
  const { topic, partition } = queue;
  return new BrokerError(
    ErrorCode.UNKNOWN_SERVER_ERROR,
    'the broker left the partition out of its answer',
    { topic, partition },
  );
}

/** The error of each record of a refused batch: some brokers say which records are to blame (KIP-467). */
export function errorsOf(
  { queue }: ProducerBatch,
  error: KafkaError,
  answer: BatchAnswer | undefined,
): (index: number) => KafkaError {
  const blamed = answer?.recordErrors ?? [];
  if (blamed.length === 0) return () => error;
  const { topic, partition } = queue;
  const about = { topic, partition };
  const messages = new Map(
    blamed.map(({ batchIndex, batchIndexErrorMessage }) => [batchIndex, batchIndexErrorMessage]),
  );
  const code = blamed.length === 1 ? answer!.errorCode : ErrorCode.INVALID_RECORD;
  const innocent = new KafkaError(
    'BATCH_REFUSED',
    `the record was in one batch with others that ${topic}-${partition} refused`,
    false,
    { ...about, cause: error },
  );
  return (index) =>
    messages.has(index)
      ? new BrokerError(code, messages.get(index) ?? answer!.errorMessage, about)
      : innocent;
}
