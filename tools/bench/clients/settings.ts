// The committed settings of the clients' bench; frozen before anything was tuned.
import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface ClientBenchSettings {
  readonly runs: number;
  /** Of each produce row, not counted. */
  readonly warmupSeconds: number;
  /** Of each produce row. */
  readonly seconds: number;
  /** Value sizes; keys are null. */
  readonly recordBytes: readonly number[];
  readonly partitions: number;
  readonly concurrentSends: number;
  readonly batchRecords: number;
  readonly consume: {
    /** Value bytes in the topic, in MB (10^6). */
    readonly megabytes: number;
    /** Of the records, read before by another consumer and not counted. */
    readonly warmupShare: number;
  };
  /** The value between 5 and 1,000 at which @platformatic/kafka sent most. */
  readonly platformaticMaxInflights: number;
  /** The value at which it read most; with its own 50 MB a topic of this size takes it ten times as long. */
  readonly platformaticFetchBytes: number;
  /** Broker settings. */
  readonly server: Readonly<Record<string, string>>;
}

export function readSettings(isQuick: boolean): ClientBenchSettings {
  const file = path.join(import.meta.dirname, 'settings.json');
  const { quick, ...settings } = JSON.parse(readFileSync(file, 'utf8')) as ClientBenchSettings & {
    readonly quick: Partial<ClientBenchSettings>;
  };
  return isQuick ? { ...settings, ...quick } : settings;
}
