// The two workers of the bench: Ottla's as built, or from source, and Kafka Connect 4.3.1 with the JVM options of its own script.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ottlaCommand } from '../../../e2e/src/servers.ts';
import { classPathOf } from '../../../e2e/src/toolchain.ts';
import type { ConnectBenchSettings } from './settings.ts';

export const contenderNames = ['kafka', 'ottla'] as const;
export type ContenderName = (typeof contenderNames)[number];

export interface Contender {
  readonly name: ContenderName;
  /** How a worker is started: a worker's properties, then connectors' files. */
  readonly command: readonly string[];
}

const root = path.resolve(import.meta.dirname, '../../..');
const built = path.join(root, 'apps/cli/dist/main.js');

export function contenders(settings: ConnectBenchSettings, fromSource: boolean): Contender[] {
  if (!fromSource && !existsSync(built))
    throw new Error('apps/cli/dist/main.js is not there: `npm run build` first, or give --source');
  const ottla = fromSource ? ottlaCommand([]) : [process.execPath, built];
  return [
    {
      name: 'kafka',
      command: [
        'java',
        ...settings.kafkaJvm,
        '-cp',
        classPathOf(path.join(root, 'e2e/java/connect/pom.xml')),
        'org.apache.kafka.connect.cli.ConnectStandalone',
      ],
    },
    { name: 'ottla', command: [...ottla, 'connect', 'standalone'] },
  ];
}
