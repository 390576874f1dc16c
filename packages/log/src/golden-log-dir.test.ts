// Kafka's own data directory (see test/golden/README.md): everything in it must read as Kafka wrote it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nodePlatform, silentLogger } from '@ottla/platform';
import { decodeBatches } from '@ottla/protocol/records';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type LogRegion, type PartitionLog } from './index.ts';

interface ExpectedFile {
  readonly file: string;
  readonly bytes: number;
  readonly batches: readonly {
    baseOffset: number;
    lastOffset: number;
    sizeInBytes: number;
    partitionLeaderEpoch: number;
  }[];
}

const golden = path.join(import.meta.dirname, '../test/golden');
const expected = readFileSync(path.join(golden, 'expected-batches.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as ExpectedFile);
const names = [
  ...new Set(expected.filter((e) => e.file.endsWith('.log')).map((e) => path.dirname(e.file))),
];

let folder = '';
let directory: LogDirectory;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'ottla-log-'));
  execFileSync('tar', ['xzf', path.join(golden, 'log-dir.tar.gz'), '-C', folder]);
  directory = await LogDirectory.open({
    platform: nodePlatform(),
    logger: silentLogger,
    path: path.join(folder, 'log-dir'),
  });
});

afterAll(async () => {
  await directory.close();
  rmSync(folder, { recursive: true });
});

async function bytesOf(region: LogRegion): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let size = 0; size < region.sizeBytes;) {
    const chunk = await region.next(1 << 20);
    parts.push(Buffer.from(chunk.bytes));
    size += chunk.bytes.length;
    chunk.release();
  }
  region.release();
  return Buffer.concat(parts);
}

async function batchesOf(
  log: PartitionLog,
): Promise<{ baseOffset: number; sizeInBytes: number }[]> {
  const found: { baseOffset: number; sizeInBytes: number }[] = [];
  let offset = log.logStartOffset;
  while (offset < log.logEndOffset) {
    const region = await log.read({
      offset,
      maxBytes: 1 << 20,
      endOffset: Infinity,
      minOneBatch: true,
    });
    if (region.sizeBytes === 0) break;
    for (const batch of decodeBatches(await bytesOf(region), { verifyCrc: true })) {
      found.push({ baseOffset: batch.baseOffset, sizeInBytes: batch.sizeInBytes });
      offset = batch.nextOffset;
    }
  }
  return found;
}

function openGolden(name: string): Promise<PartitionLog> {
  const dash = name.lastIndexOf('-');
  return directory.openLog({
    topic: name.slice(0, dash),
    partition: Number(name.slice(dash + 1)),
    config: LOG_CONFIG_DEFAULT,
  });
}

describe('a data directory that Kafka 4.3.1 wrote', () => {
  it('when opened, then it is recognised as clean, with its identity', () => {
    expect(directory.wasClean).toBe(true);
    expect(directory.meta?.nodeId).toBe(1);
  });

  it.each(names)(
    'when %s is read, then every batch above the log start comes back',
    async (name) => {
      const log = await openGolden(name);
      const files = expected.filter(
        (e) => path.dirname(e.file) === name && e.file.endsWith('.log'),
      );
      const wanted = files
        .flatMap((file) => file.batches)
        .filter((batch) => batch.lastOffset >= log.logStartOffset)
        .map(({ baseOffset, sizeInBytes }) => ({ baseOffset, sizeInBytes }));
      expect(await batchesOf(log)).toEqual(wanted);
      expect(log.logEndOffset).toBe(files.at(-1)!.batches.at(-1)!.lastOffset + 1);
    },
  );

  it('given golden-0, then its start, epochs, aborted transaction and producers are those that Kafka knew', async () => {
    const log = await openGolden('golden-0');
    expect(log.segmentCount).toBe(5);
    expect(log.logStartOffset).toBeGreaterThan(0);
    expect(log.epochs.entries.length).toBeGreaterThan(0);
    expect(
      (await log.abortedTransactions(log.logStartOffset, log.logEndOffset)).length,
    ).toBeGreaterThan(0);
    expect(log.producers.size).toBeGreaterThan(0);
    expect(log.producers.firstUndecidedOffset).toBeUndefined();
  });
});
