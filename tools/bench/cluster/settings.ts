// The committed settings of the cluster bench; frozen before anything was tuned.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** See settings.json. Megabytes are 10^6 bytes of record values. */
export interface ClusterBenchSettings {
  readonly runs: number;
  /** Of every topic; each has three replicas. */
  readonly partitions: number;
  readonly recordBytes: number;
  /** Java processes that produce at the same time. */
  readonly producers: number;
  /** All producers together, by `batch.size`: as much as takes half a minute, so that it is not the clients' start that counts. */
  readonly megabytes: Readonly<Record<string, number>>;
  readonly warmupMegabytes: number;
  /** `batch.size` of each case. */
  readonly batchBytes: readonly number[];
  readonly producer: Readonly<Record<string, string>>;
  /** `batch.size` of the load whose every append is flushed to disk before it is acknowledged. */
  readonly flushBatchBytes: number;
  /** How long a started cluster is left alone before its idle memory is read. */
  readonly idleSeconds: number;
  /** Of the active controller, and as many of another node. */
  readonly kills: number;
  /** From the start of the load, and from a cluster that is whole again, to a kill. */
  readonly killAfterSeconds: number;
  /** In each node's log when all are killed at once. */
  readonly uncleanMegabytes: number;
  /** How long the part `endurance` keeps all producers busy. */
  readonly enduranceMinutes: number;
  /** What kafka-run-class.sh and kafka-server-start.sh give a broker. */
  readonly kafkaJvm: readonly string[];
  readonly clientJvm: readonly string[];
  /** Broker settings of both. */
  readonly server: Readonly<Record<string, string>>;
}

/** @throws when `runs` is not a positive whole number */
export function readSettings(options: {
  quick: boolean;
  runs?: string | undefined;
}): ClusterBenchSettings {
  const file = path.join(import.meta.dirname, 'settings.json');
  const { quick, ...settings } = JSON.parse(readFileSync(file, 'utf8')) as ClusterBenchSettings & {
    readonly quick: Partial<ClusterBenchSettings>;
  };
  const chosen = options.quick ? { ...settings, ...quick } : settings;
  const runs = options.runs === undefined ? chosen.runs : Number(options.runs);
  if (!Number.isInteger(runs) || runs < 1)
    throw new Error(`--runs ${options.runs}: not a positive number`);
  return { ...chosen, runs };
}
