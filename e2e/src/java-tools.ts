// Apache Kafka's console tools, as their scripts run them.
import { Child, type Finished, run } from './processes.ts';
import { kafkaClassPath } from './toolchain.ts';

const TOOLS = {
  topics: 'org.apache.kafka.tools.TopicCommand',
  configs: 'kafka.admin.ConfigCommand',
  groups: 'org.apache.kafka.tools.GroupsCommand',
  consumerGroups: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  getOffsets: 'org.apache.kafka.tools.GetOffsetShell',
  deleteRecords: 'org.apache.kafka.tools.DeleteRecordsCommand',
  logDirs: 'org.apache.kafka.tools.LogDirsCommand',
  consoleProducer: 'org.apache.kafka.tools.ConsoleProducer',
  consoleConsumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  producerPerf: 'org.apache.kafka.tools.ProducerPerformance',
  consumerPerf: 'org.apache.kafka.tools.ConsumerPerformance',
  verifiableProducer: 'org.apache.kafka.tools.VerifiableProducer',
  verifiableConsumer: 'org.apache.kafka.tools.VerifiableConsumer',
  reassign: 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  leaderElection: 'org.apache.kafka.tools.LeaderElectionCommand',
  features: 'org.apache.kafka.tools.FeatureCommand',
  metadataQuorum: 'org.apache.kafka.tools.MetadataQuorumCommand',
  cluster: 'org.apache.kafka.tools.ClusterTool',
  dumpLog: 'org.apache.kafka.tools.DumpLogSegments',
  storage: 'kafka.tools.StorageTool',
} as const;

export type JavaTool = keyof typeof TOOLS;

/** Small and quick to start: these programs live a second. */
const JVM = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto'];

export function javaArguments(tool: JavaTool, args: readonly string[]): string[] {
  return [...JVM, '-cp', kafkaClassPath(), TOOLS[tool], ...args];
}

export function runTool(
  tool: JavaTool,
  args: readonly string[],
  input?: string,
): Promise<Finished> {
  return run('java', javaArguments(tool, args), input === undefined ? {} : { input });
}

export function startTool(tool: JavaTool, args: readonly string[]): Child {
  return new Child('java', javaArguments(tool, args));
}
