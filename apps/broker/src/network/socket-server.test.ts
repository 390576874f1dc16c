import { nodePlatform, silentLogger } from '@ottla/platform';
import { ApiKey } from '@ottla/protocol';
import { heartbeatRequest, heartbeatResponse } from '@ottla/protocol/messages/heartbeat';
import { afterEach, describe, expect, it } from 'vitest';
import { heartbeat, TestClient } from '../../test/echo-apis.ts';
import { BrokerConfig } from '../config/broker-config.ts';
import { registerNetworkMetrics } from '../metrics/bounds.ts';
import { BrokerMetrics } from '../metrics/broker-metrics.ts';
import { TimerWheel } from '../purgatory/timer-wheel.ts';
import { RequestPipeline } from './request-pipeline.ts';
import { SocketServer } from './socket-server.ts';

const platform = nodePlatform();
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function listen(...overrides: string[]) {
  const metrics = new BrokerMetrics();
  const wheel = new TimerWheel({ clock: platform.clock, timers: platform.timers });
  const lines: string[] = [];
  const logger = { ...silentLogger, warn: (line: string) => void lines.push(line) };
  const load = () =>
    Promise.resolve({
      createHandler: () => ({
        request: heartbeatRequest,
        response: heartbeatResponse,
        handle: () => heartbeatResponse.create(),
        errorResponse: () => heartbeatResponse.create(),
      }),
    });
  const pipeline = new RequestPipeline({
    services: {},
    table: new Map([[ApiKey.Heartbeat, load]]),
    logger,
    metrics,
  });
  const server = new SocketServer({
    platform,
    config: BrokerConfig.load({ overrides: ['listeners=PLAINTEXT://127.0.0.1:0', ...overrides] }),
    logger,
    metrics,
    wheel,
    pipelines: { broker: pipeline, controller: pipeline },
  });
  closers.push(async () => {
    await server.close();
    wheel.close();
  });
  await server.start();
  return { server, metrics, lines, connect: () => connectTo(server.bound('PLAINTEXT')!.port) };
}

async function connectTo(port: number): Promise<TestClient> {
  const client = new TestClient(await platform.net.connect({ host: '127.0.0.1', port }));
  closers.push(async () => client.connection.destroy());
  return client;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => platform.timers.yield(resolve));
}

describe('SocketServer on real sockets', () => {
  it('serves all listeners, and advertises the ports that the system chose', async () => {
    const { server } = await listen(
      'listeners=IN://127.0.0.1:0,OUT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
      'listener.security.protocol.map=IN:PLAINTEXT,OUT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    );
    for (const name of ['IN', 'OUT', 'CONTROLLER']) {
      const client = await connectTo(server.bound(name)!.port);
      client.send(heartbeat(1), heartbeat(2));
      await until(() => client.frames.length === 2);
      expect(client.correlationIds).toEqual([1, 2]);
    }
    expect(server.advertised().map(({ port }) => port)).toEqual([
      server.bound('IN')!.port,
      server.bound('OUT')!.port,
    ]);
    expect(server.controllerEndPoints()[0]!.port).toBe(server.bound('CONTROLLER')!.port);
  });

  it('refuses connections above max.connections.per.ip, with one line, and takes new ones when old ones end', async () => {
    const { lines, connect, server } = await listen('max.connections.per.ip=2');
    const [first] = [await connect(), await connect()];
    await until(() => server.sessions.size === 2);
    const third = await connect();
    await until(() => third.isClosed);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('max.connections.per.ip=2 is reached');
    first.connection.destroy();
    await until(() => server.sessions.size === 1);
    const fourth = await connect();
    fourth.send(heartbeat(4));
    await until(() => fourth.frames.length === 1);
  });

  it('refuses connections above max.connections, and lets an address have its own limit', async () => {
    const { lines, connect, server } = await listen(
      'max.connections=1',
      'max.connections.per.ip=0',
      'max.connections.per.ip.overrides=127.0.0.1:5',
    );
    await connect();
    await until(() => server.sessions.size === 1);
    const second = await connect();
    await until(() => second.isClosed);
    expect(lines[0]).toContain('max.connections=1 is reached');
  });

  const THREE_LISTENERS = [
    'listeners=IN://127.0.0.1:0,OUT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
    'listener.security.protocol.map=IN:PLAINTEXT,OUT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name=IN',
  ];

  it('given clients that have taken all of max.connections, when brokers and controllers connect to their own listeners, then they are served', async () => {
    const { server, lines } = await listen(...THREE_LISTENERS, 'max.connections=1');
    const connect = (name: string) => connectTo(server.bound(name)!.port);
    await connect('OUT');
    await until(() => server.sessions.size === 1);
    for (const name of ['IN', 'CONTROLLER']) {
      const client = await connect(name);
      client.send(heartbeat(1));
      await until(() => client.frames.length === 1);
    }
    const second = await connect('OUT');
    await until(() => second.isClosed);
    const third = await connect('IN');
    await until(() => third.isClosed);
    expect(lines.map((line) => line.replace(/^.*: /, ''))).toEqual([
      'max.connections=1 is reached',
      'max.connections=1 of listener IN is reached',
    ]);
  });

  it('given a listener with a max.connections of its own, when it has so many, then others still take more', async () => {
    const { server, lines } = await listen(
      ...THREE_LISTENERS,
      'listener.name.out.max.connections=1',
    );
    const connect = (name: string) => connectTo(server.bound(name)!.port);
    const first = await connect('OUT');
    await until(() => server.sessions.size === 1);
    const second = await connect('OUT');
    await until(() => second.isClosed);
    expect(lines[0]).toContain('max.connections=1 of listener OUT is reached');
    const other = await connect('IN');
    other.send(heartbeat(1));
    await until(() => other.frames.length === 1);
    first.connection.destroy();
    await until(() => server.sessions.size === 1);
    const third = await connect('OUT');
    third.send(heartbeat(2));
    await until(() => third.frames.length === 1);
  });

  it('given a port in use, fails with its code and leaves no listener open', async () => {
    const { server } = await listen();
    const { port } = server.bound('PLAINTEXT')!;
    await expect(listen(`listeners=PLAINTEXT://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  it('warns about a listener that leaves loopback', async () => {
    const { lines } = await listen(
      'listeners=PLAINTEXT://:0',
      'advertised.listeners=PLAINTEXT://127.0.0.1:9092',
    );
    expect(lines.some((line) => line.includes('without authentication'))).toBe(true);
  });

  it('counts what it serves', async () => {
    const { connect, metrics, server } = await listen();
    registerNetworkMetrics(metrics, server);
    const client = await connect();
    client.send(heartbeat(1));
    await until(() => client.frames.length === 1);
    await until(() => [...server.sessions].every(({ requestsInFlight }) => requestsInFlight === 0));
    const text = await metrics.text();
    expect(text).toContain('ottla_requests_total{api="Heartbeat",version="4"} 1');
    expect(text).toContain('ottla_request_seconds_count{api="Heartbeat"} 1');
    expect(text).toContain(
      `ottla_network_received_bytes_total{listener="PLAINTEXT"} ${heartbeat(1).length}`,
    );
    expect(text).toContain(
      `ottla_network_sent_bytes_total{listener="PLAINTEXT"} ${client.receivedBytes}`,
    );
    expect(text).toContain('ottla_connections{listener="PLAINTEXT"} 1');
    expect(text).toContain('ottla_request_memory_bytes 0');
  });
});
