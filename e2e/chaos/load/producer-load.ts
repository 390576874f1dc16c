// A producer that sends unique values at an even rate to all partitions, and writes down what became of each.
import { setTimeout as sleep } from 'node:timers/promises';
import { type KafkaError, Producer, type RecordMetadata } from '@ottla/client';
import type { HistoryFile } from './history-file.ts';
import type { LoadOptions } from './load-options.ts';

const BURST_EVERY_MS = 20;
/** Records of a partition without an answer, beyond which none is added. */
const OUTSTANDING_MAX = 1_000;
/** So that segments fill and close while the run lasts. */
const PADDING = '.'.repeat(200);

export class ProducerLoad {
  readonly #options: LoadOptions;
  readonly #history: HistoryFile;
  readonly #name: string;
  readonly #producer: Producer;
  readonly #outstanding: number[];
  #count = 0;
  #isOver = false;

  constructor(options: LoadOptions, history: HistoryFile, index: number) {
    this.#options = options;
    this.#history = history;
    this.#name = `${options.name}-producer-${index}`;
    this.#outstanding = Array.from({ length: options.partitions }, () => 0);
    this.#producer = new Producer({
      bootstrapServers: options.bootstrap,
      clientId: this.#name,
      requestTimeoutMs: 10_000,
      // Faults last longer than a client's patience usually does; nothing here may give up before they end.
      deliveryTimeoutMs: 300_000,
      compression: index % 2 === 0 ? 'lz4' : 'none',
    });
  }

  /** Sends until `stop`; resolves when all that was sent has an answer. */
  async run(): Promise<void> {
    const startedMs = performance.now();
    while (!this.#isOver) {
      const due = ((performance.now() - startedMs) / 1_000) * this.#options.rate;
      while (this.#count < due) this.#send();
      await sleep(BURST_EVERY_MS);
    }
    await this.#producer.close();
  }

  stop(): void {
    this.#isOver = true;
  }

  #send(): void {
    const { topic, partitions } = this.#options;
    const number = this.#count++;
    const partition = number % partitions;
    if (this.#outstanding[partition]! >= OUTSTANDING_MAX) return;
    this.#outstanding[partition]! += 1;
    const process = this.#name;
    const value = `${process}-${number}${PADDING}`;
    this.#history.note({ process, op: 'send', type: 'invoke', topic, partition, value });
    const record = { topic, partition, key: `key-${number % (3 * partitions)}`, value };
    const ended = (error: KafkaError | undefined, metadata?: RecordMetadata): void =>
      this.#ended(value, partition, error, metadata);
    this.#producer.enqueue(record, ended)?.catch((error: KafkaError) => ended(error));
  }

  #ended(
    value: string,
    partition: number,
    error: KafkaError | undefined,
    metadata: RecordMetadata | undefined,
  ): void {
    this.#outstanding[partition]! -= 1;
    const process = this.#name;
    if (metadata !== undefined) {
      // A batch that was there already, more than five back: the broker does not tell where.
      const known = metadata.offset < 0 ? {} : { offset: metadata.offset };
      this.#history.note({ process, op: 'send', type: 'ok', value, ...known });
    } else this.#history.note({ process, op: 'send', type: 'info', value });
    if (error !== undefined) console.error(`${process}: ${error.message}`);
  }
}
