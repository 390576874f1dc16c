// One of several data directories cannot be used when the broker starts: its disk is gone, the others' are not.
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePlatform, silentLogger } from '@ottla/platform';
import { ErrorCode } from '@ottla/protocol';
import {
  createCreatableTopic,
  createTopicsRequest,
  createTopicsResponse,
} from '@ottla/protocol/messages/create-topics';
import {
  describeLogDirsRequest,
  describeLogDirsResponse,
} from '@ottla/protocol/messages/describe-log-dirs';
import { topicByName } from '@ottla/metadata';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOOPBACK, withClient } from '../../test/running-server.ts';
import { BrokerConfig, type RunningServer, startServer } from '../index.ts';
import type { ServerParts } from './server-parts.ts';

const TOPIC = 'orders';

interface Started {
  readonly server: RunningServer;
  /** Leader and directory of each partition, as the broker's metadata has them. */
  readonly partitions: () => readonly { readonly leader: number; readonly directory: string }[];
  /** What was logged as errors. */
  readonly errors: string[];
}

let root: string;
let a: string;
let b: string;
let started: Started[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ottla-lost-'));
  [a, b] = [join(root, 'a'), join(root, 'b')];
  started = [];
});

afterEach(async () => {
  for (const { server } of started) await server.close();
  await rm(root, { recursive: true, force: true });
});

async function start(): Promise<Started> {
  const errors: string[] = [];
  let parts: ServerParts | undefined;
  const server = await startServer({
    config: BrokerConfig.load({ presets: LOOPBACK, overrides: [`log.dirs=${a},${b}`] }),
    logger: { ...silentLogger, error: (line) => void errors.push(line) },
    onAssembled: (assembled) => (parts = assembled as ServerParts),
  });
  const image = () => parts!.broker!.image;
  const partitions = () =>
    (topicByName(image(), TOPIC)?.partitions ?? []).map(({ leader, directories: [directory] }) => ({
      leader,
      directory: directory!,
    }));
  const result = { server, partitions, errors };
  started.push(result);
  return result;
}

async function until(condition: () => boolean): Promise<void> {
  const { timers } = nodePlatform();
  while (!condition()) await timers.sleep(10);
}

async function folders(path: string): Promise<string[]> {
  return (await readdir(path)).filter((name) => name.startsWith(`${TOPIC}-`)).toSorted();
}

/** Six partitions, three in each directory, and a stop in order. */
async function filled(): Promise<void> {
  const { server, partitions } = await start();
  await withClient(server.endpoints[0]!, (client) =>
    client.ask([createTopicsRequest, createTopicsResponse], {
      topics: [createCreatableTopic({ name: TOPIC, numPartitions: 6, replicationFactor: 1 })],
    }),
  );
  await until(() => new Set(partitions().map(({ directory }) => directory)).size === 2);
  await until(
    () => !partitions().some(({ directory }) => directory.startsWith('AAAAAAAAAAAAAAAA')),
  );
  await server.close();
}

describe('a data directory that cannot be used at the start', () => {
  it('given another one with the metadata log, then the broker serves what is there, makes nothing anew, and has all again with the disk', async () => {
    await filled();
    const inA = await folders(a);
    await rename(b, `${b}-away`);
    await writeFile(b, 'no directory');

    const without = await start();
    expect(without.errors.join()).toContain('its partitions are offline');
    const led = () => without.partitions().filter(({ leader }) => leader === 1).length;
    expect([led(), await folders(a)]).toEqual([inA.length, inA]);
    const { results } = await withClient(without.server.endpoints[0]!, (client) =>
      client.ask([describeLogDirsRequest, describeLogDirsResponse], { topics: null }),
    );
    expect(results.map(({ logDir, errorCode }) => [logDir, errorCode])).toEqual([
      [a, ErrorCode.NONE],
      [b, ErrorCode.KAFKA_STORAGE_ERROR],
    ]);
    await without.server.close();

    await rm(b);
    await rename(`${b}-away`, b);
    const again = await start();
    await until(() => again.partitions().every(({ leader }) => leader === 1));
    expect((await folders(a)).length + (await folders(b)).length).toBe(6);
  });

  it('given that it is the one with the metadata log, then the server does not start', async () => {
    await filled();
    await rename(a, `${a}-away`);
    await writeFile(a, 'no directory');
    await expect(start()).rejects.toMatchObject({ code: 'DIRECTORY_UNUSABLE' });
  });
});
