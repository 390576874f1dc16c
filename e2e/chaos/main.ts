// npm run chaos -- [--minutes 60] [--schedule name[,name]] [--seed n] [--kafka] [--no-java] [--report file] [--histories folder]
// Runs the schedules one after the other, each on a cluster of its own, prints a verdict a line and writes all as JSON.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { kafkaCluster } from '../src/kafka-cluster.ts';
import { ottlaCluster } from '../src/ottla-cluster.ts';
import { missing } from '../src/toolchain.ts';
import { formatReport, formatTotals, isClean } from './report.ts';
import { type RunReport, runSchedule } from './run-schedule.ts';
import type { Schedule } from './schedule.ts';
import { SCHEDULES } from './schedules/index.ts';

const SECONDS_MIN = 10;

const { values } = parseArgs({
  options: {
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

const seed = Number(values.seed ?? Date.now() % 1_000_000);
const kind = values.kafka ? kafkaCluster : ottlaCluster;
const folder = values.histories ?? mkdtempSync(path.join(tmpdir(), 'chaos-'));
const file = values.report ?? path.join(folder, 'report.json');
const wanted = chosen(values.schedule);
const seconds = Math.max(SECONDS_MIN, (Number(values.minutes) * 60) / wanted.length);
const hasJavaLoad = values.java && missing(['java']) === undefined;

const reports: RunReport[] = [];
for (const schedule of wanted) {
  const whyNot = schedule.missing?.() ?? missing([...(schedule.needs ?? []), ...kind.needs]);
  if (whyNot !== undefined) {
    console.log(`${schedule.name}: left out, ${whyNot}`);
    continue;
  }
  const report = await runSchedule({ schedule, kind, seconds, seed, hasJavaLoad, folder });
  reports.push(report);
  console.log(formatReport(report));
  writeFileSync(file, `${JSON.stringify({ seed, cluster: kind.name, reports }, null, 2)}\n`);
}
console.log(formatTotals(reports));
console.log(`report: ${file}`);
process.exitCode = reports.every(isClean) ? 0 : 1;

function chosen(names: string | undefined): readonly Schedule[] {
  if (names === undefined) return SCHEDULES;
  return names.split(',').map((name) => {
    const schedule = SCHEDULES.find((each) => each.name === name);
    if (schedule === undefined)
      throw new Error(
        `no schedule ${name}; one of: ${SCHEDULES.map((each) => each.name).join(', ')}`,
      );
    return schedule;
  });
}
