// The committed settings of the Streams bench; frozen before anything was tuned.
import { readFileSync } from 'node:fs';
import path from 'node:path';

export const rows = ['map', 'count', 'windowed count'] as const;
export type Row = (typeof rows)[number];

export interface StreamsBenchSettings {
  readonly runs: number;
  /** Processed before the clock starts. */
  readonly warmupRecords: number;
  readonly records: number;
  /** Different keys in the input, evenly. */
  readonly keys: number;
  readonly valueBytes: number;
  readonly commitIntervalMs: number;
  /** Options of the JVM that runs Kafka Streams. */
  readonly kafkaJvm: readonly string[];
  /** Broker settings. */
  readonly server: Readonly<Record<string, string>>;
}

/** What one application says of itself. */
export interface Measured {
  readonly recordsPerSecond: number;
  /** Of all threads of the process, user and system. */
  readonly cpuMicrosPerRecord: number;
}

export function readSettings(isQuick: boolean): StreamsBenchSettings {
  const file = path.join(import.meta.dirname, 'settings.json');
  const { quick, ...settings } = JSON.parse(readFileSync(file, 'utf8')) as StreamsBenchSettings & {
    readonly quick: Partial<StreamsBenchSettings>;
  };
  return isQuick ? { ...settings, ...quick } : settings;
}
