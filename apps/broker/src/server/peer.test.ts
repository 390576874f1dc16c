// Talking to another server: versions, time limits, lost connections, bounds.
import { type Connection, NetError } from '@ottla/platform';
import { ApiKey, ErrorCode } from '@ottla/protocol';
import { voteRequest, voteResponse } from '@ottla/protocol/messages/vote';
import type { Voter } from '@ottla/raft';
import { describe, expect, it } from 'vitest';
import { ScriptedServer } from '../../test/scripted-server.ts';
import { VirtualTime } from '../../test/virtual-time.ts';
import { NetRaftTransport } from './net-raft-transport.ts';
import { Peer } from './peer.ts';

const TIMEOUT_MS = 1_000;

function setUp(versions: Readonly<Record<number, number>> = { [ApiKey.Vote]: 2 }) {
  const server = new ScriptedServer(versions);
  const time = new VirtualTime();
  const platform = { timers: time };
  const peer = new Peer({
    platform,
    clientId: 'test',
    connect: server.connect,
    responseBytesMax: 1_000,
  });
  const vote = () =>
    peer.request(voteRequest, voteResponse, voteRequest.create(), { timeoutMs: TIMEOUT_MS });
  return { server, time, peer, vote };
}

describe('another server', () => {
  it.each([
    [1, 1],
    [2, 2],
    [9, 2],
  ])(
    'given that it serves version %d at most, then it is asked in version %d',
    async (theirs, asked) => {
      const { server, vote } = setUp({ [ApiKey.Vote]: theirs });
      server.onRequest = ({ answer }) => answer(voteResponse, voteResponse.create());
      await vote();
      await vote();
      expect(server.requests.map(({ version }) => version)).toEqual([asked, asked]);
      expect(server.connections).toBe(1);
    },
  );

  it('given that it does not serve the request, then nothing is sent', async () => {
    const { server, vote } = setUp({});
    await expect(vote()).rejects.toMatchObject({ code: ErrorCode.UNSUPPORTED_VERSION });
    expect(server.requests).toEqual([]);
  });

  it('given no answer in time, then the connection is given up, and the next request has a new one', async () => {
    const { server, time, vote } = setUp();
    const first = vote();
    const second = vote();
    const outcomes = Promise.allSettled([first, second]);
    await time.pass(TIMEOUT_MS);
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(first).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    server.onRequest = ({ answer }) => answer(voteResponse, voteResponse.create());
    await expect(vote()).resolves.toBeDefined();
    expect(server.connections).toBe(2);
    expect(server.openConnections).toBe(1);
    expect(time.pending).toBe(0);
  });

  // Found by the simulator (seed 1014 of nine brokers): a broker cut off from its controller answered UNKNOWN_SERVER_ERROR.
  it('given that no connection comes about, then a request that has more time than that hears of a failed way', async () => {
    const { server, time, peer } = setUp();
    server.isSlow = true;
    const request = voteRequest.create();
    const asked = peer.request(voteRequest, voteResponse, request, { timeoutMs: 60_000 });
    const outcome = expect(asked).rejects.toBeInstanceOf(NetError);
    await time.pass(10_000);
    await outcome;
    expect(time.pending).toBe(0);
  });

  it('given that connecting takes longer than a request may, then the next one finds the connection, and what was given up is not sent', async () => {
    const { server, time, vote } = setUp();
    server.isSlow = true;
    const outcome = expect(vote()).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await time.pass(TIMEOUT_MS);
    await outcome;
    const next = vote();
    server.onRequest = ({ answer }) => answer(voteResponse, voteResponse.create());
    server.finishConnecting();
    await expect(next).resolves.toBeDefined();
    expect(server.connections).toBe(1);
    expect(server.requests).toHaveLength(1);
    expect(time.pending).toBe(0);
  });

  it('given that connecting takes far too long, then it is given up as well', async () => {
    const { server, time, vote } = setUp();
    server.isSlow = true;
    const outcome = expect(vote()).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await time.pass(3 * TIMEOUT_MS);
    await outcome;
    server.isSlow = false;
    server.onRequest = ({ answer }) => answer(voteResponse, voteResponse.create());
    await expect(vote()).resolves.toBeDefined();
    expect(server.connections).toBe(2);
  });

  it('given that it is down, then the request fails at once, and the next one connects again', async () => {
    const { server, vote } = setUp();
    server.isDown = true;
    await expect(vote()).rejects.toThrow(NetError);
    server.isDown = false;
    server.onRequest = ({ answer }) => answer(voteResponse, voteResponse.create());
    await expect(vote()).resolves.toBeDefined();
  });

  it('given a lost connection, then whoever waits hears of it', async () => {
    const { server, vote } = setUp();
    server.onRequest = () => server.cut();
    await expect(vote()).rejects.toThrow(NetError);
  });

  it.each([
    ['larger than the bound', Buffer.alloc(1_001)],
    ['without a correlation id', Buffer.alloc(2)],
    ['to no request', Buffer.alloc(8, 0x7f)],
  ])('given an answer %s, then the connection is cut', async (_what, bytes) => {
    const { server, time, vote } = setUp();
    server.onRequest = ({ answerRaw }) => answerRaw(bytes);
    await expect(vote()).rejects.toThrow(/answer|frame|bytes/);
    await time.pass(10);
    expect(server.openConnections).toBe(0);
  });

  it('given that this side is closed, then nothing waits and nothing is sent', async () => {
    const { server, peer, vote } = setUp();
    const waiting = vote();
    server.onRequest = () => peer.close();
    await expect(waiting).rejects.toThrow(NetError);
    await expect(vote()).rejects.toThrow(NetError);
    expect(server.connections).toBe(1);
  });
});

describe('the way between controllers', () => {
  const kind = { request: voteRequest, response: voteResponse };

  function setUpWay(connect: () => Promise<Connection>, setupTimeoutMs: number) {
    const time = new VirtualTime();
    const transport = new NetRaftTransport({
      platform: {
        timers: time,
        net: {
          connect,
          listen: () => Promise.reject(new Error('nothing to listen on')),
          pipe: () => {
            throw new Error('no pipes');
          },
        },
      },
      clientId: 'test',
      listenerName: 'CONTROLLER',
      setupTimeoutMs,
    });
    const send = (...endpoints: Voter['endpoints']) =>
      transport.send(
        { id: 2, directoryId: 'AAAAAAAAAAAAAAAAAAAAAA', endpoints },
        kind,
        voteRequest.create(),
        TIMEOUT_MS,
      );
    return { time, transport, send };
  }

  it('given a voter whose place is not known, then sending to it fails', async () => {
    const nowhere = () => Promise.reject(new Error('nothing to connect to'));
    const { transport, send } = setUpWay(nowhere, 100);
    await expect(send()).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
    transport.close();
  });

  it.each([
    ['shorter than', 60_000, 1],
    ['longer than', 5_000, 2],
  ])(
    'given a connection that takes %s the configured time, then the next request finds it, or another is made',
    async (_what, setupTimeoutMs, connections) => {
      const server = new ScriptedServer({ [ApiKey.Vote]: 2 });
      server.onRequest = ({ answer }) => answer(voteResponse, voteResponse.create());
      const slow = Promise.withResolvers<void>();
      let attempts = 0;
      const connect = async (): Promise<Connection> => {
        attempts++;
        await slow.promise;
        return server.connect(new AbortController().signal);
      };
      const { time, transport, send } = setUpWay(connect, setupTimeoutMs);
      const there = { name: 'CONTROLLER', host: 'there', port: 1 };
      const late = expect(send(there)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      await time.pass(10_000);
      await late;

      const next = send(there);
      slow.resolve();
      await expect(next).resolves.toBeDefined();
      expect(attempts).toBe(connections);
      transport.close();
    },
  );
});
