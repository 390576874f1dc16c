// Frames are whole whatever the chunks are, and memory is given back whatever happens.
import fc from 'fast-check';
import { SlabPool } from '@ottla/log';
import { describe, expect, it } from 'vitest';
import { ResponseFrames } from './response-frames.ts';

function framed(body: Uint8Array): Buffer {
  const frame = Buffer.alloc(4 + body.length);
  frame.writeInt32BE(body.length);
  frame.set(body, 4);
  return frame;
}

describe('the frames of a connection', () => {
  it('given any chunks, are what was sent, and leave no memory held', () => {
    const bodies = fc.array(fc.uint8Array({ minLength: 4, maxLength: 60 }), { maxLength: 8 });
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 50 })), (sent, cuts) => {
        const slabs = new SlabPool({ slabBytes: 256, poison: true });
        const received: Buffer[] = [];
        const frames = new ResponseFrames({
          lease: (sizeBytes) => slabs.lease(sizeBytes),
          sizeBytesMax: 60,
          onFrame: (frame) => {
            received.push(Buffer.from(frame.bytes));
            frame.release();
          },
        });
        let rest = Buffer.concat(sent.map(framed));
        for (const cut of [...cuts, rest.length]) {
          frames.receive(Buffer.from(rest.subarray(0, cut)));
          rest = rest.subarray(cut);
        }
        frames.close();
        expect(received).toEqual(sent.map((body) => Buffer.from(body)));
        expect(slabs.usedBytes).toBeLessThanOrEqual(256);
      }),
    );
  });

  it('given an impossible size, refuse it before anything is allocated', () => {
    for (const sizeBytes of [-1, 3, 61]) {
      const frames = new ResponseFrames({
        lease: () => {
          throw new Error('nothing may be allocated');
        },
        sizeBytesMax: 60,
        onFrame: () => {},
      });
      const prefix = Buffer.alloc(4);
      prefix.writeInt32BE(sizeBytes);
      expect(() => frames.receive(prefix)).toThrow(`an answer of ${sizeBytes} bytes`);
    }
  });
});
