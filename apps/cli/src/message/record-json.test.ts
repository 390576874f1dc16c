import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConsumedMessage, formatMessageJson, parseMessageJson } from './record-json.ts';

const bytes = fc.oneof(
  fc.constant(null),
  fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => Buffer.from(text)),
);
const message: fc.Arbitrary<ConsumedMessage> = fc.record({
  topic: fc.stringMatching(/^[a-zA-Z0-9._-]{1,20}$/),
  partition: fc.nat(),
  offset: fc.maxSafeNat(),
  timestamp: fc.maxSafeNat(),
  key: bytes,
  value: bytes,
  headers: fc.array(fc.tuple(fc.constantFrom('a', 'b', '', 'ä\n"'), bytes), { maxLength: 5 }),
});

describe('a message as a line of JSON', () => {
  it('given any message, when written and read back, then nothing is lost', () => {
    fc.assert(
      fc.property(message, (given) => {
        const line = formatMessageJson(given);
        const { offset: _, ...expected } = given;
        expect(line).not.toContain('\n');
        expect(parseMessageJson(line, 1)).toEqual(expected);
      }),
    );
  });

  it('has this shape', () => {
    const given: ConsumedMessage = {
      topic: 'orders',
      partition: 1,
      offset: 7,
      timestamp: 1_700_000_000_000,
      key: Buffer.from('k'),
      value: Buffer.from([0xff, 0x00]),
      headers: [
        ['trace', Buffer.from('1')],
        ['trace', null],
      ],
    };
    expect(formatMessageJson(given)).toMatchInlineSnapshot(
      `"{"topic":"orders","partition":1,"offset":7,"timestamp":1700000000000,"key":"k","headers":[["trace","1"],["trace",null]],"value":{"base64":"/wA="}}"`,
    );
  });

  it('given a byte order mark, then it survives', () => {
    const given = { ...base, value: Buffer.from('\uFEFFx') };
    expect(parseMessageJson(formatMessageJson(given), 1).value).toEqual(given.value);
  });

  it('given only a value, then all else is left to the producer', () => {
    expect(parseMessageJson('{"value":"v"}', 1)).toEqual({
      topic: undefined,
      partition: undefined,
      timestamp: undefined,
      key: null,
      value: Buffer.from('v'),
      headers: [],
    });
  });

  it.each([
    ['nonsense', 'line 3 is no JSON'],
    ['[1]', 'line 3 is no JSON object'],
    ['{"key":"k"}', 'line 3: "value" is missing'],
    ['{"value":1}', 'line 3: "value" must be a string, null or {"base64": "…"}'],
    ['{"value":{"base64":"§"}}', 'line 3: "value" holds base64 that is not well formed'],
    ['{"value":null,"partition":-1}', 'line 3: "partition" must be a number from 0'],
    ['{"value":null,"timestamp":"now"}', 'line 3: "timestamp" must be milliseconds since 1970'],
    ['{"value":null,"headers":{"a":"b"}}', 'line 3: "headers" must be a list of [key, value]'],
    ['{"value":null,"headers":[["a"]]}', 'line 3: every header must be [key, value]'],
  ])('given %s, then says: %s', (line, expected) => {
    expect(() => parseMessageJson(line, 3)).toThrow(expected);
  });
});

const base: ConsumedMessage = {
  topic: 't',
  partition: 0,
  offset: 0,
  timestamp: 0,
  key: null,
  value: null,
  headers: [],
};
