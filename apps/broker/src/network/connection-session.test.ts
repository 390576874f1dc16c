import { ApiKey, encodeRequest, ErrorCode, Reader } from '@ottla/protocol';
import { apiVersionsRequest, apiVersionsResponse } from '@ottla/protocol/messages/api-versions';
import { heartbeatResponse } from '@ottla/protocol/messages/heartbeat';
import type { HeartbeatResponse } from '@ottla/protocol/messages/heartbeat';
import { produceRequest } from '@ottla/protocol/messages/produce';
import { afterEach, describe, expect, it } from 'vitest';
import { heartbeat, settle, TestServer } from '../../test/echo-apis.ts';
import { ApiError } from './api-error.ts';

const servers: TestServer[] = [];

function serve(...overrides: string[]): TestServer {
  const server = new TestServer(overrides);
  servers.push(server);
  return server;
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    await server.close();
    expect(server.server.memory.usedBytes, 'request memory after close').toBe(0);
    expect(server.server.buffers.lentBytes, 'frame buffers after close').toBe(0);
    expect(server.time.pending, 'timers after close').toBe(0);
  }
});

function sized(sizeBytes: number, ...rest: Buffer[]): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeInt32BE(sizeBytes | 0);
  return Buffer.concat([prefix, ...rest]);
}

describe('frames', () => {
  it.each([0, 7, -1, -2_147_483_648, 2_147_483_647, 1001])(
    'given a length of %i where 1000 is the most, closes with one line and takes no memory',
    async (sizeBytes) => {
      const server = serve('socket.request.max.bytes=1000');
      const client = server.connect();
      client.send(sized(sizeBytes, Buffer.alloc(64)));
      await settle();
      expect(client.isClosed).toBe(true);
      expect(server.lines).toHaveLength(1);
      expect(server.lines[0]).toContain(`a request of ${sizeBytes} bytes`);
      expect(server.server.memory.usedBytes).toBe(0);
      expect(server.server.buffers.lentBytes + server.server.buffers.idleBytes).toBe(0);
    },
  );

  it('takes a request of exactly the largest size', async () => {
    const frame = heartbeat(7);
    const server = serve(`socket.request.max.bytes=${frame.length - 4}`);
    const client = server.connect();
    client.send(frame);
    await settle();
    expect(client.correlationIds).toEqual([7]);
  });

  it('puts a request together from single bytes', async () => {
    const server = serve();
    const client = server.connect();
    const frame = Buffer.concat([heartbeat(1), heartbeat(2)]);
    for (let at = 0; at < frame.length; at += 1) client.send(frame.subarray(at, at + 1));
    await settle();
    expect(client.correlationIds).toEqual([1, 2]);
  });

  it.each([
    ['an API that nobody knows', Buffer.from('7fff00000000000100', 'hex'), 'API 32767'],
    [
      'an API that this listener does not serve',
      Buffer.from('00030001000000010000', 'hex'),
      'API Metadata',
    ],
    [
      'a version that is not supported',
      Buffer.from('000c006300000001000000', 'hex'),
      'Heartbeat version 99',
    ],
    ['a body that ends too early', heartbeat(1).subarray(4, 20), 'string'],
  ])('given %s, closes with one line', async (_what, body, line) => {
    const server = serve();
    const client = server.connect();
    client.send(sized(body.length, body));
    await settle();
    expect(client.isClosed).toBe(true);
    expect(server.lines).toHaveLength(1);
    expect(server.lines[0]).toContain(line);
  });

  it('given 20 million tagged fields in a header of ApiVersions 3, refuses cheaply', async () => {
    const server = serve();
    const client = server.connect();
    const header = Buffer.from('0012000300000001ffff', 'hex');
    const count = Buffer.from('80dac409', 'hex');
    client.send(sized(header.length + 4 + 100, header, count, Buffer.alloc(100)));
    await settle();
    expect(client.isClosed).toBe(true);
    expect(server.lines).toHaveLength(1);
  });

  it('given many connections that end in the middle of a frame, keeps neither memory nor timers', async () => {
    const server = serve();
    for (let index = 0; index < 500; index += 1) {
      const client = server.connect();
      client.send(heartbeat(index).subarray(0, index % 30));
      client.connection.destroy();
    }
    await settle();
    expect(server.server.sessions.size).toBe(0);
    expect(server.server.memory.usedBytes).toBe(0);
    expect(server.wheel.size).toBe(0);
  });
});

describe('versions and errors', () => {
  it('answers an ApiVersions request of an unknown version by version 0 with UNSUPPORTED_VERSION and the range', async () => {
    const server = serve();
    const client = server.connect();
    client.send(sized(12, Buffer.from('0012006300000009ffff0000', 'hex')));
    await settle();
    const reader = new Reader(client.frames[0]!, 4);
    expect(client.correlationIds).toEqual([9]);
    expect(apiVersionsResponse.decode(reader, 0)).toMatchObject({
      errorCode: ErrorCode.UNSUPPORTED_VERSION,
      apiKeys: [{ apiKey: ApiKey.ApiVersions, minVersion: 0, maxVersion: 4 }],
    });
  });

  it("notes the client's software, and only words that KIP-511 allows", async () => {
    const server = serve();
    const [good, bad] = [server.connect(), server.connect()];
    const request = (name: string) =>
      encodeRequest(
        apiVersionsRequest,
        3,
        1,
        'c',
        apiVersionsRequest.create({ clientSoftwareName: name, clientSoftwareVersion: '1.2' }),
      );
    good.send(...request('apache-kafka-java'));
    bad.send(...request('a\nb'));
    await settle();
    expect([...server.server.sessions].map(({ clientSoftwareName }) => clientSoftwareName)).toEqual(
      ['apache-kafka-java', 'unknown'],
    );
  });

  it("turns an ApiError into the API's own error response", async () => {
    const server = serve();
    server.behaviour.heartbeat = () => Promise.reject(new ApiError(ErrorCode.UNKNOWN_MEMBER_ID));
    const client = server.connect();
    client.send(heartbeat(1));
    await settle();
    expect(heartbeatResponse.decode(new Reader(client.frames[0]!, 5), 4).errorCode).toBe(
      ErrorCode.UNKNOWN_MEMBER_ID,
    );
    expect(await server.metrics.text()).toContain(
      'ottla_request_errors_total{api="Heartbeat",error="UNKNOWN_MEMBER_ID"} 1',
    );
  });

  it('turns any other error into UNKNOWN_SERVER_ERROR and a line, and serves on', async () => {
    const server = serve();
    server.behaviour.heartbeat = () => {
      throw new Error('secret detail');
    };
    const client = server.connect();
    client.send(heartbeat(1), heartbeat(2));
    await settle();
    expect(heartbeatResponse.decode(new Reader(client.frames[0]!, 5), 4).errorCode).toBe(
      ErrorCode.UNKNOWN_SERVER_ERROR,
    );
    expect(client.correlationIds).toEqual([1, 2]);
    expect(server.lines[0]).toContain('Heartbeat version 4 failed');
  });

  it('sends nothing for a request without a response, and goes on', async () => {
    const server = serve();
    const client = server.connect();
    client.send(
      ...encodeRequest(produceRequest, 9, 1, 'c', produceRequest.create({ acks: 0 })),
      heartbeat(2),
    );
    await settle();
    expect(client.correlationIds).toEqual([2]);
  });
});

describe('pipelining', () => {
  it('given 10,000 requests at once, answers all in order with a bounded number in flight', async () => {
    const server = serve('ottla.connection.requests.inflight.max=50');
    let most = 0;
    server.behaviour.heartbeat = async (_context, request) => {
      most = Math.max(
        most,
        ...[...server.server.sessions].map(({ requestsInFlight }) => requestsInFlight),
      );
      if (request.generationId % 7 === 0) await Promise.resolve();
      return heartbeatResponse.create({ throttleTimeMs: request.generationId });
    };
    const client = server.connect();
    client.send(
      Buffer.concat(Array.from({ length: 10_000 }, (_, index) => heartbeat(index, index))),
    );
    for (let turn = 0; turn < 500 && client.frames.length < 10_000; turn += 1) await settle();
    expect(client.correlationIds).toEqual(Array.from({ length: 10_000 }, (_, index) => index));
    expect(most).toBeLessThanOrEqual(50);
  });

  it('starts requests in order and sends answers in order, whichever is ready first', async () => {
    const server = serve();
    const started: number[] = [];
    const answers = new Map<number, (response: HeartbeatResponse) => void>();
    server.behaviour.heartbeat = (_context, request) => {
      started.push(request.generationId);
      return new Promise((resolve) => answers.set(request.generationId, resolve));
    };
    const client = server.connect();
    client.send(heartbeat(1, 1), heartbeat(2, 2), heartbeat(3, 3));
    await settle();
    expect(started).toEqual([1, 2, 3]);
    answers.get(3)!(heartbeatResponse.create());
    answers.get(2)!(heartbeatResponse.create());
    await settle();
    expect(client.correlationIds).toEqual([]);
    answers.get(1)!(heartbeatResponse.create());
    await settle();
    expect(client.correlationIds).toEqual([1, 2, 3]);
  });

  it('pauses a connection whose requests hold too many bytes, and resumes it', async () => {
    const server = serve('ottla.connection.request.bytes.max=40');
    const waiting: (() => void)[] = [];
    server.behaviour.heartbeat = () =>
      new Promise((resolve) => waiting.push(() => resolve(heartbeatResponse.create())));
    const client = server.connect();
    client.send(heartbeat(1), heartbeat(2), heartbeat(3), heartbeat(4));
    await settle();
    expect(waiting.length).toBe(2);
    for (let round = 0; round < 4; round += 1) {
      for (const answer of waiting.splice(0)) answer();
      await settle();
    }
    expect(client.correlationIds).toEqual([1, 2, 3, 4]);
  });

  it('gives the frame back when the answer is settled, and poisons it', async () => {
    const server = serve();
    let bytes: Uint8Array = Buffer.alloc(1);
    server.behaviour.heartbeat = (context) => {
      ({ bytes } = context.frame);
      expect(context.frame.bytes.readInt16BE(0)).toBe(ApiKey.Heartbeat);
      return heartbeatResponse.create();
    };
    server.connect().send(heartbeat(1));
    await settle();
    expect(bytes[0]).toBe(0xdb);
  });
});

describe('a frame that outlives its request', () => {
  it('costs no request memory: a hold of the tail cache is bounded by the tail cache', async () => {
    const server = serve();
    const kept: { release(): void; readonly bytes: Buffer }[] = [];
    server.behaviour.heartbeat = (context) => {
      context.frame.retain();
      kept.push(context.frame);
      return heartbeatResponse.create();
    };
    const client = server.connect();
    client.send(heartbeat(1));
    await settle();
    expect(client.correlationIds).toEqual([1]);
    expect(server.server.memory.usedBytes).toBe(0);
    expect(server.server.buffers.lentBytes).toBeGreaterThan(0);
    expect(kept[0]!.bytes.readInt16BE(0)).toBe(ApiKey.Heartbeat);
    kept[0]!.release();
    expect(server.server.buffers.lentBytes).toBe(0);
  });
});

describe('idleness', () => {
  it('closes a quiet connection without a line', async () => {
    const server = serve('connections.max.idle.ms=1000');
    const client = server.connect();
    client.send(heartbeat(1));
    await settle();
    server.time.advance(999);
    expect(server.server.sessions.size).toBe(1);
    server.time.advance(2);
    await settle();
    expect(client.isClosed).toBe(true);
    expect(server.lines).toEqual([]);
  });

  it('closes one that sends a byte now and then and never finishes a request', async () => {
    const server = serve('connections.max.idle.ms=1000');
    const client = server.connect();
    const frame = heartbeat(1);
    for (let at = 0; at < 12 && !client.isClosed; at += 1) {
      client.send(frame.subarray(at, at + 1));
      await settle(3);
      server.time.advance(100);
    }
    await settle();
    expect(client.isClosed).toBe(true);
    expect(server.lines).toHaveLength(1);
  });

  it('leaves one alone whose request is being handled', async () => {
    const server = serve('connections.max.idle.ms=1000');
    let answer: () => void = () => {};
    server.behaviour.heartbeat = () =>
      new Promise((resolve) => {
        answer = () => resolve(heartbeatResponse.create());
      });
    const client = server.connect();
    client.send(heartbeat(1));
    await settle();
    server.time.advance(10_000);
    await settle();
    expect(client.isClosed).toBe(false);
    answer();
    await settle();
    expect(client.correlationIds).toEqual([1]);
  });
});

describe('a graceful stop', () => {
  it('answers what is in flight and begins nothing new', async () => {
    const server = serve();
    const answers: (() => void)[] = [];
    server.behaviour.heartbeat = () =>
      new Promise((resolve) => answers.push(() => resolve(heartbeatResponse.create())));
    const client = server.connect();
    client.send(heartbeat(1), heartbeat(2));
    await settle();
    const drained = server.server.drain(1000);
    await settle();
    client.send(heartbeat(3));
    await settle();
    expect(answers).toHaveLength(2);
    for (const answer of answers) answer();
    await settle();
    server.time.advance(10);
    expect(await drained).toBe(0);
    expect(client.correlationIds).toEqual([1, 2]);
  });

  it('gives up after its time, and tells how many were left', async () => {
    const server = serve();
    let answer: () => void = () => {};
    server.behaviour.heartbeat = () =>
      new Promise((resolve) => {
        answer = () => resolve(heartbeatResponse.create());
      });
    server.connect().send(heartbeat(1));
    await settle();
    const drained = server.server.drain(20);
    for (let turn = 0; turn < 6; turn += 1) {
      await settle(2);
      server.time.advance(5);
    }
    expect(await drained).toBe(1);
    answer();
    await settle();
  });
});

describe('log lines', () => {
  it('given a storm of invalid connections, writes ten lines a second and the number of the others', async () => {
    const server = serve();
    const attack = async (): Promise<void> => {
      for (let index = 0; index < 100; index += 1) server.connect().send(sized(-1));
      await settle();
    };
    await attack();
    expect(server.lines).toHaveLength(10);
    server.time.advance(1000);
    await attack();
    expect(server.lines).toHaveLength(20);
  });
});
