// The two clusters of the bench: three processes each, every one broker and controller, as their users get them.
import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  type Cluster,
  CLUSTER_ID,
  type NodeCommands,
  startNodes,
} from '../../../e2e/src/cluster.ts';
import { run } from '../../../e2e/src/processes.ts';
import { ottlaCommand } from '../../../e2e/src/servers.ts';
import { kafkaClassPath } from '../../../e2e/src/toolchain.ts';
import type { ClusterBenchSettings } from './settings.ts';

export type ContenderId = 'kafka' | 'ottla';

export interface Contender {
  readonly id: ContenderId;
  readonly how: string;
  /** @param prepared called with the addresses of all nodes just before the first process starts */
  start(prepared: (bootstrap: string) => Promise<void>): Promise<Cluster>;
}

const built = path.resolve(import.meta.dirname, '../../../apps/cli/dist/main.js');

/** Apache Kafka with the JVM options of its own scripts and its own timeouts; Ottla with those that `--brokers` writes. */
export function contenders(
  settings: ClusterBenchSettings,
  fromSource: boolean,
): readonly Contender[] {
  if (!fromSource && !existsSync(built))
    throw new Error('apps/cli/dist/main.js is not there: `npm run build` first, or give --source');
  const ottla = fromSource ? ottlaCommand([]) : [process.execPath, built];
  const contender = (id: ContenderId, how: string, commands: NodeCommands): Contender => ({
    id,
    how,
    start: (prepared) => startNodes(commands, { settings: settings.server, prepared }),
  });
  return [
    contender('kafka', `java ${settings.kafkaJvm.join(' ')} kafka.Kafka`, kafkaNodes(settings)),
    contender('ottla', fromSource ? 'ottla server, from source' : 'ottla server, as built', {
      name: 'Ottla',
      settings: OTTLA_TIMES,
      format: () => Promise.resolve(),
      command: (file) => [...ottla, 'server', '--config', file, '--cluster-id', CLUSTER_ID],
    }),
  ];
}

/** Of a cluster that `ottla server --brokers 3` has formatted. */
const OTTLA_TIMES = {
  'broker.session.timeout.ms': '2000',
  'broker.heartbeat.interval.ms': '500',
  'controller.quorum.fetch.timeout.ms': '1000',
  'controller.quorum.election.timeout.ms': '500',
};

function kafkaNodes({ kafkaJvm }: ClusterBenchSettings): NodeCommands {
  return {
    name: 'Apache Kafka 4.3.1',
    settings: {},
    format: async (file) => {
      const tool = ['-cp', kafkaClassPath(), 'kafka.tools.StorageTool', 'format'];
      await run('java', [...tool, '-t', CLUSTER_ID, '-c', file]);
    },
    command: (file) => ['java', ...kafkaJvm, '-cp', kafkaClassPath(), 'kafka.Kafka', file],
  };
}
