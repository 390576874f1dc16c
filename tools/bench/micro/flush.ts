// What `flush.messages=1` costs on this machine's real disk: appends to six logs at once, without a sync, and with one before
// each acknowledgement (group commit). The difference is paid in CPU by handing work to the thread pool, and in waiting. Run:
//   node --conditions=@ottla/source tools/bench/micro/flush.ts [seconds per line, default 3] [folder, default the system's]
// It asserts nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog, SlabPool } from '@ottla/log';
import { nodePlatform, silentLogger } from '@ottla/platform';
import { RecordBatchBuilder } from '@ottla/protocol/records';

const SECONDS = Number(process.argv[2] ?? 3);
const FOLDER = process.argv[3] ?? os.tmpdir();
const LOGS = 6;
/** Appends of each log that wait for their answers: three producers with five requests each. */
const IN_FLIGHT = 15;
const BATCH_BYTES = 16 * 1024;

function batch(): Buffer {
  const builder = new RecordBatchBuilder();
  const value = Buffer.alloc(1024, 'x');
  for (let bytes = 61; bytes + value.length < BATCH_BYTES; bytes += value.length + 8)
    builder.append(1_700_000_000_000, null, value);
  return Buffer.from(builder.build());
}

/** One append after the other until the time is up. @returns how many */
async function appendUntil(endMs: number, log: PartitionLog, slabs: SlabPool): Promise<number> {
  const bytes = batch();
  let count = 0;
  while (performance.now() < endMs) {
    const lease = slabs.lease(bytes.length);
    bytes.copy(lease.bytes);
    const appended = log.appendAsLeader(lease.bytes, { leaderEpoch: 0, lease });
    lease.release();
    await appended;
    count += 1;
    // What answers in the call itself must let the others have their turn.
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  return count;
}

async function measure(flushMessages: number): Promise<void> {
  const folder = mkdtempSync(path.join(FOLDER, 'flush-'));
  const slabs = new SlabPool();
  const platform = nodePlatform();
  const directory = await LogDirectory.open({
    platform,
    logger: silentLogger,
    path: folder,
    slabs,
  });
  const config = { ...LOG_CONFIG_DEFAULT, flushMessages };
  const logs = await Promise.all(
    Array.from({ length: LOGS }, (_, partition) =>
      directory.openLog({ topic: 'flushed', partition, config }),
    ),
  );
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const endMs = startMs + SECONDS * 1000;
  const counts = await Promise.all(
    logs.flatMap((log) => Array.from({ length: IN_FLIGHT }, () => appendUntil(endMs, log, slabs))),
  );
  const seconds = (performance.now() - startMs) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const appends = counts.reduce((sum, count) => sum + count, 0);
  console.log(
    (flushMessages === Infinity ? 'no sync' : `flush.messages=${flushMessages}`).padEnd(20),
    `${(appends / seconds).toFixed(0)} appends/s`.padStart(18),
    `${((appends * BATCH_BYTES) / 2 ** 20 / seconds).toFixed(0)} MiB/s`.padStart(12),
    `${((cpu.user + cpu.system) / appends).toFixed(1)} µs CPU/append`.padStart(22),
  );
  await directory.close();
  rmSync(folder, { recursive: true });
}

await measure(Infinity);
await measure(1);
