// From a properties text and `key=value` overrides to checked text values: unknown keys, the keys that take only their
// default, and the listener that the controller needs when nobody gave one.

import type { Logger } from '@ottla/platform';
import { ConfigError } from './config-error.ts';
import {
  BROKER_TABLE,
  isPluginKey,
  refuseUnlessDefault,
  requireKey,
  withoutListenerPrefix,
} from './config-table.ts';
import { formatConfigValue, parseConfigValue } from './config-value.ts';
import { parseProperties } from './properties.ts';

/** Where values come from; what comes later goes before. */
export interface StaticConfigSource {
  /** Values that the program chooses (the CLI's `dev`); the file and the overrides go before them. */
  readonly presets?: Readonly<Record<string, string>>;
  /** A server.properties text. */
  readonly properties?: string;
  /** `key=value`. */
  readonly overrides?: readonly string[];
  /** Lets unknown keys pass. */
  readonly allowUnknown?: boolean;
  /** Gets one line with the keys that have no effect. */
  readonly logger?: Logger;
}

/** @throws ConfigError */
export function readStaticConfig(source: StaticConfigSource): ReadonlyMap<string, string> {
  const given = new Map(Object.entries(source.presets ?? {}));
  for (const [name, value] of parseProperties(source.properties ?? '')) given.set(name, value);
  for (const override of source.overrides ?? []) given.set(...splitOverride(override));
  const withoutEffect: string[] = [];
  for (const [name, value] of given) {
    const key = BROKER_TABLE.get(withoutListenerPrefix(name));
    if (key === undefined) {
      if (source.allowUnknown !== true && !isPluginKey(name))
        requireKey(BROKER_TABLE, name, 'broker');
      continue;
    }
    parseConfigValue(key, value);
    refuseUnlessDefault(key, value);
    if (key.class === 'accepted' && formatConfigValue(key, value) !== key.defaultValue)
      withoutEffect.push(name);
  }
  if (withoutEffect.length > 0)
    source.logger?.info(`configuration without effect here: ${withoutEffect.join(', ')}`);
  return withControllerListener(given);
}

function splitOverride(override: string): [name: string, value: string] {
  const at = override.indexOf('=');
  if (at < 1) throw new ConfigError(`--override ${override}: expected key=value`);
  return [override.slice(0, at).trim(), override.slice(at + 1).trim()];
}

/** Kafka makes the operator name the controller's listener; here a loopback one is added: on a free port beside a broker. */
function withControllerListener(given: Map<string, string>): ReadonlyMap<string, string> {
  const roles = given.get('process.roles') ?? BROKER_TABLE.get('process.roles')!.defaultValue!;
  if (!/\bcontroller\b/.test(roles) || given.has('controller.listener.names')) return given;
  if (!/\bbroker\b/.test(roles)) {
    if (!given.has('listeners')) given.set('listeners', 'CONTROLLER://127.0.0.1:9093');
    return given;
  }
  const listeners = given.get('listeners') ?? BROKER_TABLE.get('listeners')!.defaultValue!;
  if (!/(^|,)\s*CONTROLLER:\/\//i.test(listeners))
    given.set('listeners', `${listeners},CONTROLLER://127.0.0.1:0`);
  return given;
}
