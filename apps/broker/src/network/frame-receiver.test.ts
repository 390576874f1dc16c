import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BufferPool } from '@ottla/log';
import { FrameReceiver } from './frame-receiver.ts';
import { RequestMemory } from './request-memory.ts';

const LARGEST = 300_000;

function setUp(largestFrameBytes = LARGEST) {
  const buffers = new BufferPool({ poison: true });
  const memory = new RequestMemory({
    boundBytes: 4 * 1024 * 1024,
    largestFrameBytes: BufferPool.capacityFor(largestFrameBytes),
    schedule: () => () => {},
  });
  const frames: Buffer[] = [];
  const receiver = new FrameReceiver({
    memory,
    buffers,
    frameBytesMax: largestFrameBytes,
    mayBegin: () => true,
    onFrame: (frame) => {
      frames.push(Buffer.from(frame.lease.bytes));
      frame.done();
    },
  });
  return { buffers, memory, frames, receiver };
}

/** Length and content; each byte tells its place. */
function frameOf(sizeBytes: number): Buffer {
  const frame = Buffer.alloc(4 + sizeBytes);
  frame.writeInt32BE(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 1) frame[4 + at] = (at * 31 + sizeBytes) & 0xff;
  return frame;
}

describe('FrameReceiver', () => {
  it('given frames of any sizes in chunks of any sizes, gives the same frames, and keeps no memory', () => {
    const size = fc.oneof(fc.integer({ min: 8, max: 200 }), fc.integer({ min: 8, max: LARGEST }));
    const cut = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 65_536 }));
    fc.assert(
      fc.property(
        fc.array(size, { minLength: 1, maxLength: 6 }),
        fc.array(cut, { minLength: 1, maxLength: 20 }),
        (sizes, cuts) => {
          const { frames, receiver, memory, buffers } = setUp();
          const sent = sizes.map(frameOf);
          const bytes = Buffer.concat(sent);
          for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
            // Small cuts only at first, or a large frame would take for ever.
            const length = turn < 200 ? cuts[turn % cuts.length]! : 65_536;
            const chunk = Buffer.from(bytes.subarray(at, at + length));
            expect(receiver.receive(chunk)).toEqual({ kind: 'consumed' });
            chunk.fill(0xee);
            at += length;
          }
          expect(frames.length).toBe(sent.length);
          for (const [index, frame] of frames.entries())
            expect(frame.equals(sent[index]!.subarray(4))).toBe(true);
          expect([memory.usedBytes, buffers.lentBytes]).toEqual([0, 0]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('given any bytes at all, ends in one of its three outcomes and never takes more than 32 times of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        const { receiver, buffers } = setUp();
        const { kind } = receiver.receive(Buffer.from(bytes));
        expect(['consumed', 'invalid']).toContain(kind);
        expect(buffers.lentBytes).toBeLessThanOrEqual(Math.max(512, bytes.length * 32 * 1.25));
        receiver.close();
        expect(buffers.lentBytes).toBe(0);
      }),
    );
  });

  it('given a batch of 1 MB and its request around it, then one buffer holds it from the first chunk on', () => {
    const sizeBytes = 1024 * 1024 + 200;
    const { receiver, buffers, frames } = setUp(sizeBytes);
    const bytes = frameOf(sizeBytes);
    receiver.receive(bytes.subarray(0, 65_536));
    expect(buffers.lentBytes).toBe(BufferPool.capacityFor(sizeBytes));
    for (let at = 65_536; at < bytes.length; at += 65_536)
      receiver.receive(bytes.subarray(at, at + 65_536));
    expect(frames).toHaveLength(1);
    expect(buffers.idleBytes).toBe(BufferPool.capacityFor(sizeBytes));
  });
});
