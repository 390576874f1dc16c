import { describe, expect, it } from 'vitest';
import type { Logger } from '@ottla/platform';
import { BrokerConfig } from './broker-config.ts';
import { BROKER_TABLE } from './config-table.ts';
import { validateConfigs } from './dynamic-config.ts';
import { concernsTopics } from './topic-config.ts';

/** Without the comments, what Kafka 4.3 ships as config/server.properties. */
const KAFKA_STOCK = `
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:9093
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
num.network.threads=3
num.io.threads=8
socket.send.buffer.bytes=102400
socket.receive.buffer.bytes=102400
socket.request.max.bytes=104857600
log.dirs=/var/lib/kraft-combined-logs
num.partitions=1
num.recovery.threads.per.data.dir=1
offsets.topic.replication.factor=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.retention.hours=168
log.segment.bytes=1073741824
log.retention.check.interval.ms=300000
`;

function load(...overrides: string[]): BrokerConfig {
  return BrokerConfig.load({ overrides });
}

function linesOf(run: (logger: Logger) => void): string[] {
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const logger: Logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
  run(logger);
  return lines;
}

describe('BrokerConfig', () => {
  it('given nothing, listens on loopback with both roles and keeps its data in ./ottla-data', () => {
    const config = load();
    expect(config.nodeId).toBe(1);
    expect(config.roles).toEqual(new Set(['broker', 'controller']));
    expect(config.logDirs).toEqual(['./ottla-data']);
    expect(config.listeners).toEqual([
      {
        listenerName: 'PLAINTEXT',
        host: '127.0.0.1',
        port: 9092,
        securityProtocol: 'PLAINTEXT',
        role: 'broker',
      },
      {
        listenerName: 'CONTROLLER',
        host: '127.0.0.1',
        port: 0,
        securityProtocol: 'PLAINTEXT',
        role: 'controller',
      },
    ]);
    expect(config.interBrokerListenerName).toBe('PLAINTEXT');
  });

  it('given only listeners and log.dirs, finds everything else', () => {
    const config = load('listeners=PLAINTEXT://127.0.0.1:0', 'log.dirs=/a,/b');
    expect(config.listeners.map(({ listenerName }) => listenerName)).toEqual([
      'PLAINTEXT',
      'CONTROLLER',
    ]);
    expect(config.logDirs).toEqual(['/a', '/b']);
  });

  it("takes Kafka's stock server.properties, and says in one line what has no effect", () => {
    const lines = linesOf((logger) => {
      const config = BrokerConfig.load({ properties: KAFKA_STOCK, logger });
      expect(config.advertisedListeners).toEqual([
        { listenerName: 'PLAINTEXT', host: 'localhost', port: 9092, securityProtocol: 'PLAINTEXT' },
      ]);
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('transaction.state.log.min.isr');
    expect(lines[0]).not.toContain('num.io.threads');
  });

  it('lets overrides go before the file, and the file before presets', () => {
    const config = BrokerConfig.load({
      presets: { 'num.partitions': '2', 'default.replication.factor': '1' },
      properties: 'num.partitions=3\nmessage.max.bytes=5000',
      overrides: ['num.partitions=4'],
    });
    expect(config.number('num.partitions')).toBe(4);
    expect(config.number('message.max.bytes')).toBe(5000);
  });

  it.each([
    [
      ['log.retention.hour=1'],
      'Unknown broker config name: log.retention.hour; did you mean log.retention.hours?',
    ],
    [
      ['num.partitions=0'],
      'Invalid value 0 for configuration num.partitions: Value must be at least 1',
    ],
    [
      ['num.partitions=many'],
      'Invalid value many for configuration num.partitions: Not a number of type INT',
    ],
    [
      ['auto.create.topics.enable=yes'],
      'Invalid value yes for configuration auto.create.topics.enable: Expected value to be either true or false',
    ],
    [
      ['ssl.keystore.location=/x'],
      'ssl.keystore.location=/x is not supported: TLS and SASL are not served yet; remove it',
    ],
    [
      ['ssl.key.password=canary'],
      'ssl.key.password=[hidden] is not supported: TLS and SASL are not served yet; remove it',
    ],
    [
      ['listeners=SSL://:9092'],
      'Invalid configuration listeners: listener SSL asks for SSL, which this version does not serve; use PLAINTEXT',
    ],
    [['listeners=9092'], 'Invalid configuration listeners: "9092" is not NAME://host:port'],
    [
      ['listeners=INTERNAL://h:1'],
      'Invalid configuration listeners: no security protocol for listener INTERNAL; add INTERNAL:PLAINTEXT to listener.security.protocol.map',
    ],
    [
      ['listeners=PLAINTEXT://0.0.0.0:9092'],
      'Invalid configuration advertised.listeners: 0.0.0.0 cannot be reached by clients; advertise an address that can',
    ],
    [
      [
        'advertised.listeners=OTHER://h:1',
        'listener.security.protocol.map=OTHER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      ],
      'Invalid configuration advertised.listeners: listener OTHER is not among the listeners',
    ],
    [
      ['controller.quorum.voters=1@a:1,2@b:1'],
      'Invalid configuration listeners: controller listener CONTROLLER must have the port that controller.quorum.voters names, not a free one',
    ],
    [
      ['controller.quorum.voters=2@a:1'],
      "Invalid configuration controller.quorum.voters: it must name this controller, 1@host:port, with this node's node.id",
    ],
    [
      ['controller.quorum.voters=1@a:1,1@b:1'],
      'Invalid configuration controller.quorum.voters: voter 1 is named twice',
    ],
    [
      ['controller.quorum.voters=1@a'],
      'Invalid configuration controller.quorum.voters: "a" is not host:port with a port from 1 to 65535',
    ],
    [
      ['process.roles=broker'],
      'Invalid configuration controller.quorum.bootstrap.servers: a broker without a controller must be told where the controllers are, as host:port',
    ],
    [
      ['process.roles=broker', 'controller.quorum.voters=1@a:1'],
      'Invalid configuration controller.quorum.voters: it names node 1, which is no controller: process.roles is broker',
    ],
    [
      ['process.roles=broker', 'listeners=PLAINTEXT://h:1,CONTROLLER://h:2'],
      'Invalid configuration listeners: CONTROLLER is a controller listener, but process.roles is broker',
    ],
    [
      ['process.roles=controller', 'listeners=CONTROLLER://h:2,PLAINTEXT://h:1'],
      'Invalid configuration listeners: PLAINTEXT is not among controller.listener.names, but process.roles is controller',
    ],
    [['broker.id=7'], 'Invalid configuration broker.id: it must be equal to node.id (1)'],
    [
      ['broker.heartbeat.interval.ms=5000'],
      'Invalid configuration broker.heartbeat.interval.ms: 5000 must be at most half of broker.session.timeout.ms (9000)',
    ],
    [['nonsense'], '--override nonsense: expected key=value'],
  ])('given %j, refuses in one line', (overrides, message) => {
    expect(() => load(...overrides)).toThrow(message);
    expect(message).not.toContain('\n');
  });

  it('lets plug-in keys pass, and any unknown key where that is asked for', () => {
    expect(() => load('rsm.config.bucket=b')).not.toThrow();
    expect(() =>
      BrokerConfig.load({ overrides: ['no.such.key=1'], allowUnknown: true }),
    ).not.toThrow();
  });

  it('takes several listeners with names of their own', () => {
    const config = load(
      'listeners=IN://127.0.0.1:1,OUT://127.0.0.1:2,CTL://127.0.0.1:3',
      'listener.security.protocol.map=IN:PLAINTEXT,OUT:PLAINTEXT,CTL:PLAINTEXT',
      'controller.listener.names=CTL',
      'inter.broker.listener.name=IN',
      'advertised.listeners=IN://in.example:1,OUT://[::1]:29',
    );
    expect(config.listeners.map(({ role }) => role)).toEqual(['broker', 'broker', 'controller']);
    expect(config.advertisedListeners.map(({ host }) => host)).toEqual(['in.example', '::1']);
    expect(config.interBrokerListenerName).toBe('IN');
  });
});

describe('topic configuration', () => {
  it('takes hours, minutes or milliseconds of the broker, the finest one first', () => {
    expect(load().topicDefaults().retentionMs).toBe(604_800_000);
    expect(load('log.retention.hours=2').topicDefaults().retentionMs).toBe(7_200_000);
    expect(
      load('log.retention.hours=2', 'log.retention.minutes=3').topicDefaults().retentionMs,
    ).toBe(180_000);
    expect(load('log.retention.minutes=3', 'log.retention.ms=5').topicDefaults().retentionMs).toBe(
      5,
    );
    expect(load('log.retention.hours=-1').topicDefaults().retentionMs).toBe(-1);
  });

  it("puts the topic's own values first", () => {
    const config = load('log.segment.bytes=2000000');
    const topic = config.topic(
      new Map([
        ['retention.bytes', '77'],
        ['cleanup.policy', 'compact,delete'],
      ]),
    );
    expect(topic.segmentBytes).toBe(2_000_000);
    expect(topic.retentionBytes).toBe(77);
    expect(topic.cleanupPolicy).toEqual(['compact', 'delete']);
  });

  it('reads "no limit" as infinity', () => {
    expect(load().topicDefaults().flushMessages).toBe(Infinity);
  });

  it('has the level of the codec that batches are stored with', () => {
    const level = (values: Record<string, string>) =>
      load().topic(new Map(Object.entries(values))).compressionLevel;
    expect(level({ 'compression.zstd.level': '5' })).toBeUndefined();
    expect(level({ 'compression.type': 'zstd', 'compression.zstd.level': '5' })).toBe(5);
    expect(level({ 'compression.type': 'gzip' })).toBeUndefined();
    expect(level({ 'compression.type': 'snappy' })).toBeUndefined();
  });

  it.each([
    [{ 'retention.m': '1' }, 'Unknown topic config name: retention.m; did you mean retention.ms?'],
    [
      { 'retention.ms': '-2' },
      'Invalid value -2 for configuration retention.ms: Value must be at least -1',
    ],
    [
      { 'cleanup.policy': 'keep' },
      'Invalid value keep for configuration cleanup.policy: Each element must be one of compact, delete',
    ],
    [{ 'compression.type': 'brotli' }, 'Value must be one of uncompressed'],
    [{ 'remote.storage.enable': 'true' }, 'remote.storage.enable=true is not supported'],
    [{ 'segment.bytes': '9223372036854775808' }, 'Not a number of type INT'],
    [
      { 'min.compaction.lag.ms': '10', 'max.compaction.lag.ms': '5' },
      'exceeds max.compaction.lag.ms',
    ],
  ])('refuses %j', (values, message) => {
    expect(() => validateConfigs('topic', new Map(Object.entries(values)))).toThrow(message);
  });
});

describe('dynamic configuration', () => {
  const values = (name: string, value: string): ReadonlyMap<string, string> =>
    new Map([[name, value]]);

  it('goes this broker, cluster, file, default', () => {
    const config = load('message.max.bytes=3');
    config.applyDynamic({ cluster: values('message.max.bytes', '2'), broker: new Map() });
    expect(config.number('message.max.bytes')).toBe(2);
    config.applyDynamic({
      cluster: values('message.max.bytes', '2'),
      broker: values('message.max.bytes', '1'),
    });
    expect(config.number('message.max.bytes')).toBe(1);
    expect(config.topicDefaults().maxMessageBytes).toBe(1);
    config.applyDynamic({ cluster: new Map(), broker: new Map() });
    expect(config.number('message.max.bytes')).toBe(3);
  });

  it('given any dynamic key, then it is known whether topics are configured otherwise with another value', () => {
    const counts = [...BROKER_TABLE.values()].filter(
      ({ type, updateMode }) => updateMode !== 'read-only' && (type === 'int' || type === 'long'),
    );
    const concerning = counts.filter(({ name }) => {
      const config = load();
      const before = JSON.stringify(config.topicDefaults());
      config.applyDynamic({ cluster: values(name, '2097153'), broker: new Map() });
      return JSON.stringify(config.topicDefaults()) !== before;
    });
    expect(concerning.length).toBeGreaterThan(5);
    expect(concerning.filter(({ name }) => !concernsTopics([name]))).toEqual([]);
    expect(concernsTopics(['max.connections', 'compression.type'])).toBe(true);
    expect(concernsTopics(['max.connections'])).toBe(false);
  });

  it('tells what changed, and only that', () => {
    const config = load();
    const changes: string[][] = [];
    const end = config.onChange((changed) => void changes.push([...changed]));
    config.applyDynamic({ cluster: values('max.connections', '9'), broker: new Map() });
    config.applyDynamic({ cluster: values('max.connections', '9'), broker: new Map() });
    end();
    config.applyDynamic({ cluster: new Map(), broker: new Map() });
    expect(changes).toEqual([['max.connections']]);
  });

  it('leaves out what this version cannot read', () => {
    const config = load();
    const left = config.applyDynamic({
      cluster: values('max.connections', 'x'),
      broker: values('node.id', '9'),
    });
    expect(left).toEqual(['max.connections', 'node.id']);
    expect(config.nodeId).toBe(1);
  });

  it.each([
    ['broker', 'node.id', '3', 'Cannot update these configs dynamically: node.id'],
    [
      'cluster',
      'ssl.keystore.location',
      '/x',
      'Cannot update ssl.keystore.location at cluster level',
    ],
    ['broker', 'max.connections', 'x', 'Not a number of type INT'],
    ['broker', 'max.conections', '1', 'did you mean max.connections?'],
    ['group', 'consumer.session.timeout.ms', '0', 'Value must be at least 1'],
  ] as const)('refuses for %s: %s=%s', (scope, name, value, message) => {
    expect(() => validateConfigs(scope, values(name, value))).toThrow(message);
  });
});
