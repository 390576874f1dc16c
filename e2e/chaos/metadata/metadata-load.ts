// Admins that create, delete and configure the same few topics at the same time, each asking whichever broker it finds.
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, KafkaError } from '@ottla/client';
import { nowMs } from '../clock.ts';
import type { MetadataOperation } from './metadata-history.ts';

/** A config that no default has; each value is given once. */
const CONFIG = 'retention.bytes';
const CALL_MS = 3_000;
const PAUSE_MS = 30;

export interface MetadataLoadOptions {
  readonly bootstrap: string;
  readonly clients: number;
  readonly topics: readonly string[];
}

export class MetadataLoad {
  readonly operations: MetadataOperation[] = [];
  readonly #options: MetadataLoadOptions;
  #values = 1_000_000;
  #isOver = false;

  constructor(options: MetadataLoadOptions) {
    this.#options = options;
  }

  /** Resolves when all clients have stopped. */
  async run(): Promise<void> {
    const clients = Array.from({ length: this.#options.clients }, (_, index) => index + 1);
    await Promise.all(clients.map((client) => this.#work(client)));
  }

  stop(): void {
    this.#isOver = true;
  }

  /** What stands there in the end, when all is healed and told to everybody. */
  async readFinally(): Promise<void> {
    await using admin = this.#admin(0);
    for (const topic of this.#options.topics)
      await this.#note(0, topic, 'get', '', async () => {
        const { entries } = await admin.describeConfigs({ type: 'topic', name: topic });
        return entries.find(({ name }) => name === CONFIG)?.value ?? '';
      });
  }

  async #work(client: number): Promise<void> {
    await using admin = this.#admin(client);
    for (let turn = client; !this.#isOver; turn++) {
      const topic = this.#options.topics[turn % this.#options.topics.length]!;
      await this.#callOne(admin, client, topic, Math.floor(Math.random() * 4));
      await sleep(PAUSE_MS * Math.random() * 2);
    }
  }

  #callOne(admin: Admin, client: number, name: string, choice: number): Promise<void> {
    const value = String(++this.#values);
    if (choice === 0)
      return this.#note(client, name, 'delete', '', async () => {
        await admin.deleteTopics([name]);
      });
    if (choice === 1)
      return this.#note(client, name, 'set', value, async () => {
        await admin.incrementalAlterConfigs({ type: 'topic', name }, [
          { name: CONFIG, operation: 'set', value },
        ]);
      });
    return this.#note(client, name, 'create', value, async () => {
      const replicationFactor = 3;
      await admin.createTopics([
        { name, numPartitions: 1, replicationFactor, configs: { [CONFIG]: value } },
      ]);
    });
  }

  /** @param call returns the value that it has read, if it reads one */
  async #note(
    client: number,
    topic: string,
    op: MetadataOperation['op'],
    value: string,
    call: () => Promise<string | void>,
  ): Promise<void> {
    const begun = nowNs();
    let outcome: MetadataOperation['outcome'] = 'ok';
    let read: string | void = undefined;
    try {
      read = await call();
    } catch (error) {
      outcome = outcomeOf(error);
    }
    this.operations.push({
      client,
      topic,
      op,
      value: read ?? value,
      outcome,
      call: begun,
      return: nowNs(),
    });
  }

  #admin(client: number): Admin {
    return new Admin({
      bootstrapServers: this.#options.bootstrap,
      clientId: `admin-${client}`,
      requestTimeoutMs: CALL_MS,
      defaultApiTimeoutMs: CALL_MS,
    });
  }
}

function nowNs(): number {
  return Math.round(nowMs() * 1e6);
}

function outcomeOf(error: unknown): MetadataOperation['outcome'] {
  if (!(error instanceof KafkaError)) throw error;
  if (error.code === 'TOPIC_ALREADY_EXISTS') return 'exists';
  if (error.code === 'UNKNOWN_TOPIC_OR_PARTITION') return 'missing';
  return 'unknown';
}
