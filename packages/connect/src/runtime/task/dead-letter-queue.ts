// The topic to which a sink's failed records go, as they were consumed, with headers that say what went wrong.
// Kafka: DeadLetterQueueReporter (KIP-298).
import type { ClientOptions, ConsumerRecord, Producer, ProducerOptions } from '@ottla/client';
import { KafkaError } from '@ottla/client/errors';
import type { Logger } from '@ottla/platform';
import { ConnectError } from '../../errors.ts';
import { traceOf } from '../host/link.ts';
import type { ErrorReporter, Failure } from './error-handling.ts';

export interface DeadLetterQueueOptions {
  readonly topic: string;
  /** Used when the topic is not there. */
  readonly replicationFactor: number;
  /** Whether to add the `__connect.errors.` headers. */
  readonly contextHeaders: boolean;
  readonly connectorName: string;
  /** Number of the task. */
  readonly taskId: number;
  readonly producer: ProducerOptions;
  readonly admin: ClientOptions;
  readonly logger: Logger;
}

const PREFIX = '__connect.errors.';

export class DeadLetterQueue implements ErrorReporter<ConsumerRecord> {
  readonly #options: DeadLetterQueueOptions;
  readonly #producer: Producer;
  #waits: Promise<void> | undefined;

  private constructor(options: DeadLetterQueueOptions, producer: Producer) {
    this.#options = options;
    this.#producer = producer;
  }

  /** Creates the topic when it is missing, with one partition. @throws ConnectError when that fails */
  static async open(options: DeadLetterQueueOptions): Promise<DeadLetterQueue> {
    const { topic, replicationFactor } = options;
    const [{ Admin }, { Producer }] = await Promise.all([
      import('@ottla/client/admin'),
      import('@ottla/client/producer'),
    ]);
    try {
      await using admin = new Admin(options.admin);
      const topics = await admin.listTopics();
      if (!topics.some(({ name }) => name === topic))
        await admin
          .createTopics([{ name: topic, numPartitions: 1, replicationFactor }])
          .catch(unlessItExists);
    } catch (error) {
      throw new ConnectError(`Could not initialize dead letter queue with topic=${topic}`, {
        cause: error,
      });
    }
    return new DeadLetterQueue(options, new Producer(options.producer));
  }

  report(failure: Failure<ConsumerRecord>): Promise<void> {
    const { key, value, headers, timestamp } = failure.record;
    const { topic } = this.#options;
    const written = Promise.withResolvers<void>();
    // Failures of conversion are told without anybody waiting.
    written.promise.catch(() => undefined);
    const settle = (error: unknown): void => {
      if (error === undefined) written.resolve();
      else written.reject(this.#failed(error));
    };
    const wait = this.#producer.enqueue(
      {
        topic,
        key,
        value,
        headers: [
          ...headers.map((header) => [header.key, header.value] as const),
          ...(this.#options.contextHeaders ? this.#contextHeaders(failure) : []),
        ],
        ...(timestamp < 0 ? {} : { timestamp }),
      },
      settle,
    );
    if (wait !== undefined)
      this.#waits = Promise.all([this.#waits, wait.catch(settle)]).then(() => undefined);
    return written.promise;
  }

  async flush(): Promise<void> {
    await this.#waits;
    this.#waits = undefined;
    await this.#producer.flush();
  }

  async close(): Promise<void> {
    await this.#producer.close();
  }

  /** In Kafka's order; values are UTF-8, and null where an error has no message. */
  #contextHeaders(failure: Failure<ConsumerRecord>): (readonly [string, string | null])[] {
    const { record, stage, className, error } = failure;
    const { connectorName, taskId } = this.#options;
    const pairs: (readonly [string, string | null])[] = [
      ['topic', record.topic],
      ['partition', String(record.partition)],
      ['offset', String(record.offset)],
      ['connector.name', connectorName],
      ['task.id', String(taskId)],
      ['stage', stage],
      ['class.name', className],
      ['exception.class.name', classNameOf(error)],
      ['exception.message', error instanceof Error ? error.message || null : String(error)],
      ['exception.stacktrace', traceOf(error)],
    ];
    return pairs.map(([name, value]) => [PREFIX + name, value] as const);
  }

  #failed(error: unknown): ConnectError {
    const { logger, topic } = this.#options;
    const message = `Could not produce message to dead letter queue. topic=${topic}`;
    logger.error(message, { error });
    return new ConnectError(message, { cause: error });
  }
}

/** The class that Kafka would raise, for our own errors; else the error's name. */
function classNameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { javaClass } = error as Error & { readonly javaClass?: unknown };
  return typeof javaClass === 'string' ? javaClass : error.name;
}

function unlessItExists(error: unknown): void {
  if (!(error instanceof KafkaError) || error.code !== 'TOPIC_ALREADY_EXISTS') throw error;
}
