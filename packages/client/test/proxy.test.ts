// A real broker behind a real TCP proxy that cuts connections after any number of bytes and holds them up: each record is
// written once and in order. (The simulated net does the same with seeds; here the sockets are the system's.)
import { createServer, connect, type Server, type Socket } from 'node:net';
import { seededRandom } from '@ottla/platform/simulated';
import { startBroker, type TestBroker } from '@ottla/testing';
import { expect, it } from 'vitest';
import { Consumer, Producer } from '../src/index.ts';

const SEED = Number(process.env['PROXY_SEED'] ?? Date.now() % 100_000);
const RECORDS = 1_500;

/** Forwards to a port; unless it is peaceful, each connection is cut after a random number of bytes. */
class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #random = seededRandom(SEED);
  #targetPort = 0;
  isPeaceful = false;
  cuts = 0;

  private constructor() {
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async listen(): Promise<CuttingProxy> {
    const proxy = new CuttingProxy();
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  forwardTo(port: number): void {
    this.#targetPort = port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    const broker = connect(this.#targetPort, '127.0.0.1');
    const cut = (): void => {
      client.destroy();
      broker.destroy();
    };
    for (const socket of [client, broker]) {
      this.#sockets.add(socket);
      socket.on('error', cut);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        cut();
      });
    }
    this.#forward(client, broker, cut);
    this.#forward(broker, client, cut);
  }

  #forward(from: Socket, to: Socket, cut: () => void): void {
    let left = this.isPeaceful ? Infinity : this.#random.below(30_000);
    from.on('data', (chunk: Buffer) => {
      to.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left > 0) return;
      this.cuts += 1;
      // What was passed on still arrives.
      to.end(cut);
      from.destroy();
    });
  }
}

async function brokerBehind(proxy: CuttingProxy): Promise<TestBroker> {
  const reserved = createServer();
  await new Promise<void>((resolve) => reserved.listen(0, '127.0.0.1', resolve));
  const { port } = reserved.address() as { port: number };
  await new Promise((resolve) => reserved.close(resolve));
  // Before the broker starts: it talks to itself where it is advertised.
  proxy.forwardTo(port);
  proxy.isPeaceful = true;
  return startBroker({
    port,
    overrides: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}` },
  });
}

it(`given connections that are cut at any byte, then each record is written once and in order (PROXY_SEED=${SEED})`, async () => {
  const proxy = await CuttingProxy.listen();
  const broker = await brokerBehind(proxy);
  const bootstrapServers = `127.0.0.1:${proxy.port}`;
  await broker.createTopic('cut');
  proxy.isPeaceful = false;
  const producer = new Producer({
    bootstrapServers,
    retryBackoffMs: 5,
    reconnectBackoffMs: 5,
    reconnectBackoffMsMax: 20,
    batchSizeBytes: 2_000,
  });
  const sent: Promise<{ offset: number }>[] = [];
  for (let index = 0; index < RECORDS; index += 1) {
    sent.push(producer.send({ topic: 'cut', value: `${index}`.padEnd(index % 300, '.') }));
    if (index % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const offsets = (await Promise.all(sent)).map(({ offset }) => offset);
  await producer.close();
  const cuts = proxy.cuts;
  proxy.isPeaceful = true;

  const values: number[] = [];
  const consumer = new Consumer({ bootstrapServers, autoOffsetReset: 'earliest' });
  await consumer.assign([{ topic: 'cut', partition: 0 }]);
  for await (const { value } of consumer.records({ signal: AbortSignal.timeout(20_000) })) {
    values.push(parseInt(String(value), 10));
    if (values.length === RECORDS) break;
  }
  await consumer.close();
  await broker.close();
  await proxy.close();
  const inOrder = Array.from({ length: RECORDS }, (_, index) => index);
  expect(values).toEqual(inOrder);
  expect(offsets).toEqual(inOrder);
  expect(cuts).toBeGreaterThan(5);
});
