// The committed settings of the bench, and what `--quick` and `--runs` change in them.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** One load: so much data, produced and then consumed. */
export interface BenchCase {
  readonly partitions: number;
  readonly recordBytes: number;
  readonly batchBytes: number;
}

/** See settings.json. */
export interface BenchSettings {
  readonly runs: number;
  /** Value bytes of each case, in MB (10^6). */
  readonly megabytes: number;
  /** Produced and consumed before the first case, not counted. */
  readonly warmupMegabytes: number;
  readonly cases: readonly BenchCase[];
  readonly producer: Readonly<Record<string, string>>;
  readonly latency: {
    readonly partitions: number;
    readonly recordBytes: number;
    readonly recordsPerSecond: number;
    readonly warmupSeconds: number;
    readonly seconds: number;
  };
  /** How long a started server is left alone before its idle memory is read. */
  readonly idleSeconds: number;
  /** What kafka-run-class.sh and kafka-server-start.sh give a broker. */
  readonly kafkaJvm: readonly string[];
  readonly clientJvm: readonly string[];
  /** Broker settings of both. */
  readonly server: Readonly<Record<string, string>>;
}

interface SettingsFile extends BenchSettings {
  readonly quick: {
    readonly runs: number;
    readonly megabytes: number;
    readonly warmupMegabytes: number;
    readonly latencySeconds: number;
    /** Only the cases with so many. */
    readonly partitions: number;
  };
}

/** @throws when `runs` is not a positive whole number */
export function readSettings(options: {
  quick: boolean;
  runs?: string | undefined;
}): BenchSettings {
  const file = path.join(import.meta.dirname, 'settings.json');
  const { quick, ...settings } = JSON.parse(readFileSync(file, 'utf8')) as SettingsFile;
  const { latencySeconds, partitions, ...less } = quick;
  const chosen = options.quick
    ? {
        ...settings,
        ...less,
        cases: settings.cases.filter((one) => one.partitions === partitions),
        latency: { ...settings.latency, seconds: latencySeconds },
      }
    : settings;
  const runs = options.runs === undefined ? chosen.runs : Number(options.runs);
  if (!Number.isInteger(runs) || runs < 1)
    throw new Error(`--runs ${options.runs}: not a positive number`);
  return { ...chosen, runs };
}

/** For example `16 partitions, 1024 B, batch 16 KB`. */
export function caseName({ partitions, recordBytes, batchBytes }: BenchCase): string {
  const batch =
    batchBytes >= 1_048_576 ? `${batchBytes / 1_048_576} MB` : `${batchBytes / 1024} KB`;
  return `${partitions} partition${partitions === 1 ? '' : 's'}, ${recordBytes} B, batch ${batch}`;
}
