import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { compileFormat, FORMAT_VERBS } from './message-format.ts';
import type { ConsumedMessage } from './record-json.ts';

const message: ConsumedMessage = {
  topic: 'orders',
  partition: 2,
  offset: 41,
  timestamp: 1_700_000_000_000,
  key: Buffer.from('k'),
  value: Buffer.from([0xff]),
  headers: [
    ['a', Buffer.from('1')],
    ['a', null],
  ],
};

describe('--format', () => {
  it.each([
    ['%t/%p@%o %k %h %T', 'orders/2@41 k a=1,a=null 1700000000000'],
    ['100%%\\t\\x41\\\\\\n', '100%\tA\\\n'],
    ['ä', 'ä'],
  ])('given %j, then prints %j', (format, expected) => {
    expect(compileFormat(format)(message).toString()).toBe(expected);
  });

  it('given a binary value, then its bytes are printed as they are', () => {
    expect(compileFormat('%v')(message)).toEqual(Buffer.from([0xff]));
  });

  it('given a null value, then prints null', () => {
    expect(compileFormat('%v')({ ...message, value: null }).toString()).toBe('null');
  });

  it('knows every verb that its help lists', () => {
    for (const verb of Object.keys(FORMAT_VERBS))
      expect(() => compileFormat(`%${verb}`)).not.toThrow();
  });

  it.each(['%x', '%', '\\q', '\\'])('given %j, then says what is known', (format) => {
    expect(() => compileFormat(format)).toThrow('unknown');
  });
});
