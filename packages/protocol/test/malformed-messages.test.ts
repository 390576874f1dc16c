// Whatever bytes arrive, decoding ends in a message or in a ProtocolError, and costs no more than the frame's size
// allows (anchors: array counts of 2^30, twenty million tagged fields, truncation, flipped bytes).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allMessages } from '../src/gen/all-messages.ts';
import { decodeRequestHeader, encodeMessage, ProtocolError, Reader, Writer } from '../src/index.ts';
import type { MessageCodec, Tagged } from '../src/index.ts';
import type { StructModel } from '../../../tools/codegen/model.ts';
import { expectedOf, readGolden, readModels } from './golden-corpus.ts';

interface Frame {
  readonly codec: MessageCodec<unknown>;
  readonly version: number;
  readonly bytes: Buffer;
}

const models = await readModels();
const codecs = new Map(allMessages.map((codec) => [codec.name, codec]));
const frames: Frame[] = readGolden().map((line) => ({
  codec: codecs.get(line.message)!,
  version: line.version,
  bytes: Buffer.from(expectedOf(line, models.get(line.message)!).hex, 'hex'),
}));

/** Decodes; returns the message, or undefined for a ProtocolError; any other error goes through. */
function attempt({ codec, version, bytes }: Frame): unknown {
  try {
    return codec.decode(new Reader(bytes), version);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw new Error(`${codec.name} version ${version}: ${bytes.toString('hex')}`, { cause: error });
  }
}

/** Where a length or a count is in a frame, and how it is written. */
interface Length {
  readonly position: number;
  readonly kind: 'string' | 'bytes' | 'array' | 'tags' | 'tagSize';
  readonly compact: boolean;
}

/** Notes every length that it reads. */
class NotingReader extends Reader {
  readonly lengths: Length[] = [];

  override nullableString(compact: boolean): string | null {
    return (this.#note('string', compact), super.nullableString(compact));
  }

  override nullableBytes(compact: boolean) {
    return (this.#note('bytes', compact), super.nullableBytes(compact));
  }

  override nullableArrayLength(compact: boolean, elementBytesMin: number): number {
    return (this.#note('array', compact), super.nullableArrayLength(compact, elementBytesMin));
  }

  override taggedFieldCount(): number {
    return (this.#note('tags', true), super.taggedFieldCount());
  }

  override taggedFieldEnd(): number {
    return (this.#note('tagSize', true), super.taggedFieldEnd());
  }

  #note(kind: Length['kind'], compact: boolean): void {
    this.lengths.push({ position: this.position, kind, compact });
  }
}

function lengthsOf({ codec, version, bytes }: Frame): Length[] {
  const reader = new NotingReader(bytes);
  codec.decode(reader, version);
  return reader.lengths;
}

/** The frame with another value in place of one of its lengths. */
function withLength({ bytes }: Frame, { position, kind, compact }: Length, value: number): Buffer {
  const reader = new Reader(bytes, position);
  const writer = new Writer(5);
  if (compact) {
    reader.uvarint();
    writer.uvarint(kind === 'tags' || kind === 'tagSize' ? value : value + 1);
  } else if (kind === 'string') {
    reader.int16();
    writer.int16(value);
  } else {
    reader.int32();
    writer.int32(value);
  }
  return Buffer.concat([
    bytes.subarray(0, position),
    writer.buffer.subarray(0, writer.position),
    bytes.subarray(reader.position),
  ]);
}

describe('malformed messages', () => {
  it('given golden frames cut at every byte, then each cut is refused', () => {
    const accepted: string[] = [];
    for (const { codec, version, bytes } of frames) {
      const step = bytes.length <= 300 ? 1 : Math.ceil(bytes.length / 100);
      for (let length = 0; length < bytes.length; length += step)
        if (attempt({ codec, version, bytes: bytes.subarray(0, length) }) !== undefined)
          accepted.push(`${codec.name} version ${version} cut at ${length}`);
    }
    expect(accepted).toEqual([]);
  });

  it('given 2^30 in any array count, length or tagged size, then it is refused within small memory', () => {
    const before = process.memoryUsage();
    let lies = 0;
    for (const frame of frames)
      for (const length of lengthsOf(frame)) {
        const huge = length.kind === 'string' && !length.compact ? 0x7fff : 2 ** 30;
        const bytes = withLength(frame, length, huge);
        lies += 1;
        expect(
          attempt({ ...frame, bytes }),
          `${frame.codec.name} ${frame.version}: ${length.kind} at ${length.position}`,
        ).toBeUndefined();
      }
    expect(lies).toBeGreaterThan(10_000);
    const after = process.memoryUsage();
    expect(after.rss - before.rss).toBeLessThan(300_000_000);
  });

  it('given a length that is negative or a little wrong, then nothing but a ProtocolError is raised', () => {
    for (const frame of frames)
      for (const length of lengthsOf(frame))
        for (const value of length.compact ? [0, 1, 2, 3, 130] : [-2, -32768, 0, 1, 2, 3, 130])
          attempt({ ...frame, bytes: withLength(frame, length, value) });
  });

  it('given any frame in place of any other, then nothing but a ProtocolError is raised', () => {
    const few = frames.filter((_, index) => index % 37 === 0);
    for (const { bytes } of few)
      for (const codec of allMessages) attempt({ codec, version: codec.maxVersion, bytes });
  });

  it('given golden frames with bytes changed, then what can be read can be written and read again', () => {
    const change = fc.record({ at: fc.nat(), byte: fc.nat(255) });
    const mutated = fc.record({
      index: fc.nat(frames.length - 1),
      changes: fc.array(change, { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(mutated, ({ index, changes }) => {
        const { codec, version, bytes: golden } = frames[index]!;
        const bytes = Buffer.from(golden);
        if (bytes.length > 0) for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
        const value = attempt({ codec, version, bytes });
        if (value === undefined) return;
        const written = encodeMessage(codec, value, version);
        expect(codec.decode(new Reader(written), version)).toEqual(value);
      }),
      { numRuns: 20_000 },
    );
  });

  it('given random bytes, then nothing but a ProtocolError is raised', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...allMessages),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.uint8Array({ maxLength: 200 }),
        (codec, part, noise) => {
          const version =
            codec.minVersion + Math.round(part * (codec.maxVersion - codec.minVersion));
          attempt({ codec, version, bytes: Buffer.from(noise) });
        },
      ),
      { numRuns: 20_000 },
    );
  });

  it('given twenty million tagged fields in the header of an ApiVersions request, then it is refused at once', () => {
    const prefix = Buffer.from('0012000300000001ffff80dac409', 'hex');
    const frame = Buffer.concat([prefix, Buffer.alloc(40_000_000)]);
    const before = process.memoryUsage().heapUsed;
    expect(() => decodeRequestHeader(new Reader(frame))).toThrow(
      expect.objectContaining({ name: 'ProtocolError', code: 'TOO_LARGE' }),
    );
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
  });

  it('given unknown tagged fields in any struct of any flexible message, then they are written back', () => {
    for (const { codec, version, bytes } of frames) {
      if (version < codec.flexibleFrom) continue;
      const value = codec.decode(new Reader(bytes), version) as Tagged;
      mark(models.get(codec.name)!.struct, value, version);
      const again = codec.decode(new Reader(encodeMessage(codec, value, version)), version);
      expect(again, `${codec.name} ${version}`).toEqual(value);
    }
  });
});

/** Puts an unknown tagged field into every struct that is on the wire in this version. */
function mark(struct: StructModel, value: Tagged, version: number): void {
  value.unknownTaggedFields = [{ tag: 1000, bytes: Buffer.from('x') }];
  for (const { name, type, range } of struct.fields) {
    if (version < range.min || version > range.max) continue;
    const inside = (value as Record<string, unknown>)[name] as Tagged | Tagged[] | null;
    if ((type.kind !== 'struct' && type.kind !== 'structs') || inside === null) continue;
    for (const each of Array.isArray(inside) ? inside : [inside]) mark(type.of, each, version);
  }
}
