import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bigint64,
  bytes,
  DeserializationError,
  float32,
  float64,
  int16,
  int32,
  int64,
  json,
  type Serde,
  SerializationError,
  string,
  topic,
  uuid,
} from './index.ts';

const at = { topic: 'orders', side: 'value' } as const;
const hex = <T>(serde: Serde<T>, value: T): string =>
  Buffer.from(serde.serialize(value, at)).toString('hex');
const back = <T>(serde: Serde<T>, text: string): T =>
  serde.deserialize(Buffer.from(text, 'hex'), at);

// What Java's serialisers of kafka-clients 4.3.1 write for the same value.
const written: readonly (readonly [Serde<never>, unknown, string])[] = [
  [string() as Serde<never>, 'grüße', '6772c3bcc39f65'],
  [string() as Serde<never>, '', ''],
  [int16() as Serde<never>, -2, 'fffe'],
  [int32() as Serde<never>, 305_419_896, '12345678'],
  [int64() as Serde<never>, 1, '0000000000000001'],
  [int64() as Serde<never>, -1, 'ffffffffffffffff'],
  [int64() as Serde<never>, 2 ** 53 - 1, '001fffffffffffff'],
  [int64() as Serde<never>, -(2 ** 53 - 1), 'ffe0000000000001'],
  [int64() as Serde<never>, -(2 ** 32), 'ffffffff00000000'],
  [bigint64() as Serde<never>, 2n ** 63n - 1n, '7fffffffffffffff'],
  [float32() as Serde<never>, 1.5, '3fc00000'],
  [float64() as Serde<never>, -0.1, 'bfb999999999999a'],
  [
    uuid() as Serde<never>,
    '0f8fad5b-d9cb-469f-a165-70867728950e',
    Buffer.from('0f8fad5b-d9cb-469f-a165-70867728950e').toString('hex'),
  ],
];

describe('serdes', () => {
  it.each(written)('$0.name: $1 is $2 in bytes, both ways', (serde, value, text) => {
    expect(hex(serde, value as never)).toBe(text);
    expect(back(serde, text)).toEqual(value);
  });

  it('numbers: every value of a format survives both ways', () => {
    const safe = fc.maxSafeInteger();
    fc.assert(fc.property(safe, (value) => back(int64(), hex(int64(), value)) === value));
    fc.assert(fc.property(fc.integer(), (value) => back(int32(), hex(int32(), value)) === value));
    fc.assert(
      fc.property(fc.double(), (value) => Object.is(back(float64(), hex(float64(), value)), value)),
    );
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        (value) => back(bigint64(), hex(bigint64(), value)) === value,
      ),
    );
  });

  it('json: what JSON can hold survives both ways', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(back(json(), hex(json(), value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('bytes: what is read is a slice, not a copy', () => {
    const fetched = Buffer.from('abcdef');
    expect(bytes().deserialize(fetched, at)).toBe(fetched);
  });

  it.each([
    ['a long beyond 2^53−1 on the wire', () => back(int64(), '0020000000000000'), /bigint64/],
    ['an int of three bytes', () => back(int32(), '000000'), /has 3 bytes/],
    ['an empty long', () => back(int64(), ''), /has 0 bytes/],
    ['broken JSON', () => back(json(), '7b'), /not JSON/],
    ['a UUID of 35 characters', () => back(uuid(), '61'.repeat(35)), /no UUID/],
    ['broken UTF-8, when strict', () => back(string({ strict: true }), 'ff'), /not UTF-8/],
    [
      'JSON that a check refuses',
      () =>
        back(
          json<number>({
            check: (value) => {
              if (typeof value !== 'number') throw new Error('no number');
              return value;
            },
          }),
          '2261 22'.replace(' ', ''),
        ),
      /another shape/,
    ],
  ])('refuses to read %s', (_, read, message) => {
    expect(read).toThrow(DeserializationError);
    expect(read).toThrow(message);
  });

  it.each([
    ['a long beyond 2^53−1', () => hex(int64(), 2 ** 53)],
    ['a fraction as an integer', () => hex(int32(), 1.5)],
    ['NaN as an integer', () => hex(int64(), Number.NaN)],
    ['a short of 40,000', () => hex(int16(), 40_000)],
    ['a bigint of 65 bits', () => hex(bigint64(), 2n ** 63n)],
    ['an object as text', () => hex(string(), {} as never)],
    ['undefined as JSON', () => hex(json(), undefined)],
    [
      'a circle as JSON',
      () => {
        const circle: { self?: unknown } = {};
        circle.self = circle;
        return hex(json(), circle);
      },
    ],
    ['text as bytes', () => hex(bytes(), 'abc' as never)],
    ['no UUID as one', () => hex(uuid(), 'abc')],
  ])('refuses to write %s', (_, write) => {
    expect(write).toThrow(SerializationError);
  });

  it('a message never shows the value of an object', () => {
    expect(() => hex(string(), { password: 'secret' } as never)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret') }),
    );
  });

  it('a typed topic carries its types', () => {
    const orders = topic('orders', { key: string(), value: json<{ id: number }>() });
    const id: number = back(orders.value, hex(orders.value, { id: 7 })).id;
    expect([orders.name, id]).toEqual(['orders', 7]);
  });
});
