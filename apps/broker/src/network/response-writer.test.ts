import { fetchResponse } from '@ottla/protocol/messages/fetch';
import type { FetchResponse } from '@ottla/protocol/messages/fetch';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchFrame, heartbeat, settle, TestServer } from '../../test/echo-apis.ts';
import type { RegionChunk, ResponseRegion } from './response-region.ts';

/** Counts what it has lent and not got back. */
class CountingRegion implements ResponseRegion {
  readonly sizeBytes: number;
  lentBytes = 0;
  mostLentBytes = 0;
  releases = 0;
  #given = 0;
  readonly #isAsync: boolean;

  constructor(sizeBytes: number, isAsync: boolean) {
    this.sizeBytes = sizeBytes;
    this.#isAsync = isAsync;
  }

  next(maxBytes: number): RegionChunk | Promise<RegionChunk> {
    const bytes = Buffer.alloc(Math.min(maxBytes, this.sizeBytes - this.#given));
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = (this.#given + at) % 251;
    this.#given += bytes.length;
    this.lentBytes += bytes.length;
    this.mostLentBytes = Math.max(this.mostLentBytes, this.lentBytes);
    const chunk = { bytes, release: () => void (this.lentBytes -= bytes.length) };
    return this.#isAsync ? Promise.resolve(chunk) : chunk;
  }

  release(): void {
    this.releases += 1;
  }
}

function fetchOf(...regions: ResponseRegion[]): FetchResponse {
  return fetchResponse.create({
    responses: [
      {
        topic: 't',
        topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
        partitions: regions.map((records, partitionIndex) => ({
          ...partition,
          partitionIndex,
          records,
        })),
      },
    ],
  });
}

const partition = {
  errorCode: 0,
  highWatermark: 0,
  lastStableOffset: 0,
  logStartOffset: 0,
  abortedTransactions: null,
  preferredReadReplica: -1,
  divergingEpoch: { epoch: -1, endOffset: -1 },
  currentLeader: { leaderId: -1, leaderEpoch: -1 },
  snapshotId: { endOffset: -1, epoch: -1 },
};

const servers: TestServer[] = [];

function serve(...regions: ResponseRegion[]): TestServer {
  const server = new TestServer();
  server.behaviour.fetch = () => fetchOf(...regions);
  servers.push(server);
  return server;
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

describe.each([
  ['at hand', false],
  ['read from a file', true],
])('regions %s', (_where, isAsync) => {
  it('are sent in their places, and given back once', async () => {
    const regions = [1, 70_000, 0, 300_000].map((size) => new CountingRegion(size, isAsync));
    const client = serve(...regions).connect();
    client.send(fetchFrame(1), heartbeat(2));
    await settle(100);
    expect(client.correlationIds).toEqual([1, 2]);
    const bytes = Buffer.alloc(300_000);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = at % 251;
    expect(client.frames[0]!.includes(bytes)).toBe(true);
    expect(regions.map(({ releases, lentBytes }) => [releases, lentBytes])).toEqual(
      regions.map(() => [1, 0]),
    );
  });

  it('hold a few hundred kilobytes when the reader of 50 MB is slow', async () => {
    const region = new CountingRegion(50_000_000, isAsync);
    const server = serve(region);
    const client = server.connect();
    client.send(fetchFrame(1));
    client.connection.pause();
    await settle(50);
    expect(region.mostLentBytes).toBeGreaterThan(0);
    expect(region.mostLentBytes).toBeLessThanOrEqual(512 * 1024);
    for (let turn = 0; turn < 20; turn += 1) {
      client.connection.resume();
      await settle(1);
      client.connection.pause();
      await settle(1);
    }
    expect(client.receivedBytes).toBeGreaterThan(100_000);
    expect(region.mostLentBytes).toBeLessThanOrEqual(512 * 1024);
  });

  it('are given back when the reader goes away in the middle', async () => {
    const region = new CountingRegion(50_000_000, isAsync);
    const second = new CountingRegion(10_000, isAsync);
    const server = serve(region, second);
    const client = server.connect();
    client.send(fetchFrame(1), fetchFrame(2));
    client.connection.pause();
    await settle(50);
    client.connection.destroy();
    await settle(50);
    expect(server.server.sessions.size).toBe(0);
    expect([region.lentBytes, second.lentBytes]).toEqual([0, 0]);
    expect(second.releases).toBe(2);
  });

  it('stop serving one that reads nothing, after connections.max.idle.ms', async () => {
    const region = new CountingRegion(50_000_000, isAsync);
    const server = new TestServer(['connections.max.idle.ms=1000']);
    servers.push(server);
    server.behaviour.fetch = () => fetchOf(region);
    const client = server.connect();
    client.send(fetchFrame(1));
    client.connection.pause();
    await settle(50);
    server.time.advance(3000);
    await settle(50);
    expect(server.server.sessions.size).toBe(0);
    expect(region.lentBytes).toBe(0);
    expect(region.releases).toBe(1);
  });
});

describe('a region that fails', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('disk');
      },
    ],
    ['rejects', () => Promise.reject(new Error('disk'))],
    ['gives nothing', () => ({ bytes: Buffer.alloc(0), release: () => {} })],
    ['gives too much', (max: number) => ({ bytes: Buffer.alloc(max + 1), release: () => {} })],
  ])('and %s ends the connection, for its length is on the wire', async (_how, next) => {
    let releases = 0;
    const server = serve({
      sizeBytes: 5000,
      next: next as ResponseRegion['next'],
      release: () => void (releases += 1),
    });
    const client = server.connect();
    client.send(fetchFrame(1));
    await settle();
    expect(client.isClosed).toBe(true);
    expect(server.lines).toHaveLength(1);
    expect(server.lines[0]).toContain('a response could not be read');
    expect(releases).toBe(1);
  });
});
