// Starting, stopping, crashing and refusing to start, on real files and on the disk in memory.
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DiskError,
  type DiskFile,
  type Logger,
  memoryDisk,
  nodePlatform,
  type Platform,
  type Timer,
  type Timers,
} from '@ottla/platform';
import { LogError } from '@ottla/log';
import { ZERO_UUID } from '@ottla/protocol';
import {
  createCreatableTopic,
  createTopicsRequest,
  createTopicsResponse,
} from '@ottla/protocol/messages/create-topics';
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '@ottla/protocol/messages/incremental-alter-configs';
import { metadataRequest, metadataResponse } from '@ottla/protocol/messages/metadata';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  LOOPBACK,
  ProtocolClient,
  startTestServer,
  withClient,
} from '../../test/running-server.ts';
import {
  BrokerConfig,
  MEMORY_PRESETS,
  type RunningServer,
  StartError,
  startServer,
} from '../index.ts';
import type { ServerParts } from './server-parts.ts';

const CREATE = [createTopicsRequest, createTopicsResponse] as const;
const METADATA = [metadataRequest, metadataResponse] as const;
const ALTER = [incrementalAlterConfigsRequest, incrementalAlterConfigsResponse] as const;

let directory: string;
let servers: RunningServer[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ottla-server-'));
  servers = [];
});

afterEach(async () => {
  for (const server of servers) await server.close();
  await rm(directory, { recursive: true, force: true });
});

async function startOn(path: string, ...overrides: string[]): Promise<RunningServer> {
  const config = BrokerConfig.load({
    presets: LOOPBACK,
    overrides: [`log.dirs=${path}`, ...overrides],
  });
  const server = await startServer({ config });
  servers.push(server);
  return server;
}

function createTopic(server: RunningServer, name: string): Promise<string> {
  return withClient(server.endpoints[0]!, async (client) => {
    const topics = [createCreatableTopic({ name, numPartitions: 3, replicationFactor: 1 })];
    const [created] = (await client.ask(CREATE, { topics })).topics;
    expect(created!.errorCode).toBe(0);
    return created!.topicId;
  });
}

function leaders(server: RunningServer, name: string): Promise<readonly number[]> {
  return withClient(server.endpoints[0]!, async (client) => {
    const topics = [{ name, topicId: ZERO_UUID }];
    const [topic] = (await client.ask(METADATA, { topics, allowAutoTopicCreation: false })).topics;
    return topic!.partitions.map(({ leaderId }) => leaderId);
  });
}

async function refusal(start: Promise<RunningServer>): Promise<StartError> {
  const error: unknown = await start.then(
    (server) => servers.push(server),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StartError);
  expect((error as StartError).message).not.toContain('\n');
  return error as StartError;
}

describe('startServer', () => {
  it('given a new directory, then it is formatted once and keeps its identity and its topics', async () => {
    const first = await startOn(directory);
    expect(first.wasFormatted).toBe(true);
    await createTopic(first, 'orders');
    await first.close();

    const second = await startOn(directory);
    expect(second.wasFormatted).toBe(false);
    expect(second.clusterId).toBe(first.clusterId);
    expect(await leaders(second, 'orders')).toEqual([1, 1, 1]);
    const properties = await readFile(join(directory, 'meta.properties'), 'utf8');
    expect(properties).toContain(`cluster.id=${first.clusterId}`);
  });

  it('given a crash, then the next start has every topic, and is not kept waiting by the session of the dead', async () => {
    const crashed = await startOn(join(directory, 'a'));
    await createTopic(crashed, 'orders');
    // What a killed process leaves behind: the files as they are now.
    await cp(join(directory, 'a'), join(directory, 'b'), {
      recursive: true,
      filter: (path) => !path.endsWith('.lock'),
    });

    const next = await startOn(join(directory, 'b'));

    expect(await leaders(next, 'orders')).toEqual([1, 1, 1]);
    expect(next.readyMs).toBeLessThan(2000);
    await createTopic(next, 'clicks');
  });

  it('given dynamic configs, then they are in force after a restart', async () => {
    const first = await startOn(directory);
    await withClient(first.endpoints[0]!, async (client) => {
      const configs = [{ name: 'message.max.bytes', value: '77777', configOperation: 0 }];
      const resources = [{ resourceType: 4, resourceName: '', configs }];
      const { responses } = await client.ask(ALTER, { resources });
      expect(responses).toMatchObject([{ errorCode: 0 }]);
    });
    await first.close();

    const second = await startOn(directory);
    expect(second.config.number('message.max.bytes')).toBe(77_777);
  });

  it('given several directories, then all carry one cluster and partitions are spread', async () => {
    const [a, b] = [join(directory, 'a'), join(directory, 'b')];
    const server = await startOn(`${a},${b}`);
    await createTopic(server, 'orders');
    for (const path of [a, b])
      expect(await readFile(join(path, 'meta.properties'), 'utf8')).toContain(server.clusterId);
    await server.close();
    const again = await startOn(`${a},${b}`);
    expect(await leaders(again, 'orders')).toEqual([1, 1, 1]);
  });

  it('given a cluster id, then a new directory gets it and a formatted one must have it', async () => {
    const clusterId = 'AAAAAAAAAAAAAAAAAAAAZA';
    const config = BrokerConfig.load({ presets: LOOPBACK, overrides: [`log.dirs=${directory}`] });
    const server = await startServer({ config, clusterId });
    expect(server.clusterId).toBe(clusterId);
    await server.close();
    const error = await refusal(startServer({ config, clusterId: 'AAAAAAAAAAAAAAAAAAAAZQ' }));
    expect(error.code).toBe('DIRECTORY_FOREIGN');
  });

  it('given twenty starts and stops, then no handle is left', async () => {
    await (await startTestServer()).close();
    const before = resources();
    const { platform, pending } = countedTimers();

    for (let time = 0; time < 20; time++) {
      const server = await startTestServer([], { memory: {}, platform });
      if (time % 5 === 0) await createTopic(server, 'orders');
      await server.close();
    }

    expect(resources()).toEqual(before);
    expect(pending.size).toBe(0);
  });

  it('given a disk that fails under the metadata log, then the server stops by itself and says why', async () => {
    let isBroken = false;
    const platform = platformThatFails(() => isBroken);
    const fatal = Promise.withResolvers<unknown>();
    const server = await startServer({ config: inMemory(), platform, onFatal: fatal.resolve });

    isBroken = true;

    expect(String(await fatal.promise)).toContain('EIO');
    await expect(ProtocolClient.connect(server.endpoints[0]!)).rejects.toThrow('ECONNREFUSED');
    await server.close();
  });

  // Simulator, seeds 1100348 and 1100466: whoever had started it was told nothing, and waited for a server that was closed.
  it('given a directory that fails while the start comes to its end, then the start ends, or the server says that it stops', async () => {
    for (let turns = 0; turns < 8; turns += 1) {
      const fatal = Promise.withResolvers<unknown>();
      const fails = (parts: ServerParts): void => {
        const broker = parts.broker as { start(): Promise<void> } & typeof parts.broker;
        const { start } = broker;
        const [data] = broker.replicas.directories;
        const error = new LogError('KAFKA_STORAGE_ERROR', 'the disk is gone');
        broker.start = async () => {
          await start.call(broker);
          void afterTurns(turns).then(() => data!.context.onFailure(error));
        };
      };
      const outcome = await startServer({
        config: BrokerConfig.load({ presets: { ...LOOPBACK, ...MEMORY_PRESETS } }),
        memory: {},
        onAssembled: (parts) => fails(parts as ServerParts),
        onFatal: fatal.resolve,
      }).then(
        async (server) => ({ server, error: await fatal.promise }),
        (error: unknown) => ({ server: undefined, error }),
      );
      expect(String(outcome.error), `after ${turns} turns`).toContain('the disk is gone');
      await outcome.server?.close();
    }
  });

  it('given clients that are connected and wait, then closing does not wait for them', async () => {
    const server = await startTestServer();
    const client = await ProtocolClient.connect(server.endpoints[0]!);
    await client.ask(METADATA, { topics: null });

    await Promise.all([server.close(), server.close()]);

    await expect(client.ask(METADATA, { topics: null })).rejects.toThrow('ended');
  });

  it('given an HTTP listener, then health, readiness and metrics are served, and gone after close', async () => {
    const server = await startTestServer(['ottla.http.listener=127.0.0.1:0']);
    const url = `http://127.0.0.1:${server.http!.port}`;
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('ottla_connections');
    await server.close();
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });
});

async function afterTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
}

function inMemory(): BrokerConfig {
  return BrokerConfig.load({ presets: LOOPBACK, overrides: [`log.dirs=${directory}`] });
}

/** Its disk is in memory, and asks before each write of a log whether it fails. */
function platformThatFails(fails: () => boolean): Platform {
  const disk = memoryDisk();
  const failure = new DiskError({ code: 'EIO', operation: 'write', path: directory });
  const open = async (path: string, mode: 'read' | 'write'): Promise<DiskFile> => {
    const file = await disk.open(path, mode);
    if (!path.endsWith('.log')) return file;
    const later = intercepted(file, 'write', (write, args) =>
      fails() ? Promise.reject(failure) : write(...args),
    );
    return intercepted(later, 'writeNow', (writeNow, args) => {
      if (fails()) throw failure;
      writeNow(...args);
    });
  };
  return { ...nodePlatform(), disk: intercepted(disk, 'open', (_open, args) => open(...args)) };
}

/** A broker whose controller is nowhere. */
function withoutQuorum(...overrides: string[]): BrokerConfig {
  return BrokerConfig.load({
    presets: LOOPBACK,
    overrides: [
      `log.dirs=${directory}`,
      'process.roles=broker',
      'controller.listener.names=CONTROLLER',
      'controller.quorum.voters=2@127.0.0.1:1',
      'listeners=PLAINTEXT://127.0.0.1:0',
      ...overrides,
    ],
  });
}

describe('a start that is refused', () => {
  it('given a directory in use, then that is said and the other server goes on', async () => {
    const server = await startOn(directory);
    const error = await refusal(startOn(directory));
    expect(error).toMatchObject({ code: 'DIRECTORY_LOCKED', exitCode: 1 });
    expect(await leaders(server, 'orders')).toEqual([]);
  });

  it("given another node's directory, then it says which id to set", async () => {
    await (await startOn(directory)).close();
    const error = await refusal(startOn(directory, 'node.id=7'));
    expect(error).toMatchObject({ code: 'DIRECTORY_FOREIGN', exitCode: 1 });
    expect(error.message).toContain('set node.id=1');
  });

  it('given logs without an identity, then they are not formatted over', async () => {
    await mkdir(join(directory, 'orders-0'));
    const error = await refusal(startOn(directory));
    expect(error.code).toBe('DIRECTORY_INVALID');
    await expect(readFile(join(directory, 'meta.properties'))).rejects.toThrow('ENOENT');
  });

  it("given a folder of somebody's files, then it is refused and nothing is added but the lock", async () => {
    await writeFile(join(directory, 'notes.txt'), 'mine');
    const error = await refusal(startOn(directory));
    expect(error).toMatchObject({ code: 'DIRECTORY_FOREIGN', exitCode: 1 });
    expect(error.message).toContain('notes.txt');
    expect((await readdir(directory)).filter((name) => name !== '.lock')).toEqual(['notes.txt']);
  });

  it.each(['initial.broker.registration.timeout.ms', 'server.max.startup.time.ms'])(
    'given a start whose quorum never comes, then it ends after %s',
    async (key) => {
      const config = withoutQuorum(`${key}=300`);
      const { platform, pending } = countedTimers();
      const clusterId = 'Ej3_evlyTlCg2mz1BVtabw';
      const error = await refusal(startServer({ config, platform, clusterId }));
      expect(error).toMatchObject({ code: 'NOT_READY', exitCode: 1 });
      expect(error.message).toContain('within 300 ms');
      expect(pending.size).toBe(0);
    },
  );

  it('given a start whose quorum never comes, then it ends as soon as it is told to', async () => {
    const config = withoutQuorum();
    const stop = new AbortController();
    const clusterId = 'Ej3_evlyTlCg2mz1BVtabw';
    const { platform, pending } = countedTimers();
    const started = startServer({ config, platform, clusterId, signal: stop.signal });
    stop.abort();
    await expect(started).rejects.toThrow('stopped before it was ready');
    // What was under way has some turns of loop and disk to come to its end, or to go on with what is closed.
    for (let turn = 0; turn < 100; turn++) await readdir(directory);
    expect(pending.size).toBe(0);
  });

  it('given a damaged identity, then it says so and leaves it', async () => {
    await writeFile(join(directory, 'meta.properties'), 'version=1\n');
    const error = await refusal(startOn(directory));
    expect(error.code).toBe('DIRECTORY_INVALID');
    expect(await readFile(join(directory, 'meta.properties'), 'utf8')).toBe('version=1\n');
  });

  it('given directories of two clusters, then it says so', async () => {
    const [a, b] = [join(directory, 'a'), join(directory, 'b')];
    for (const path of [a, b]) await (await startOn(path)).close();
    expect((await refusal(startOn(`${a},${b}`))).code).toBe('DIRECTORY_FOREIGN');
  });

  it('given a path that is a file, then it says that it cannot be used', async () => {
    const path = join(directory, 'file');
    await writeFile(path, '');
    expect((await refusal(startOn(path))).code).toBe('DIRECTORY_UNUSABLE');
  });

  it('given a directory that this user may not write to, then it says so', async () => {
    const detail = { code: 'EACCES', operation: 'mkdir', path: directory };
    const disk = intercepted(memoryDisk(), 'mkdir', () => Promise.reject(new DiskError(detail)));
    const config = BrokerConfig.load({ presets: LOOPBACK, overrides: [`log.dirs=${directory}`] });
    const error = await refusal(startServer({ config, platform: { ...nodePlatform(), disk } }));
    expect(error).toMatchObject({ code: 'DIRECTORY_UNUSABLE', exitCode: 1 });
    expect(error.message).toContain('is not writable');
  });

  it('given a port in use, then that is said, and nothing holds the directory', async () => {
    const other = await startTestServer();
    const { port } = other.endpoints[0]!;
    const listeners = `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:0`;
    const error = await refusal(startOn(directory, listeners));
    expect(error).toMatchObject({ code: 'LISTENER', exitCode: 1 });
    expect(error.message).toContain(`127.0.0.1:${port} is in use`);
    await other.close();
    await startOn(directory);
  });

  it('given a bad configuration, then the exit code is that of wrong usage', async () => {
    expect(new StartError('CONFIG', 'x').exitCode).toBe(2);
    const config = BrokerConfig.load({ presets: LOOPBACK, overrides: [`log.dirs=${directory}`] });
    const noisy: string[] = [];
    const logger = recordingLogger(noisy);
    const server = await startServer({ config, logger });
    await server.close();
    expect(noisy).toEqual([]);
  });
});

/** The same object, but for one method. */
function intercepted<T extends object, Name extends keyof T>(
  object: T,
  name: Name,
  instead: T[Name] extends (...args: infer Args) => infer Result
    ? (method: (...args: Args) => Result, args: Args) => Result
    : never,
): T {
  return new Proxy(object, {
    get: (target, asked) => {
      const value: unknown = Reflect.get(target, asked, target);
      if (typeof value !== 'function') return value;
      const method = (...args: never[]): unknown => Reflect.apply(value, target, args);
      if (asked !== name) return method;
      return (...args: never[]): unknown =>
        (instead as (...given: unknown[]) => unknown)(method, args);
    },
  });
}

/** Node's platform, with the timers that are set at present. */
function countedTimers(): { platform: Platform; pending: ReadonlySet<Timer> } {
  const node = nodePlatform();
  const pending = new Set<Timer>();
  const set = (delayMs: number, callback: () => void): Timer => {
    const inner = node.timers.set(delayMs, () => {
      pending.delete(timer);
      callback();
    });
    const cancel = (): void => {
      pending.delete(timer);
      inner.cancel();
    };
    const timer = { cancel };
    pending.add(timer);
    return timer;
  };
  const timers: Timers = {
    set,
    sleep: (delayMs, signal) => node.timers.sleep(delayMs, signal),
    yield: (callback) => node.timers.yield(callback),
  };
  return { platform: { ...node, timers }, pending };
}

/** What keeps a process alive, but for the test runner's own turns and timers. */
function resources(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => name !== 'Immediate' && name !== 'Timeout')
    .toSorted();
}

/** Keeps warnings and errors. */
function recordingLogger(lines: string[]): Logger {
  const keep = (message: string): void => void lines.push(message);
  const logger: Logger = {
    debug: () => {},
    info: () => {},
    warn: keep,
    error: keep,
    child: () => logger,
  };
  return logger;
}
