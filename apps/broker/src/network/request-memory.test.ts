import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { heartbeat, settle, TestServer } from '../../test/echo-apis.ts';
import type { TestClient } from '../../test/echo-apis.ts';
import { BufferPool } from '@ottla/log';
import type { MemoryClient, Reservation } from './request-memory.ts';
import { RequestMemory } from './request-memory.ts';

const MB = 1024 * 1024;

describe('BufferPool', () => {
  it('wastes at most a quarter, and nothing of the largest', () => {
    for (let size = 600; size < 8 * MB; size = Math.ceil(size * 1.07)) {
      const capacity = BufferPool.capacityFor(size);
      expect(capacity).toBeGreaterThanOrEqual(size);
      expect(capacity).toBeLessThanOrEqual(size * 1.25);
    }
    expect(BufferPool.capacityFor(100 * MB)).toBe(100 * MB);
  });

  it('lends what came back, and keeps no more ready than its bound', () => {
    const buffers = new BufferPool({ idleBytesMax: 2048 });
    const taken = [buffers.take(1000), buffers.take(1000), buffers.take(1000)];
    for (const buffer of taken) buffers.give(buffer);
    expect([buffers.lentBytes, buffers.idleBytes]).toEqual([0, 2048]);
    expect(taken).toContain(buffers.take(1000));
  });
});

describe('RequestMemory', () => {
  // Small 10, stash 40, common 10, express 100.
  const options = { boundBytes: 160, largestFrameBytes: 100, schedule: () => () => {} };

  it('is raised where the largest frame would not fit', () => {
    expect(new RequestMemory({ ...options, boundBytes: 1 }).boundBytes).toBe(146);
  });

  it('given half-received frames that want more than there is, lets one of them finish, then the next', () => {
    const memory = new RequestMemory(options);
    const frames = Array.from({ length: 5 }, () => memory.admit(100_000));
    const grown: number[] = [];
    for (const [index, frame] of frames.entries()) {
      expect(memory.tryGrow(frame, 2)).toBe(true);
      if (memory.tryGrow(frame, 30)) grown.push(index);
    }
    expect(grown).toEqual([0]);
    expect(memory.tryGrow(frames[0]!, 100)).toBe(true);
    expect(memory.tryGrow(frames[1]!, 100)).toBe(false);
    memory.release(frames[0]!);
    expect(memory.tryGrow(frames[1]!, 100)).toBe(true);
  });

  it('given any order of growth and release, keeps its bound, and somebody can always go on', () => {
    const large = fc.array(fc.record({ frame: fc.nat(7), by: fc.integer({ min: 1, max: 60 }) }), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(large, (steps) => {
        const memory = new RequestMemory(options);
        const frames: Reservation[] = Array.from({ length: 8 }, () => memory.admit(100_000));
        for (const { frame, by } of steps) {
          const one = frames[frame]!;
          if (one.bytes + by <= 100) memory.tryGrow(one, one.bytes + by);
          else memory.release(one);
          expect(memory.usedBytes).toBeLessThanOrEqual(160);
        }
        // No deadlock: whatever is held, at least one of the frames can grow to its end, release, and so on for all.
        const unfinished = new Set(frames);
        while (unfinished.size > 0) {
          const next = [...unfinished].find((one) => memory.tryGrow(one, 100));
          expect(next).toBeDefined();
          memory.release(next!);
          unfinished.delete(next!);
        }
        expect(memory.usedBytes).toBe(0);
      }),
    );
  });

  it('wakes those who wait in their order, and those who fail keep their place', () => {
    const memory = new RequestMemory({ ...options, boundBytes: 146 });
    const held = memory.admit(100_000);
    expect(memory.tryGrow(held, 100)).toBe(true);
    const woken: string[] = [];
    const client = (name: string): MemoryClient => {
      const frame = memory.admit(100_000);
      const self: MemoryClient = {
        onMemory: () => {
          woken.push(name);
          if (!memory.tryGrow(frame, 50)) memory.wait(self);
        },
        isTooSlow: () => false,
        abort: () => {},
      };
      memory.wait(self);
      return self;
    };
    client('first');
    client('second');
    memory.release(held);
    expect(woken).toEqual(['first', 'second']);
    expect(memory.waiting).toBe(1);
  });
});

describe('many connections that claim much and send little', () => {
  const servers: TestServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      await server.close();
      expect(server.server.memory.usedBytes).toBe(0);
      expect(server.server.buffers.lentBytes).toBe(0);
      expect(server.time.pending).toBe(0);
    }
  });

  function serve(...overrides: string[]): TestServer {
    const server = new TestServer(overrides);
    servers.push(server);
    return server;
  }

  const claim100MB = (): Buffer => Buffer.from([0x06, 0x40, 0, 0]);

  it('given 1,000 of 100 MB, takes memory for what has arrived and serves others', async () => {
    const server = serve();
    const hostile = Array.from({ length: 1000 }, () => server.connect());
    for (const client of hostile) client.send(claim100MB(), Buffer.alloc(100));
    await settle();
    const { memory, buffers } = server.server;
    expect(buffers.lentBytes).toBeLessThan(2 * MB);
    for (const client of hostile) client.send(Buffer.alloc(5000));
    await settle();
    expect(memory.usedBytes).toBeLessThanOrEqual(memory.boundBytes);
    expect(buffers.lentBytes).toBeLessThanOrEqual(memory.boundBytes);
    const honest = server.connect();
    honest.send(heartbeat(1));
    await settle();
    expect(honest.correlationIds).toEqual([1]);
  });

  it('given that they use the memory up, serves small requests at once, and large ones after the slow were cut', async () => {
    const server = serve('socket.request.max.bytes=1048576', 'queued.max.request.bytes=8388608');
    const hostile = Array.from({ length: 28 }, () => server.connect());
    for (const client of hostile) client.send(Buffer.from([0, 0x10, 0, 0]), Buffer.alloc(100_000));
    await settle();
    expect(server.server.memory.usedBytes).toBeLessThanOrEqual(server.server.memory.boundBytes);
    const [small, large] = [server.connect(), server.connect()];
    small.send(heartbeat(1));
    await settle();
    expect(small.correlationIds).toEqual([1]);

    const frame = largeHeartbeat(900_000);
    large.send(frame);
    await settle(50);
    for (let second = 0; second < 40 && large.frames.length === 0; second += 1) {
      server.time.advance(1000);
      await settle();
    }
    expect(large.correlationIds).toEqual([77]);
    expect(server.server.memory.abortedTotal).toBeGreaterThan(0);
    expect(hostile.some(({ isClosed }) => isClosed)).toBe(true);
  });

  it('never cuts a slow one while nobody waits for its memory', async () => {
    const server = serve();
    const slow = server.connect();
    slow.send(claim100MB(), Buffer.alloc(10));
    await settle();
    server.time.advance(300_000);
    await settle();
    expect(slow.isClosed).toBe(false);
  });

  it('given many honest large requests at once, answers all of them within the bound', async () => {
    const server = serve('socket.request.max.bytes=1048576', 'queued.max.request.bytes=2097152');
    const clients: TestClient[] = Array.from({ length: 12 }, () => server.connect());
    const frame = largeHeartbeat(900_000);
    let most = 0;
    // In turns of 30 KB, so that all are half received at the same time.
    for (let at = 0; at < frame.length; at += 30_000) {
      for (const client of clients) client.send(frame.subarray(at, at + 30_000));
      await settle(2);
      most = Math.max(most, server.server.memory.usedBytes);
    }
    for (let turn = 0; turn < 50 && clients.some(({ frames }) => frames.length === 0); turn += 1)
      await settle();
    expect(clients.map(({ correlationIds }) => correlationIds)).toEqual(clients.map(() => [77]));
    expect(most).toBeLessThanOrEqual(server.server.memory.boundBytes);
  });
});

/** A valid request of about this size: trailing bytes after the body are ignored, as in Kafka. */
function largeHeartbeat(sizeBytes: number): Buffer {
  const frame = Buffer.concat([heartbeat(77), Buffer.alloc(sizeBytes)]);
  frame.writeInt32BE(frame.length - 4, 0);
  return frame;
}
