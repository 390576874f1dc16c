// One Apache Kafka node that joins a quorum which the test describes: a broker, a controller or both.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Child, run } from './processes.ts';
import { kafkaClassPath } from './toolchain.ts';

const JVM = ['-Xms192m', '-Xmx384m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
/** Levels that Ottla does not serve yet: a Kafka controller refuses brokers that lack a level in force. */
const UNSERVED_FEATURES = ['transaction', 'group', 'share', 'streams'];

export interface LoneKafkaNode {
  start(): void;
  /** Without a chance to say goodbye. */
  kill(): Promise<void>;
  /** Kills it, if need be, and removes its data. */
  remove(): Promise<void>;
}

/** Formats the node's storage. @param settings its `server.properties` without `log.dirs` */
export async function prepareKafkaNode(
  clusterId: string,
  settings: Readonly<Record<string, string>>,
): Promise<LoneKafkaNode> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kafka-node-'));
  const file = path.join(folder, 'server.properties');
  const all = {
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    'log.dirs': path.join(folder, 'data'),
    ...settings,
  };
  const lines = Object.entries(all).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(file, lines.join(''));
  const isController = settings['process.roles']?.includes('controller') === true;
  const features = UNSERVED_FEATURES.flatMap((name) => ['--feature', `${name}.version=0`]);
  const tool = ['-cp', kafkaClassPath(), 'kafka.tools.StorageTool', 'format', '-t', clusterId];
  await run('java', [...JVM, ...tool, '-c', file, ...(isController ? features : [])]);
  let child: Child | undefined;
  const kill = async (): Promise<void> => {
    await child?.stop('SIGKILL');
  };
  return {
    start: () => {
      child = new Child('java', [...JVM, '-cp', kafkaClassPath(), 'kafka.Kafka', file]);
    },
    kill,
    remove: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
