// Kafka's standalone offset file: golden/kafka-standalone.offsets was written by FileOffsetBackingStore of Kafka Connect 4.3.1.
import { readFileSync } from 'node:fs';
import { memoryDisk } from '@ottla/platform';
import { describe, expect, it } from 'vitest';
import { readJavaHashMap, writeJavaHashMap } from '../../src/runtime/offsets/java-hash-map.ts';
import { FileOffsetStore } from '../../src/runtime/offsets/offset-store.ts';
import { offsetEntries, offsetsOf } from '../../src/runtime/offsets/source-offsets.ts';

const GOLDEN = readFileSync(new URL('../golden/kafka-standalone.offsets', import.meta.url));

describe("Kafka's offset file", () => {
  it('given the file that Kafka wrote, when read and written again, then the bytes are the same', () => {
    const entries = readJavaHashMap(GOLDEN);

    expect(entries).toHaveLength(20);
    expect(writeJavaHashMap(entries).equals(GOLDEN)).toBe(true);
  });

  it('given the file, when opened as a store, then the offsets of the connector are found and kept', async () => {
    const disk = memoryDisk();
    await disk.replaceFile('/connect.offsets', GOLDEN);
    const store = await FileOffsetStore.open(disk, '/connect.offsets');

    const before = offsetsOf('local-file', await store.entries());
    expect(before).toContainEqual([{ filename: '/data/file-3.txt' }, { position: 300 }]);
    expect(before).toHaveLength(16);
    await store.set(
      offsetEntries('local-file', [[{ filename: '/data/file-3.txt' }, { position: 7 }]]),
    );
    await store.close();

    const again = await FileOffsetStore.open(disk, '/connect.offsets');
    const after = offsetsOf('local-file', await again.entries());
    expect(after).toContainEqual([{ filename: '/data/file-3.txt' }, { position: 7 }]);
    expect(after).toHaveLength(16);
  });

  it.each([
    ['text', Buffer.from('{"offsets":1}')],
    ['a cut file', GOLDEN.subarray(0, 100)],
    ['another object of Java', Buffer.from('aced00057372000d6a6176612e7574696c2e536574', 'hex')],
  ])('given %s, when read, then the error says that it is no offset file', (_what, bytes) => {
    expect(() => readJavaHashMap(bytes)).toThrow('no offset file of Kafka Connect');
  });
});
