// What DescribeConfigs tells about topics, brokers and groups: value, where it comes from, and what would stand in for
// it. The order of the synonyms and the cut before the key's own name are Kafka's. Kafka: ConfigHelper.

import type { BrokerConfig } from './broker-config.ts';
import type { ConfigKey, ConfigType } from './config-key.ts';
import { BROKER_TABLE, DYNAMIC_ONLY_TABLE, GROUP_TABLE, TOPIC_TABLE } from './config-table.ts';
import { formatConfigValue } from './config-value.ts';
import { resolveTopicText } from './topic-config.ts';

/** Numbers of DescribeConfigsResponse's `configSource`. */
export const ConfigSource = {
  UNKNOWN: 0,
  TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  CLIENT_METRICS_CONFIG: 7,
  GROUP_CONFIG: 8,
} as const;

/** Numbers of DescribeConfigsResponse's `configType`. */
export const CONFIG_TYPE_CODES: Readonly<Record<ConfigType | 'unknown', number>> = {
  unknown: 0,
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
};

export interface DescribedSynonym {
  readonly name: string;
  /** Null when sensitive. */
  readonly value: string | null;
  readonly source: number;
}

/** One entry; its fields are those of the response. */
export interface DescribedConfig {
  readonly name: string;
  /** Null when there is none, or when it is sensitive. */
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource: number;
  readonly isSensitive: boolean;
  readonly synonyms: readonly DescribedSynonym[];
  readonly configType: number;
  readonly documentation: string;
}

/** All of a topic's keys, sorted by name. */
export function describeTopicConfigs(
  config: BrokerConfig,
  overrides: ReadonlyMap<string, string>,
): readonly DescribedConfig[] {
  return visible(TOPIC_TABLE.values()).map((key) => {
    const first = key.synonyms[0]?.name;
    const synonyms = first === undefined ? [] : brokerSynonyms(config, first);
    const own = overrides.get(key.name);
    if (own !== undefined)
      synonyms.unshift({
        name: key.name,
        value: formatConfigValue(key, own),
        source: ConfigSource.TOPIC_CONFIG,
      });
    return entry(key, resolveTopicText(key, overrides, config), synonyms, false);
  });
}

/** All of this broker's keys, unknown ones that were given included; those that are only dynamic where they are set. */
export function describeBrokerConfigs(config: BrokerConfig): readonly DescribedConfig[] {
  const known = visible(BROKER_TABLE.values()).map((key) =>
    entry(
      key,
      config.raw(key.name),
      brokerSynonyms(config, key.name),
      key.updateMode === 'read-only',
    ),
  );
  const dynamicOnly = [...DYNAMIC_ONLY_TABLE.values()].flatMap((key) => {
    const synonyms = brokerSynonyms(config, key.name);
    return synonyms.length === 0 ? [] : [entry(key, config.raw(key.name), synonyms, true)];
  });
  const unknown = [...config.given]
    .filter(([name]) => !BROKER_TABLE.has(name))
    .map(describeUnknown);
  return [...known, ...dynamicOnly, ...unknown];
}

/** The dynamic values that all brokers share: resource BROKER with the empty name. */
export function describeClusterConfigs(config: BrokerConfig): readonly DescribedConfig[] {
  return [...config.dynamic.cluster].flatMap(([name, value]) => {
    const key = BROKER_TABLE.get(name) ?? DYNAMIC_ONLY_TABLE.get(name);
    if (key === undefined) return [];
    const synonym = {
      name,
      value: shown(key, value),
      source: ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG,
    };
    return [entry(key, value, [synonym], false)];
  });
}

/** A group's keys; `overrides` are its own values. */
export function describeGroupConfigs(
  overrides: ReadonlyMap<string, string>,
): readonly DescribedConfig[] {
  return visible(GROUP_TABLE.values()).map((key) => {
    const own = overrides.get(key.name);
    const synonyms: DescribedSynonym[] = [
      { name: key.name, value: key.defaultValue, source: ConfigSource.DEFAULT_CONFIG },
    ];
    if (own !== undefined)
      synonyms.unshift({
        name: key.name,
        value: formatConfigValue(key, own),
        source: ConfigSource.GROUP_CONFIG,
      });
    return entry(key, own ?? key.defaultValue, synonyms, false);
  });
}

/** Keys that share a meaning, in the order in which they are looked at. */
const BROKER_SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  'log.roll.ms': ['log.roll.ms', 'log.roll.hours'],
  'log.roll.hours': ['log.roll.ms', 'log.roll.hours'],
  'log.roll.jitter.ms': ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  'log.roll.jitter.hours': ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  'log.flush.interval.ms': ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'],
  'log.retention.ms': ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
  'log.retention.minutes': ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
  'log.retention.hours': ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
};

function brokerSynonyms(config: BrokerConfig, name: string): DescribedSynonym[] {
  const names = BROKER_SYNONYMS[name] ?? [name];
  const from = (
    values: (name: string) => string | null | undefined,
    source: number,
  ): DescribedSynonym[] =>
    names.flatMap((one) => {
      const value = values(one);
      return value === null || value === undefined
        ? []
        : [{ name: one, value: shown(BROKER_TABLE.get(one), value), source }];
    });
  const all = [
    ...from((one) => config.dynamic.broker.get(one), ConfigSource.DYNAMIC_BROKER_CONFIG),
    ...from((one) => config.dynamic.cluster.get(one), ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG),
    ...from((one) => config.given.get(one), ConfigSource.STATIC_BROKER_CONFIG),
    ...from((one) => BROKER_TABLE.get(one)?.defaultValue, ConfigSource.DEFAULT_CONFIG),
  ];
  // Kafka's cut: what stands before the first entry of the asked name is not told.
  const first = all.findIndex((synonym) => synonym.name === name);
  return first === -1 ? [] : all.slice(first);
}

function visible(keys: Iterable<ConfigKey>): readonly ConfigKey[] {
  return [...keys].filter((key) => !key.isInternal);
}

function shown(key: ConfigKey | undefined, text: string): string | null {
  if (key === undefined) return text;
  return key.type === 'password' ? null : formatConfigValue(key, text);
}

function entry(
  key: ConfigKey,
  text: string | null,
  synonyms: readonly DescribedSynonym[],
  readOnly: boolean,
): DescribedConfig {
  return {
    name: key.name,
    value: text === null ? null : shown(key, text),
    readOnly,
    configSource: synonyms[0]?.source ?? ConfigSource.DEFAULT_CONFIG,
    isSensitive: key.type === 'password',
    synonyms,
    configType: CONFIG_TYPE_CODES[key.type],
    documentation: key.documentation,
  };
}

/** A key that only a plug-in knows might be a secret, so its value is not told. Kafka does the same. */
function describeUnknown([name]: readonly [string, string]): DescribedConfig {
  return {
    name,
    value: null,
    readOnly: true,
    configSource: ConfigSource.STATIC_BROKER_CONFIG,
    isSensitive: true,
    synonyms: [],
    configType: CONFIG_TYPE_CODES.unknown,
    documentation: '',
  };
}
