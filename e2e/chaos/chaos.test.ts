// Three minutes of chaos: one run for each way in which a node, a link or a disk lets the others down. The load goes on
// through all of it; nothing acknowledged may be lost, and nothing may come twice, swapped or out of nowhere.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ottlaCluster } from '../src/ottla-cluster.ts';
import { missing } from '../src/toolchain.ts';
import { formatReport, isClean } from './report.ts';
import { runSchedule } from './run-schedule.ts';
import { SCHEDULES } from './schedules/index.ts';

/** A round or two of each; the Java client takes part in the first. */
const CUT = ['kill-controller', 'pause-leader', 'one-way', 'kill-at-write', 'kill-all'];
const SHARE_MS = 36_000;
const SEED = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);

describe('real processes and real faults', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'chaos-test-'));
  it.each(CUT)(`%s: nothing acknowledged is lost (CHAOS_SEED=${SEED})`, async (name) => {
    const schedule = SCHEDULES.find((each) => each.name === name)!;
    if (missing([...(schedule.needs ?? [])]) !== undefined) return;
    const hasJavaLoad = name === CUT[0] && missing(['java']) === undefined;
    const report = await runSchedule({
      schedule,
      kind: ottlaCluster,
      share: { endsAtMs: performance.now() + SHARE_MS, closingMs: SHARE_MS / 3 },
      seed: SEED,
      hasJavaLoad,
      folder,
    });
    console.log(formatReport(report));
    expect(report.verdict.acknowledged).toBeGreaterThan(500);
    expect(isClean(report), formatReport(report)).toBe(true);
  });
});
