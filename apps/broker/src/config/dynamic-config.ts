// Which changes a running cluster takes: AlterConfigs and IncrementalAlterConfigs of broker, topic and group resources.
// Kafka: DynamicBrokerConfig.validateConfigs, ConfigurationControlManager.

import { ConfigError } from './config-error.ts';
import type { ConfigKey } from './config-key.ts';
import type { ConfigTable } from './config-table.ts';
import {
  BROKER_TABLE,
  DYNAMIC_ONLY_TABLE,
  GROUP_TABLE,
  isPluginKey,
  refuseUnlessDefault,
  requireKey,
  TOPIC_TABLE,
  withoutListenerPrefix,
} from './config-table.ts';
import { parseConfigValue } from './config-value.ts';
import { validateTopicConfig } from './topic-config.ts';

/** The resources whose configuration can be changed. `cluster` is the broker resource with the empty name. */
export type ConfigScope = 'topic' | 'broker' | 'cluster' | 'group';

/**
 * Checks all values that a resource would have after a change.
 *
 * @throws ConfigError: answer INVALID_CONFIG (topic, group) or INVALID_REQUEST (broker), with its message
 */
export function validateConfigs(scope: ConfigScope, values: ReadonlyMap<string, string>): void {
  if (scope === 'topic') validateTopicConfig(values);
  else for (const [name, text] of values) validateOne(scope, name, text);
}

/** Whether a key's value is a list, so that IncrementalAlterConfigs may append to it and subtract from it. */
export function isListKey(scope: ConfigScope, name: string): boolean {
  return tableOf(scope).get(name)?.type === 'list';
}

/** The value that append and subtract begin with when the resource has none of its own. */
export function defaultText(scope: ConfigScope, name: string): string | null {
  return tableOf(scope).get(name)?.defaultValue ?? null;
}

function tableOf(scope: ConfigScope): ConfigTable {
  if (scope === 'topic') return TOPIC_TABLE;
  return scope === 'group' ? GROUP_TABLE : BROKER_TABLE;
}

function validateOne(scope: Exclude<ConfigScope, 'topic'>, name: string, text: string): void {
  if (scope === 'group') {
    parseConfigValue(requireKey(GROUP_TABLE, name, 'group'), text);
    return;
  }
  const key = brokerKey(name);
  // Kafka lets keys pass that it does not know, for plug-ins.
  if (key === undefined) return;
  if (key.updateMode === 'read-only')
    throw new ConfigError(`Cannot update these configs dynamically: ${name}`, name);
  if (scope === 'cluster' && key.updateMode === 'per-broker')
    throw new ConfigError(
      `Cannot update ${name} at cluster level: it is a per-broker config`,
      name,
    );
  parseConfigValue(key, text);
  refuseUnlessDefault(key, text);
}

function brokerKey(name: string): ConfigKey | undefined {
  const base = withoutListenerPrefix(name);
  const dynamicOnly = DYNAMIC_ONLY_TABLE.get(base);
  if (dynamicOnly !== undefined) return dynamicOnly;
  return isPluginKey(name) ? undefined : requireKey(BROKER_TABLE, base, 'broker');
}
