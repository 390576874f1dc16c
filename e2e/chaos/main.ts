// `npm run chaos`; usage.ts has its options.
// Runs the schedules one after the other, each on a cluster of its own, prints a verdict a line and writes all as JSON.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { kafkaCluster } from '../src/kafka-cluster.ts';
import { ottlaCluster } from '../src/ottla-cluster.ts';
import { missing } from '../src/toolchain.ts';
import { formatReport, formatTotals, isOttlaClean } from './report.ts';
import { type RunReport, runSchedule } from './run-schedule.ts';
import type { Schedule } from './schedule.ts';
import { SCHEDULES } from './schedules/index.ts';
import { TimeShares } from './time-shares.ts';
import { usage } from './usage.ts';

const MINUTE_MS = 60_000;

interface NotPlayed {
  readonly schedule: string;
  readonly reason: string;
}

const values = parseOptions();
if (values.help) {
  console.log(usage(SCHEDULES));
  process.exit(0);
}

const seed = Number(values.seed ?? Date.now() % 1_000_000);
const kind = values.kafka ? kafkaCluster : ottlaCluster;
const folder = values.histories ?? mkdtempSync(path.join(tmpdir(), 'chaos-'));
const file = values.report ?? path.join(folder, 'report.json');
const wanted = chosen(values.schedule);
const hasJavaLoad = values.java && missing(['java']) === undefined;

const leftOut: NotPlayed[] = [];
const failed: NotPlayed[] = [];
const reports: RunReport[] = [];

const playable = wanted.filter((schedule) => {
  const reason =
    (values.kafka ? schedule.notOnKafka : undefined) ??
    schedule.missing?.() ??
    missing([...(schedule.needs ?? []), ...kind.needs]);
  if (reason === undefined) return true;
  leftOut.push({ schedule: schedule.name, reason });
  console.log(`${schedule.name}: left out, ${reason}`);
  return false;
});
const shares = new TimeShares(Number(values.minutes) * MINUTE_MS, playable.length);
for (const schedule of playable) {
  await play(schedule);
  const all = { seed, cluster: kind.name, leftOut, failed, reports };
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
}
console.log(formatTotals(reports));
for (const { schedule, reason } of leftOut) console.log(`left out: ${schedule}, ${reason}`);
for (const { schedule, reason } of failed) console.log(`not played: ${schedule}, ${reason}`);
console.log(`report: ${file}`);
// What the control has broken is its verdict, not a failure of this run.
process.exitCode = !reports.every(isOttlaClean) ? 1 : failed.length > 0 ? 2 : 0;

function parseOptions() {
  try {
    const { values } = parseArgs({
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        minutes: { type: 'string', default: '60' },
        schedule: { type: 'string' },
        seed: { type: 'string' },
        kafka: { type: 'boolean', default: false },
        java: { type: 'boolean', default: true },
        report: { type: 'string' },
        histories: { type: 'string' },
      },
      allowNegative: true,
    });
    return values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage(SCHEDULES)}`);
    process.exit(2);
  }
}

/** One schedule; that its cluster does not come about must not take the others' turn. */
async function play(schedule: Schedule): Promise<void> {
  try {
    const options = { schedule, kind, seed, hasJavaLoad, folder, share: shares.next() };
    const report = await runSchedule(options);
    shares.closedIn(report.closingMs);
    reports.push(report);
    console.log(formatReport(report));
  } catch (error) {
    const reason = String(error).slice(0, 2_000);
    failed.push({ schedule: schedule.name, reason });
    console.log(`${schedule.name} (${kind.name}): not played, ${reason}`);
  }
}

function chosen(names: string | undefined): readonly Schedule[] {
  if (names === undefined) return SCHEDULES;
  return names.split(',').map((name) => {
    const schedule = SCHEDULES.find((each) => each.name === name);
    if (schedule !== undefined) return schedule;
    console.error(`no schedule ${name}; one of: ${SCHEDULES.map((each) => each.name).join(', ')}`);
    process.exit(2);
  });
}
