import { describe, expect, it } from 'vitest';
import { BrokerConfig } from './broker-config.ts';
import {
  ConfigSource,
  describeBrokerConfigs,
  describeClusterConfigs,
  describeGroupConfigs,
  describeTopicConfigs,
} from './describe-configs.ts';
import type { DescribedConfig } from './describe-configs.ts';

function find(entries: readonly DescribedConfig[], name: string): DescribedConfig {
  const entry = entries.find((one) => one.name === name);
  if (entry === undefined) throw new Error(`no entry ${name}`);
  return entry;
}

const none: ReadonlyMap<string, string> = new Map();

describe('DescribeConfigs of a topic', () => {
  it('shows 33 keys: all but the internal one', () => {
    expect(describeTopicConfigs(BrokerConfig.load(), none)).toHaveLength(33);
  });

  it("names the topic's own value first, then the broker's", () => {
    const config = BrokerConfig.load({ overrides: ['log.segment.bytes=2000000'] });
    const entry = find(
      describeTopicConfigs(config, new Map([['segment.bytes', ' 1048576']])),
      'segment.bytes',
    );
    expect(entry).toMatchObject({
      value: '1048576',
      configSource: ConfigSource.TOPIC_CONFIG,
      readOnly: false,
      configType: 3,
    });
    expect(entry.synonyms).toEqual([
      { name: 'segment.bytes', value: '1048576', source: ConfigSource.TOPIC_CONFIG },
      { name: 'log.segment.bytes', value: '2000000', source: ConfigSource.STATIC_BROKER_CONFIG },
      { name: 'log.segment.bytes', value: '1073741824', source: ConfigSource.DEFAULT_CONFIG },
    ]);
  });

  it('shows the value that hours give, as a default without synonyms, as Kafka does', () => {
    const config = BrokerConfig.load({ overrides: ['log.retention.hours=1'] });
    expect(find(describeTopicConfigs(config, none), 'retention.ms')).toMatchObject({
      value: '3600000',
      configSource: ConfigSource.DEFAULT_CONFIG,
      synonyms: [],
    });
  });

  it('keeps the whole range of a long', () => {
    expect(find(describeTopicConfigs(BrokerConfig.load(), none), 'flush.messages').value).toBe(
      '9223372036854775807',
    );
  });
});

describe('DescribeConfigs of a broker', () => {
  it('tells dynamic values, what can be changed, and no secret', () => {
    const config = BrokerConfig.load({ overrides: ['custom.secret=canary'], allowUnknown: true });
    config.applyDynamic({
      cluster: new Map([['max.connections', '5']]),
      broker: new Map([['max.connections', '4']]),
    });
    const entries = describeBrokerConfigs(config);
    const entry = find(entries, 'max.connections');
    expect(entry).toMatchObject({
      value: '4',
      readOnly: false,
      configSource: ConfigSource.DYNAMIC_BROKER_CONFIG,
    });
    expect(entry.synonyms.map(({ source }) => source)).toEqual([2, 3, 5]);
    expect(find(entries, 'node.id')).toMatchObject({ value: '1', readOnly: true });
    expect(find(entries, 'custom.secret')).toMatchObject({ value: null, isSensitive: true });
    expect(JSON.stringify(entries)).not.toContain('canary');
  });

  it('shows the rates of throttles, which exist only as dynamic values, where they are set', () => {
    const config = BrokerConfig.load();
    const rates = (): string[] =>
      describeBrokerConfigs(config)
        .filter(({ name }) => name.endsWith('.replication.throttled.rate'))
        .map(({ name, value, configSource }) => `${name}=${value} ${configSource}`);
    expect(rates()).toEqual([]);
    config.applyDynamic({
      cluster: new Map([['follower.replication.throttled.rate', '2000']]),
      broker: new Map([['leader.replication.throttled.rate', '1000']]),
    });
    expect(rates()).toEqual([
      `follower.replication.throttled.rate=2000 ${ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG}`,
      `leader.replication.throttled.rate=1000 ${ConfigSource.DYNAMIC_BROKER_CONFIG}`,
    ]);
  });

  it('leaves internal keys out', () => {
    expect(
      describeBrokerConfigs(BrokerConfig.load()).some(
        ({ name }) => name === 'log.initial.task.delay.ms',
      ),
    ).toBe(false);
  });

  it('shows the dynamic values of the whole cluster under the empty name', () => {
    const config = BrokerConfig.load();
    config.applyDynamic({ cluster: new Map([['max.connections', '5']]), broker: none });
    expect(describeClusterConfigs(config).map(({ name, value }) => [name, value])).toEqual([
      ['max.connections', '5'],
    ]);
  });
});

describe('DescribeConfigs of a group', () => {
  it('puts own values before the defaults', () => {
    const entries = describeGroupConfigs(new Map([['consumer.session.timeout.ms', '50000']]));
    expect(find(entries, 'consumer.session.timeout.ms')).toMatchObject({
      value: '50000',
      configSource: ConfigSource.GROUP_CONFIG,
    });
    expect(find(entries, 'share.isolation.level')).toMatchObject({
      value: 'read_uncommitted',
      configSource: ConfigSource.DEFAULT_CONFIG,
    });
  });
});
