// `startBroker`: the real server of `@ottla/broker`, set up for a test.
import {
  BrokerConfig,
  MEMORY_PRESETS,
  memoryPlatform,
  type RunningServer,
  startServer,
} from '@ottla/broker';
import { Admin } from '@ottla/client';
import { nodePlatform, type Platform } from '@ottla/platform';
import { temporaryFolder, type TemporaryFolder } from './temporary-folder.ts';
import type { StartBrokerOptions, TestBroker, TopicToCreate } from './test-broker.ts';

const HOST = '127.0.0.1';

/** One internal partition rather than fifty: a test has few groups and wants to start soon. */
const TEST_PRESETS: Readonly<Record<string, string>> = { 'offsets.topic.num.partitions': '1' };

/** Between looks at whether a new topic has its leaders, milliseconds. */
const TOPIC_POLL_MS = 2;
const TOPIC_TIMEOUT_MS = 10_000;

/**
 * Starts a broker in this process and returns when clients can use it.
 *
 * @throws ConfigError for a wrong override, StartError for a port or folder that cannot be used
 */
export async function startBroker(options: StartBrokerOptions = {}): Promise<TestBroker> {
  const { memory = options.dataDir === undefined } = options;
  const real = nodePlatform();
  // The disk outlives a restart, as a real one does.
  const platform = memory ? memoryPlatform(real, options.memoryBytesMax) : real;
  const temporary =
    memory || options.dataDir !== undefined ? undefined : await temporaryFolder(real);
  const dataDir = options.dataDir ?? temporary?.path;
  const settings = { memory, platform, options, dataDir };
  try {
    const server = await start(settings, options.port ?? 0);
    return new EmbeddedBroker(settings, server, temporary);
  } catch (error) {
    await temporary?.remove();
    throw error;
  }
}

interface Settings {
  readonly memory: boolean;
  readonly platform: Platform;
  readonly options: StartBrokerOptions;
  /** Undefined in memory. */
  readonly dataDir: string | undefined;
}

function start(settings: Settings, port: number): Promise<RunningServer> {
  const { memory, platform, options, dataDir } = settings;
  const { logger, memoryBytesMax: bytesMax } = options;
  const config = BrokerConfig.load({
    presets: {
      ...(memory ? MEMORY_PRESETS : {}),
      ...TEST_PRESETS,
      listeners: `PLAINTEXT://${HOST}:${port}`,
      ...(dataDir === undefined ? {} : { 'log.dirs': dataDir }),
    },
    overrides: Object.entries(options.overrides ?? {}).map(([key, value]) => `${key}=${value}`),
    ...(logger === undefined ? {} : { logger }),
  });
  const cap = { isDiskGiven: true, ...(bytesMax === undefined ? {} : { bytesMax }) };
  return startServer({
    config,
    platform,
    ...(memory ? { memory: cap } : {}),
    ...(logger === undefined ? {} : { logger }),
  });
}

class EmbeddedBroker implements TestBroker {
  readonly host: string;
  readonly port: number;
  readonly #settings: Settings;
  readonly #temporary: TemporaryFolder | undefined;
  #server: RunningServer;
  #closed: Promise<void> | undefined;

  constructor(settings: Settings, server: RunningServer, temporary: TemporaryFolder | undefined) {
    const { host, port } = server.endpoints[0]!;
    this.host = host;
    this.port = port;
    this.#settings = settings;
    this.#server = server;
    this.#temporary = temporary;
  }

  get bootstrapServers(): string {
    return `${this.host}:${this.port}`;
  }

  async createTopic(name: string, options: Omit<TopicToCreate, 'name'> = {}): Promise<void> {
    await this.createTopics([{ ...options, name }]);
  }

  async createTopics(topics: readonly TopicToCreate[]): Promise<void> {
    await using admin = new Admin({ bootstrapServers: this.bootstrapServers });
    await admin.createTopics(
      topics.map(({ name, partitions, config = {} }) => ({
        name,
        configs: config,
        ...(partitions === undefined ? {} : { numPartitions: partitions }),
      })),
    );
    await this.#untilUsable(
      admin,
      topics.map(({ name }) => name),
    );
  }

  async restart(): Promise<void> {
    await this.#server.close();
    this.#server = await start(this.#settings, this.port);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await this.#server.close();
    await this.#temporary?.remove();
  }

  /** The controller has answered; the broker learns of the topic from the metadata log a moment later. */
  async #untilUsable(admin: Admin, names: readonly string[]): Promise<void> {
    const { clock, timers } = nodePlatform();
    const deadlineMs = clock.monotonicMs() + TOPIC_TIMEOUT_MS;
    const isUsable = async () => {
      const known = new Map((await admin.describeTopics(undefined)).map((one) => [one.name, one]));
      return names.every((name) => {
        const topic = known.get(name);
        return topic?.errorCode === 0 && topic.partitions.every(({ leaderId }) => leaderId >= 0);
      });
    };
    while (!(await isUsable()) && clock.monotonicMs() < deadlineMs)
      await timers.sleep(TOPIC_POLL_MS);
  }
}
