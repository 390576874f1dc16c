// One run of one server: start-up, idle memory, every load, latency, memory at the end.
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTopic, startPrepared } from '../../e2e/src/servers.ts';
import type { Contender } from './contender.ts';
import { awaitFirstRecord, consume, latency, type Latencies, produce } from './load.ts';
import { cpuSeconds, peakResidentMiB } from './process-facts.ts';
import { type BenchSettings, caseName } from './settings.ts';

/** One direction of one case. */
export interface Transfer {
  readonly mibPerSecond: number;
  readonly cpuSecondsPerGB: number;
}

export interface RunResult {
  readonly server: Contender['id'];
  /** Of the last minute and 5 and 15 minutes, when the run ended: what else the machine was doing shows here. */
  readonly loadAverage: readonly number[];
  readonly firstAcknowledgedMs: number;
  readonly idleMiB: number;
  readonly loadedMiB: number;
  readonly cases: Readonly<Record<string, { produce: Transfer; consume: Transfer }>>;
  readonly latency: Latencies;
}

/** Starts the server, measures and stops it; its data is removed. */
export async function measure(contender: Contender, settings: BenchSettings): Promise<RunResult> {
  const prepared = await contender.prepare();
  const client = await awaitFirstRecord(settings, `127.0.0.1:${prepared.port}`);
  const spawnedAt = Date.now();
  const server = await startPrepared(prepared);
  try {
    const firstAcknowledgedMs = (await client.acknowledgedAt()) - spawnedAt;
    await sleep(settings.idleSeconds * 1000);
    const idleMiB = peakResidentMiB(server.pid);
    await warmUp(server.bootstrap, settings);
    const cases: Record<string, { produce: Transfer; consume: Transfer }> = {};
    for (const [index, load] of settings.cases.entries()) {
      const topic = `case-${index}`;
      const records = Math.floor((settings.megabytes * 1e6) / load.recordBytes);
      const bytes = records * load.recordBytes;
      await createTopic(server.bootstrap, topic, load.partitions);
      cases[caseName(load)] = {
        produce: await transfer(server.pid, bytes, () =>
          produce(settings, server.bootstrap, topic, load, records),
        ),
        consume: await transfer(server.pid, bytes, () =>
          consume(settings, server.bootstrap, topic, records),
        ),
      };
    }
    await createTopic(server.bootstrap, 'latency', settings.latency.partitions);
    const latencies = await latency(settings, server.bootstrap, 'latency');
    const loadedMiB = peakResidentMiB(server.pid);
    return {
      server: contender.id,
      loadAverage: os.loadavg(),
      firstAcknowledgedMs,
      idleMiB,
      loadedMiB,
      cases,
      latency: latencies,
    };
  } finally {
    await server.stop();
  }
}

async function transfer(
  pid: number,
  bytes: number,
  work: () => Promise<number>,
): Promise<Transfer> {
  const before = cpuSeconds(pid);
  const mibPerSecond = await work();
  return { mibPerSecond, cpuSecondsPerGB: (cpuSeconds(pid) - before) / (bytes / 1e9) };
}

/** Both servers run compiled code after this; a JVM takes longer to get there. */
async function warmUp(bootstrap: string, settings: BenchSettings): Promise<void> {
  const load = { partitions: 4, recordBytes: 1024, batchBytes: 16_384 };
  const records = Math.floor((settings.warmupMegabytes * 1e6) / load.recordBytes);
  await createTopic(bootstrap, 'warm-up', load.partitions);
  await produce(settings, bootstrap, 'warm-up', load, records);
  await consume(settings, bootstrap, 'warm-up', records);
}
