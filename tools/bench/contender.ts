// The two servers of the bench: prepared afresh for each run, so that neither inherits data or warmth.
import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  ottlaCommand,
  prepareApacheKafka,
  prepareOttla,
  type PreparedServer,
} from '../../e2e/src/servers.ts';
import type { BenchSettings } from './settings.ts';

export interface Contender {
  readonly id: 'kafka' | 'ottla';
  readonly how: string;
  prepare(): Promise<PreparedServer>;
}

const built = path.resolve(import.meta.dirname, '../../apps/cli/dist/main.js');

/** Apache Kafka with the JVM options of its own scripts, and Ottla as built, or from source. */
export function contenders(settings: BenchSettings, fromSource: boolean): readonly Contender[] {
  if (!fromSource && !existsSync(built))
    throw new Error('apps/cli/dist/main.js is not there: `npm run build` first, or give --source');
  const command = fromSource ? ottlaCommand([]) : [process.execPath, built];
  return [
    {
      id: 'kafka',
      how: `java ${settings.kafkaJvm.join(' ')} kafka.Kafka`,
      prepare: () => prepareApacheKafka(settings.server, settings.kafkaJvm),
    },
    {
      id: 'ottla',
      how: `node ${fromSource ? '--conditions=@ottla/source apps/cli/src/main.ts' : 'apps/cli/dist/main.js'} server`,
      prepare: () => prepareOttla(settings.server, command),
    },
  ];
}
