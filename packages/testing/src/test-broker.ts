// What a test sees of its broker.
import type { Logger } from '@ottla/platform';

/** How to start. */
export interface StartBrokerOptions {
  /** Keep everything in memory. Default: true, unless `dataDir` is given. False: a temporary folder, removed by `close`. */
  readonly memory?: boolean;
  /** In memory: bytes of all topics, above which the oldest records go, with a warning to `logger`. Default 256 MB. */
  readonly memoryBytesMax?: number;
  /** On 127.0.0.1. Default 0: a free one. */
  readonly port?: number;
  /** Keep data in this folder, which `close` leaves. */
  readonly dataDir?: string;
  /** Broker keys, as in a server.properties: `{ 'num.partitions': '3' }`. */
  readonly overrides?: Readonly<Record<string, string | number | boolean>>;
  /** Default: says nothing. */
  readonly logger?: Logger;
}

/** A topic to be made; what is left out is the broker's default. */
export interface TopicToCreate {
  readonly name: string;
  readonly partitions?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/** A broker in this process. */
export interface TestBroker extends AsyncDisposable {
  /** `127.0.0.1:<port>`, for any client. */
  readonly bootstrapServers: string;
  readonly host: string;
  /** Stays the same over `restart`. */
  readonly port: number;
  /** Returns when the topic can be used. @throws BrokerError `TOPIC_ALREADY_EXISTS` and the like */
  createTopic(name: string, options?: Omit<TopicToCreate, 'name'>): Promise<void>;
  /** As `createTopic`, all at once. */
  createTopics(topics: readonly TopicToCreate[]): Promise<void>;
  /** A clean stop, then a start on the same port with the same data. */
  restart(): Promise<void>;
  /** Stops and removes what was temporary. No socket, timer or file is left; later calls do nothing. */
  close(): Promise<void>;
}
