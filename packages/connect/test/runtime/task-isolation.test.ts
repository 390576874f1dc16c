import { describe, expect, it } from 'vitest';
import { parseWorkerConfig } from '../../src/runtime/config/worker-config.ts';

const REQUIRED = {
  'bootstrap.servers': '127.0.0.1:9092',
  'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'offset.storage.file.filename': 'offsets',
};

describe('where connectors run', () => {
  it.each([
    ['nothing', {}, { kind: 'thread', youngBytesMax: 6_291_456 }],
    [
      'limits of the heap',
      {
        'ottla.connector.heap.max.bytes': '268435456',
        'ottla.connector.young.heap.max.bytes': '16777216',
      },
      { kind: 'thread', heapBytesMax: 268_435_456, youngBytesMax: 16_777_216 },
    ],
    [
      'inline, which has no heap of its own',
      { 'ottla.task.isolation': 'INLINE' },
      { kind: 'inline' },
    ],
  ])('given %s, when the worker’s configuration is read, then that is how', (_what, keys, how) => {
    expect(parseWorkerConfig({ ...REQUIRED, ...keys }).isolation).toEqual(how);
  });
});
