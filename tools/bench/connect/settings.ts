// The committed settings of the Connect bench; frozen before anything was tuned.
import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface ConnectBenchSettings {
  readonly runs: number;
  /** Text that goes through the whole pipeline before anything is measured, in MB (10^6). */
  readonly warmupMegabytes: number;
  /** Text that is measured, in MB. */
  readonly megabytes: number;
  /** Lines that the source takes at a time at most, `batch.size`. */
  readonly batchSize: number;
  /** How long a worker with nothing to do is left alone before its memory is read. */
  readonly idleSeconds: number;
  /** The configuration of both workers, beside addresses and files. */
  readonly worker: Readonly<Record<string, string>>;
  /** Options of the JVM that runs Kafka Connect: those of its own script. */
  readonly kafkaJvm: readonly string[];
  /** Broker settings. */
  readonly server: Readonly<Record<string, string>>;
}

export function readSettings(isQuick: boolean): ConnectBenchSettings {
  const file = path.join(import.meta.dirname, 'settings.json');
  const { quick, ...settings } = JSON.parse(readFileSync(file, 'utf8')) as ConnectBenchSettings & {
    readonly quick: Partial<ConnectBenchSettings>;
  };
  return isQuick ? { ...settings, ...quick } : settings;
}
