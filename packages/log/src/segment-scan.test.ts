// A scan of a log never holds the event loop for long: between two reads it visits a bounded amount. Counted, not timed.
import type { DiskFile } from '@ottla/platform';
import { memoryDisk } from '@ottla/platform';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { scanBatches, type ScanEnd, VERIFY_WINDOW_BYTES } from './segment-scan.ts';

function batch(baseOffset: number, valueBytes: number): Buffer {
  const builder = new RecordBatchBuilder({ baseOffset });
  builder.append(1, null, Buffer.alloc(valueBytes));
  return Buffer.from(builder.build());
}

async function fileOf(bytes: Buffer): Promise<DiskFile> {
  const disk = memoryDisk();
  await disk.replaceFile('/log', bytes);
  return disk.open('/log', 'read');
}

/** Scans all of it and notes what was visited between two reads. */
async function scan(bytes: Buffer, verify: boolean) {
  const file = await fileOf(bytes);
  const offsets: number[] = [];
  const visited = [0];
  const watched: DiskFile = Object.create(file, {
    read: {
      value: (target: Uint8Array, position: number) => {
        visited.push(0);
        return file.read(target, position);
      },
    },
  }) as DiskFile;
  const end: ScanEnd = await scanBatches(
    watched,
    { from: 0, to: bytes.length, verify },
    (header) => {
      offsets.push(header.baseOffset);
      visited[visited.length - 1]! += header.sizeInBytes;
    },
  );
  return { end, offsets, mostBetweenReads: Math.max(...visited) };
}

describe('scanBatches', () => {
  it('given a megabyte of the smallest batches, then all are visited, a window between two reads', async () => {
    const bytes = Buffer.concat(Array.from({ length: 15_000 }, (_, n) => batch(n, 0)));
    const { end, offsets, mostBetweenReads } = await scan(bytes, true);
    expect(end).toEqual({ position: bytes.length, reason: 'end' });
    expect(offsets).toEqual(Array.from({ length: 15_000 }, (_, n) => n));
    expect(mostBetweenReads).toBeLessThanOrEqual(VERIFY_WINDOW_BYTES);
  });

  it('given batches larger than a window, then each is read whole where sums are checked', async () => {
    const sizes = [10, VERIFY_WINDOW_BYTES * 3, 20, VERIFY_WINDOW_BYTES - 100, 30];
    const bytes = Buffer.concat(sizes.map((size, n) => batch(n, size)));
    for (const verify of [true, false])
      expect((await scan(bytes, verify)).offsets).toEqual([0, 1, 2, 3, 4]);
  });

  it('given an end anywhere inside the last batch, then it is damaged from its start on', async () => {
    const whole = Buffer.concat([batch(0, 50), batch(1, 50)]);
    const first = batch(0, 50).length;
    for (let length = first + 1; length < whole.length; length += 1)
      for (const verify of [true, false])
        expect((await scan(whole.subarray(0, length), verify)).end).toMatchObject({
          position: first,
          reason: 'damaged',
        });
  });
});
