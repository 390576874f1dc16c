import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { checkLineOptions, type LineOptions, messagesIn } from './messages-in.ts';
import type { MessageToProduce } from './record-json.ts';

async function read(text: string, options: LineOptions): Promise<MessageToProduce[]> {
  const messages: MessageToProduce[] = [];
  for await (const some of messagesIn(once(text), options)) messages.push(...some);
  return messages;
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

describe('messagesIn', () => {
  it('given plain lines, then each is a value', async () => {
    const messages = await read('a\n\nb\n', { key: 'k', header: [['h', '1']], partition: 2 });
    expect(messages.map(({ value }) => value?.toString())).toEqual(['a', '', 'b']);
    expect(messages[0]).toMatchObject({
      key: Buffer.from('k'),
      partition: 2,
      headers: [['h', Buffer.from('1')]],
    });
  });

  it('given a key separator, then cuts at the first and knows nulls', async () => {
    const messages = await read('a::b::c\nx::NULL\n', { keySeparator: '::', nullMarker: 'NULL' });
    expect(messages.map(({ key, value }) => [key?.toString(), value?.toString()])).toEqual([
      ['a', 'b::c'],
      ['x', undefined],
    ]);
    expect(messages[1]!.value).toBeNull();
  });

  it('given a line without the separator, then names it', async () => {
    await expect(read('a:b\nc\n', { keySeparator: ':' })).rejects.toThrow(
      'line 2 has no key separator',
    );
  });

  it('given JSON, then keeps timestamps, and partitions when asked', async () => {
    const line = '{"partition":3,"timestamp":5,"value":"v"}\n\n';
    expect(await read(line, { json: true })).toMatchObject([
      { partition: undefined, timestamp: 5 },
    ]);
    expect(
      await read(line, { json: true, keepPartition: true, keepTimestamp: false }),
    ).toMatchObject([{ partition: 3, timestamp: undefined }]);
  });

  it.each<[string, LineOptions]>([
    ['--key and --key-separator', { key: 'a', keySeparator: ':' }],
    ['--keep-partition needs --json', { keepPartition: true }],
    ['--header and --json', { json: true, header: [['a', 'b']] }],
    ['must not be empty', { keySeparator: '' }],
  ])('refuses %s', (message, options) => {
    expect(() => checkLineOptions(options)).toThrow(message);
  });
});
