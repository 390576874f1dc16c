// All keys that are known, by resource, and what becomes of one that is not. Kafka: KafkaConfig, LogConfig, GroupConfig.

import { ConfigError } from './config-error.ts';
import type { ConfigKey } from './config-key.ts';
import { formatConfigValue } from './config-value.ts';
import { nearestName } from './nearest-name.ts';
import { CLUSTER_KEYS } from './table/cluster-keys.ts';
import { COORDINATOR_KEYS } from './table/coordinator-keys.ts';
import { DYNAMIC_ONLY_KEYS } from './table/dynamic-only-keys.ts';
import { GROUP_KEYS } from './table/group-keys.ts';
import { LOGS_KEYS } from './table/logs-keys.ts';
import { NETWORK_KEYS } from './table/network-keys.ts';
import { OTTLA_KEYS } from './table/ottla-keys.ts';
import { SECURITY_KEYS } from './table/security-keys.ts';
import { TOPIC_KEYS } from './table/topic-keys.ts';

/** Keys of one kind of resource, by name. */
export type ConfigTable = ReadonlyMap<string, ConfigKey>;

function table(...parts: readonly (readonly ConfigKey[])[]): ConfigTable {
  const keys = parts.flat().toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return new Map(keys.map((key) => [key.name, key]));
}

/** Keys of a properties file: Kafka's 360 and Ottla's own. */
export const BROKER_TABLE: ConfigTable = table(
  NETWORK_KEYS,
  SECURITY_KEYS,
  COORDINATOR_KEYS,
  LOGS_KEYS,
  CLUSTER_KEYS,
  OTTLA_KEYS,
);
/** Keys of a broker resource that can only be set dynamically. */
export const DYNAMIC_ONLY_TABLE: ConfigTable = table(DYNAMIC_ONLY_KEYS);
export const TOPIC_TABLE: ConfigTable = table(TOPIC_KEYS);
export const GROUP_TABLE: ConfigTable = table(GROUP_KEYS);

/** Keys that belong to plug-ins: nobody else can judge them, so they pass. */
const PLUGIN_PREFIXES = ['rsm.config.', 'rlmm.config.', 'config.providers.', 'confluent.'] as const;

/** Whether an unknown broker key may pass because a plug-in would read it. */
export function isPluginKey(name: string): boolean {
  return PLUGIN_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** `listener.name.<listener>.<key>` is `<key>` for one listener. */
export function withoutListenerPrefix(name: string): string {
  return /^listener\.name\.[^.]+\.(.+)$/.exec(name)?.[1] ?? name;
}

/** @throws ConfigError that names the nearest key there is */
export function requireKey(keys: ConfigTable, name: string, kind: string): ConfigKey {
  const key = keys.get(name);
  if (key !== undefined) return key;
  const nearest = nearestName(name, keys.keys());
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  throw new ConfigError(`Unknown ${kind} config name: ${name}${hint}`, name);
}

/** @throws ConfigError when the key is of the class that takes only its default, and this is not it */
export function refuseUnlessDefault(key: ConfigKey, text: string): void {
  if (key.class !== 'refused') return;
  const shown = formatConfigValue(key, text);
  if (shown === formatConfigValue(key, key.defaultValue)) return;
  if (shown === '' && key.defaultValue === null) return;
  const to = key.defaultValue === null ? 'remove it' : `leave it at "${key.defaultValue}"`;
  const value = key.type === 'password' ? '[hidden]' : text;
  throw new ConfigError(
    `${key.name}=${value} is not supported: ${key.documentation.replace(/^.*?: /, '').replace(/\.$/, '')}; ${to}`,
    key.name,
  );
}
