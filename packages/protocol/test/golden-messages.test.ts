import { describe, expect, it } from 'vitest';
import { allMessages } from '../src/gen/all-messages.ts';
import { Reader, Writer } from '../src/index.ts';
import type { MessageCodec } from '../src/index.ts';
import type { GoldenLine } from './golden-corpus.ts';
import { expectedOf, readGolden, readModels } from './golden-corpus.ts';

const models = await readModels();
const codecs = new Map(allMessages.map((codec) => [codec.name, codec]));
const byMessage = Map.groupBy(readGolden(), (line) => line.message);

function written(codec: MessageCodec<unknown>, value: unknown, version: number): Buffer {
  const writer = new Writer(codec.size(value, version) - (codec.spliced?.(value) ?? 0));
  codec.encode(writer, value, version);
  return Buffer.concat(writer.finish().map((segment) => segment as Buffer));
}

function title({ version, variant }: GoldenLine): string {
  return `version ${version}, ${variant}`;
}

describe('golden bytes of Kafka 4.3.1', () => {
  it('given all schemas, then every version of each has golden bytes', () => {
    for (const codec of allMessages)
      for (let version = codec.minVersion; version <= codec.maxVersion; version += 1) {
        const lines = byMessage.get(codec.name) ?? [];
        expect(
          lines.some((line) => line.version === version),
          `${codec.name} version ${version}`,
        ).toBe(true);
      }
    expect([...byMessage.keys()].filter((name) => !codecs.has(name))).toEqual([]);
  });

  it.each([...byMessage.keys()])('given %s, then both directions agree with Kafka', (name) => {
    const codec = codecs.get(name)!;
    for (const line of byMessage.get(name)!) {
      const { value, hex } = expectedOf(line, models.get(name)!);
      const frame = Buffer.from(hex, 'hex');
      const reader = new Reader(frame);
      expect(codec.decode(reader, line.version), `decode ${title(line)}`).toEqual(value);
      expect(reader.remaining, `bytes left, ${title(line)}`).toBe(0);
      expect(codec.size(value, line.version), `size ${title(line)}`).toBe(frame.length);
      expect(written(codec, value, line.version).toString('hex'), `encode ${title(line)}`).toBe(
        hex,
      );
    }
  });

  it.each([...byMessage.keys()])(
    'given %s with an int64 beyond 2^53-1, then it is refused',
    (name) => {
      const codec = codecs.get(name)!;
      for (const line of byMessage.get(name)!) {
        if (!expectedOf(line, models.get(name)!).cut) continue;
        const reader = new Reader(Buffer.from(line.hex, 'hex'));
        expect(() => codec.decode(reader, line.version)).toThrow(
          expect.objectContaining({ name: 'ProtocolError', code: 'OUT_OF_RANGE' }),
        );
      }
    },
  );
});
