// What a client has to do in the bench. Each contender does it the way its own documentation recommends, with acks=all.
import type { ClientBenchSettings } from './settings.ts';

export interface ProducerUnderTest {
  /** One record; resolves when it is acknowledged. */
  send(topic: string, value: Buffer): Promise<unknown>;
  /** Many records of one call; resolves when all are acknowledged. */
  sendMany(topic: string, values: readonly Buffer[]): Promise<unknown>;
  close(): Promise<unknown>;
}

/** Told the size of each value. @returns false when it has seen enough */
export type OnRecord = (valueBytes: number) => boolean;

export interface ClientUnderTest {
  producer(bootstrap: string, settings: ClientBenchSettings): Promise<ProducerUnderTest>;
  /** Reads the topic from its start, record by record, until `onRecord` has seen enough. */
  consumeRecords(from: Source, onRecord: OnRecord): Promise<void>;
  /** The same, in the largest pieces that the client hands out. */
  consumeBatches(from: Source, onRecord: OnRecord): Promise<void>;
}

export interface Source {
  readonly bootstrap: string;
  readonly topic: string;
  /** A new group. */
  readonly group: string;
  readonly settings: ClientBenchSettings;
}

export const contenderNames = ['ottla', 'platformatic', 'kafkajs'] as const;
export type ContenderName = (typeof contenderNames)[number];

export async function loadContender(name: ContenderName): Promise<ClientUnderTest> {
  const { client } = (await import(`./contenders/${name}.ts`)) as { client: ClientUnderTest };
  return client;
}
