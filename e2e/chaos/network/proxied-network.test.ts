// The proxies do to bytes what they say, and only between whom they say.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { until } from '../../src/processes.ts';
import { partyOf } from './party.ts';
import { ProxiedNetwork } from './proxied-network.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

/** A node that answers each chunk with itself, behind a proxy. */
async function echo(network: ProxiedNetwork, nodeId: number): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push({ close: () => server.close() }, network);
  return network.front(nodeId, 'PLAINTEXT', (server.address() as { port: number }).port);
}

/** As much of a request as says who sends it. */
function firstRequest(clientId: string): Buffer {
  const header = Buffer.alloc(14);
  header.writeInt16BE(clientId.length, 12);
  return Buffer.concat([header, Buffer.from(clientId)]);
}

interface Talk {
  readonly socket: Socket;
  heard: string;
  isClosed: boolean;
}

async function talkTo(port: number): Promise<Talk> {
  const socket = connect(port, '127.0.0.1');
  const talk: Talk = { socket, heard: '', isClosed: false };
  socket.on('data', (bytes: Buffer) => (talk.heard += bytes.toString()));
  socket.on('close', () => (talk.isClosed = true));
  socket.on('error', () => undefined);
  opened.push({ close: () => socket.destroy() });
  await once(socket, 'connect');
  return talk;
}

it('passes bytes on', async () => {
  const talk = await talkTo(await echo(new ProxiedNetwork(), 1));
  talk.socket.write('hello');
  await until('the answer is there', () => talk.heard === 'hello');
});

it('given one way that is held, then bytes wait and arrive in order when it is free again', async () => {
  const network = new ProxiedNetwork();
  const talk = await talkTo(await echo(network, 1));
  network.set(1, 'client', { isHeld: true });
  talk.socket.write('a');
  talk.socket.write('b');
  await sleep(50);
  expect(talk.heard).toBe('');
  network.heal();
  talk.socket.write('c');
  await until('all answers are there', () => talk.heard === 'abc');
});

it('given weather between others, then it does not touch these two', async () => {
  const network = new ProxiedNetwork();
  const talk = await talkTo(await echo(network, 1));
  network.set(2, 1, { isHeld: true });
  network.set('client', 2, { isHeld: true });
  talk.socket.write('hello');
  await until('the answer is there', () => talk.heard === 'hello');
});

it.each(['ottla-raft-2', 'broker-2-fetcher-0', 'raft-client-2', '2'])(
  'tells a node by the client id of its first request: %s',
  async (clientId) => {
    const network = new ProxiedNetwork();
    const talk = await talkTo(await echo(network, 1));
    const request = firstRequest(clientId);
    talk.socket.write(request);
    await until('the answer is there', () => talk.heard.length === request.length);
    network.set(2, 1, { isHeld: true });
    talk.socket.write('b');
    await sleep(50);
    expect(talk.heard).toHaveLength(request.length);
  },
);

it.each(['ottla-producer-2', 'admin-2', 'java-member-2', ''])(
  'takes anybody else for a client: %s',
  (clientId) => expect(partyOf(firstRequest(clientId))).toBe('client'),
);

it('given a trickle, then bytes come one by one', async () => {
  const network = new ProxiedNetwork();
  const talk = await talkTo(await echo(network, 1));
  network.set('client', 1, { trickleMs: 20 });
  const startedMs = performance.now();
  talk.socket.write('0123456789');
  await until('all bytes are there', () => talk.heard === '0123456789');
  expect(performance.now() - startedMs).toBeGreaterThan(150);
});

it('given a delay, then bytes take so long, and no longer for being many', async () => {
  const network = new ProxiedNetwork();
  const talk = await talkTo(await echo(network, 1));
  network.set('client', 1, { delayMs: 100 });
  const startedMs = performance.now();
  for (let turn = 0; turn < 20; turn++) talk.socket.write('x');
  await until('all bytes are there', () => talk.heard.length === 20);
  expect(performance.now() - startedMs).toBeGreaterThan(95);
});

it('given a close while the way is held, then the other side hears of it when it is free', async () => {
  const network = new ProxiedNetwork();
  const port = await echo(network, 1);
  network.set(1, 'client', { isHeld: true });
  const talk = await talkTo(port);
  talk.socket.write('a');
  await sleep(20);
  network.heal();
  await until('the answer is there', () => talk.heard === 'a');
  talk.socket.end();
  await until('both sides are closed', () => talk.isClosed);
});
