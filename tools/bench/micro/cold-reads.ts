// What it costs to read a log from its files, chunk by chunk as a socket drains, when the tail cache holds nothing. Run:
//   node --conditions=@ottla/source tools/bench/micro/cold-reads.ts [seconds per line, default 1]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance, PerformanceObserver } from 'node:perf_hooks';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from '@ottla/log';
import { nodePlatform, silentLogger } from '@ottla/platform';
import { RecordBatchBuilder } from '@ottla/protocol/records';

const SECONDS = Number(process.argv[2] ?? 1);
const LOG_BYTES = 64 * 1024 * 1024;
const FETCH_BYTES = 1024 * 1024;
const CHUNK_BYTES = 128 * 1024;

let gcMs = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) gcMs += entry.duration;
}).observe({ entryTypes: ['gc'] });

function batchOf(sizeBytes: number): Buffer {
  const builder = new RecordBatchBuilder({});
  const value = Buffer.alloc(1000, 'x');
  for (let bytes = 61; bytes + 1000 < sizeBytes; bytes += 1008) builder.append(1, null, value);
  return Buffer.from(builder.build());
}

/** One pass over the log by fetches of 1 MB. @returns bytes */
async function readThrough(log: PartitionLog, records: number): Promise<number> {
  let bytes = 0;
  for (let offset = 0; offset < log.logEndOffset;) {
    const region = await log.read({
      offset,
      endOffset: Infinity,
      maxBytes: FETCH_BYTES,
      minOneBatch: true,
    });
    for (let taken = 0; taken < region.sizeBytes;) {
      const chunk = await region.next(Math.min(CHUNK_BYTES, region.sizeBytes - taken));
      taken += chunk.bytes.length;
      chunk.release();
    }
    region.release();
    bytes += region.sizeBytes;
    offset += Math.max(1, Math.floor((region.sizeBytes * records) / log.sizeBytes));
  }
  return bytes;
}

const folder = mkdtempSync(path.join(tmpdir(), 'cold-reads-'));
console.log('batch              CPU s/GB     GB/s   GC s/GB');
for (const sizeBytes of [16_384, 1_000_000]) {
  const directory = await LogDirectory.open({
    platform: nodePlatform(),
    logger: silentLogger,
    path: `${folder}/${sizeBytes}`,
    tailCacheBytes: 0,
  });
  const log = await directory.openLog({
    topic: 'bench',
    partition: 0,
    config: LOG_CONFIG_DEFAULT,
  });
  const batch = batchOf(sizeBytes);
  while (log.sizeBytes < LOG_BYTES)
    await log.appendAsLeader(Buffer.from(batch), { leaderEpoch: 0 });
  await readThrough(log, log.logEndOffset);
  gcMs = 0;
  const before = process.cpuUsage();
  const startMs = performance.now();
  let bytes = 0;
  while (performance.now() - startMs < SECONDS * 1000)
    bytes += await readThrough(log, log.logEndOffset);
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  const figures = [
    (user + system) / 1000 / (bytes / 1e6),
    bytes / 1e9 / seconds,
    gcMs / (bytes / 1e6),
  ];
  console.log(
    `${String(sizeBytes).padEnd(16)} ${figures.map((each) => each.toFixed(3).padStart(9)).join('')}`,
  );
  await directory.close();
}
rmSync(folder, { recursive: true });
