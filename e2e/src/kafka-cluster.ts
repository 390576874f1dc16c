// Three Apache Kafka nodes, each broker and controller: the control of everything that is done to three of Ottla's.
import {
  type Cluster,
  CLUSTER_ID,
  type ClusterKind,
  type ClusterNode,
  type NodeCommands,
  startNodes,
} from './cluster.ts';
import { run } from './processes.ts';
import { kafkaClassPath, kafkaNodeClassPath } from './toolchain.ts';

const JVM = ['-Xms192m', '-Xmx384m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/** What a node complains of, with times, for whoever wants to know why it broke a promise. */
const LOG = ['defaultLogLevel=warn', 'showDateTime=true', 'dateTimeFormat=HH:mm:ss.SSS'].map(
  (setting) => `-Dorg.slf4j.simpleLogger.${setting}`,
);

export type KafkaNode = ClusterNode;
export type KafkaCluster = Cluster;

const commands: NodeCommands = {
  name: 'Apache Kafka 4.3.1',
  settings: { 'broker.session.timeout.ms': '3000', 'broker.heartbeat.interval.ms': '500' },
  format: async (file) => {
    const tool = ['-cp', kafkaClassPath(), 'kafka.tools.StorageTool', 'format'];
    await run('java', [...JVM, ...tool, '-t', CLUSTER_ID, '-c', file]);
  },
  command: (file) => ['java', ...JVM, ...LOG, '-cp', kafkaNodeClassPath(), 'kafka.Kafka', file],
};

export const kafkaCluster: ClusterKind = {
  name: commands.name,
  needs: ['java'],
  start: (options) => startNodes(commands, options),
};

/** Starts three nodes with what all of them are given beside the usual. */
export function startKafkaCluster(
  overrides: Readonly<Record<string, string>> = {},
): Promise<KafkaCluster> {
  return kafkaCluster.start({ settings: overrides });
}
