// Unmodified foreign clients behind one small interface: produce some lines, and be a member of a group.
import {
  Consumer as PlatformaticConsumer,
  MessagesStreamModes,
  Producer as PlatformaticProducer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { javaArguments, runTool } from './java-tools.ts';
import { Child, run } from './processes.ts';
import { pythonWithConfluentKafka, type Tool } from './toolchain.ts';

export interface GroupMember {
  readonly values: string[];
  /** Leaves the group, offsets committed. */
  stop(): Promise<void>;
}

export interface ForeignClient {
  readonly name: string;
  readonly needs: readonly Tool[];
  readonly codecs: readonly string[];
  produce(
    bootstrap: string,
    topic: string,
    codec: string,
    values: readonly string[],
  ): Promise<void>;
  join(bootstrap: string, topic: string, group: string): Promise<GroupMember>;
}

const ALL_CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** A member that is a process printing one value a line. */
function processMember(child: Child): GroupMember {
  return {
    get values() {
      return child.stdout.split('\n').filter((line) => line.startsWith('v'));
    },
    stop: async () => {
      await child.stop('SIGINT');
    },
  };
}

const java: ForeignClient = {
  name: 'Java 4.3.1',
  needs: ['java'],
  codecs: ALL_CODECS,
  produce: async (bootstrap, topic, codec, values) => {
    await runTool(
      'consoleProducer',
      ['--bootstrap-server', bootstrap, '--topic', topic, '--compression-codec', codec],
      `${values.join('\n')}\n`,
    );
  },
  join: (bootstrap, topic, group) =>
    Promise.resolve(
      processMember(
        new Child(
          'java',
          javaArguments('consoleConsumer', [
            '--bootstrap-server',
            bootstrap,
            '--topic',
            topic,
            '--group',
            group,
            '--from-beginning',
          ]),
        ),
      ),
    ),
};

const kcat: ForeignClient = {
  name: 'kcat',
  needs: ['kcat'],
  codecs: ALL_CODECS,
  produce: async (bootstrap, topic, codec, values) => {
    const compression = codec === 'none' ? [] : ['-z', codec];
    await run('kcat', ['-b', bootstrap, '-P', '-t', topic, ...compression, '-X', 'linger.ms=20'], {
      input: `${values.join('\n')}\n`,
    });
  },
  join: (bootstrap, topic, group) =>
    Promise.resolve(
      processMember(
        new Child('kcat', [
          '-b',
          bootstrap,
          '-E',
          '-u',
          '-f',
          '%s\n',
          '-X',
          'auto.offset.reset=earliest',
          '-G',
          group,
          topic,
        ]),
      ),
    ),
};

const PYTHON_PRODUCE = `
import sys
from confluent_kafka import Producer
bootstrap, topic, codec = sys.argv[1:4]
producer = Producer({'bootstrap.servers': bootstrap, 'compression.type': codec, 'enable.idempotence': True, 'linger.ms': 20})
failed = []
for line in sys.stdin.read().splitlines():
    producer.produce(topic, value=line, on_delivery=lambda error, message: failed.append(error) if error else None)
left = producer.flush(60)
sys.exit(1 if failed or left else 0)
`;

const PYTHON_CONSUME = `
import signal, sys
from confluent_kafka import Consumer
bootstrap, topic, group = sys.argv[1:4]
running = True
def stop(*_):
    global running
    running = False
signal.signal(signal.SIGINT, stop)
consumer = Consumer({'bootstrap.servers': bootstrap, 'group.id': group, 'auto.offset.reset': 'earliest', 'session.timeout.ms': 10000})
consumer.subscribe([topic])
while running:
    message = consumer.poll(0.2)
    if message is not None and message.error() is None:
        print(message.value().decode(), flush=True)
consumer.commit(asynchronous=False) if consumer.assignment() else None
consumer.close()
`;

const python: ForeignClient = {
  name: 'confluent-kafka for Python',
  needs: ['python3'],
  codecs: ALL_CODECS,
  produce: async (bootstrap, topic, codec, values) => {
    await run(pythonWithConfluentKafka(), ['-c', PYTHON_PRODUCE, bootstrap, topic, codec], {
      input: values.join('\n'),
    });
  },
  join: (bootstrap, topic, group) =>
    Promise.resolve(
      processMember(
        new Child(pythonWithConfluentKafka(), ['-c', PYTHON_CONSUME, bootstrap, topic, group]),
      ),
    ),
};

const kafkajs: ForeignClient = {
  name: 'kafkajs',
  needs: [],
  codecs: ['none', 'gzip'],
  produce: async (bootstrap, topic, codec, values) => {
    const producer = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    await producer.send({
      topic,
      compression: codec === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None,
      messages: values.map((value) => ({ value })),
    });
    await producer.disconnect();
  },
  join: async (bootstrap, topic, group) => {
    const consumer = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).consumer({
      groupId: group,
      heartbeatInterval: 500,
    });
    const values: string[] = [];
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) => {
        values.push(message.value!.toString());
        return Promise.resolve();
      },
    });
    return { values, stop: () => consumer.disconnect() };
  },
};

const platformatic: ForeignClient = {
  name: '@platformatic/kafka',
  needs: [],
  codecs: ALL_CODECS,
  produce: async (bootstrap, topic, codec, values) => {
    const producer = new PlatformaticProducer({
      clientId: 'e2e',
      bootstrapBrokers: [bootstrap],
      serializers: stringSerializers,
    });
    await producer.send({
      messages: values.map((value) => ({ topic, value })),
      compression: codec as 'none',
    });
    await producer.close();
  },
  join: async (bootstrap, topic, group) => {
    const consumer = new PlatformaticConsumer({
      clientId: 'e2e',
      groupId: group,
      bootstrapBrokers: [bootstrap],
      deserializers: stringDeserializers,
      heartbeatInterval: 500,
    });
    const values: string[] = [];
    const stream = await consumer.consume({
      topics: [topic],
      autocommit: true,
      mode: MessagesStreamModes.COMMITTED,
      fallbackMode: 'earliest',
      maxWaitTime: 200,
    });
    stream.on('data', (message: { value: string }) => values.push(message.value));
    stream.on('error', () => undefined);
    return {
      values,
      stop: async () => {
        await stream.close();
        await consumer.close();
      },
    };
  },
};

/** All of them. */
export const foreignClients: readonly ForeignClient[] = [java, kcat, python, kafkajs, platformatic];
