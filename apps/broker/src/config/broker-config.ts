// The broker's configuration: a properties file, overrides from the command line, and dynamic values from the metadata
// log, over the defaults. Values are asked for by Kafka's key, so that there is one name for each thing.
// Kafka: KafkaConfig, DynamicBrokerConfig.

import type { ConfigKey } from './config-key.ts';
import type { ConfigValue } from './config-value.ts';
import { parseConfigValue } from './config-value.ts';
import { ConfigError } from './config-error.ts';
import { BROKER_TABLE, DYNAMIC_ONLY_TABLE, requireKey } from './config-table.ts';
import type { EndPoint, ListenerEndPoint, ResolvedListeners } from './listeners.ts';
import { resolveListeners } from './listeners.ts';
import { checkConsistency } from './consistency.ts';
import { parseBootstrapServers, parseStaticVoters } from './quorum-servers.ts';
import type { QuorumAddress, StaticVoter } from './quorum-servers.ts';
import { readStaticConfig } from './static-config.ts';
import type { StaticConfigSource } from './static-config.ts';
import type { TopicConfig } from './topic-config.ts';
import { topicConfig } from './topic-config.ts';

/** Dynamic values as the metadata image has them. */
export interface DynamicConfigs {
  /** Of the resource "all brokers" (empty name). */
  readonly cluster: ReadonlyMap<string, string>;
  /** Of this broker. */
  readonly broker: ReadonlyMap<string, string>;
}

const NONE: ReadonlyMap<string, string> = new Map();

/** Where {@link BrokerConfig.load} takes values from. */
export type BrokerConfigSource = StaticConfigSource;

/** Effective values now. Parsed values are kept, so a lookup costs one map access. */
export class BrokerConfig {
  /** What the file and the overrides gave, as text. */
  readonly given: ReadonlyMap<string, string>;
  readonly #resolved: ResolvedListeners;
  readonly #parsed = new Map<string, ConfigValue>();
  readonly #changeListeners = new Set<(changed: ReadonlySet<string>) => void>();
  #dynamic: DynamicConfigs = { cluster: NONE, broker: NONE };
  #topicDefaults: TopicConfig | undefined;

  /** @throws ConfigError, in one line, on the first thing that is wrong */
  static load(source: BrokerConfigSource = {}): BrokerConfig {
    return new BrokerConfig(readStaticConfig(source));
  }

  private constructor(given: ReadonlyMap<string, string>) {
    this.given = given;
    for (const name of given.keys()) if (BROKER_TABLE.has(name)) this.#value(name);
    this.#resolved = resolveListeners({
      roles: this.roles,
      listeners: this.list('listeners'),
      advertised:
        this.raw('advertised.listeners') === null ? null : this.list('advertised.listeners'),
      protocolMap: this.string('listener.security.protocol.map')
        .split(/\s*,\s*/)
        .filter((pair) => pair !== ''),
      isProtocolMapGiven: given.has('listener.security.protocol.map'),
      controllerNames: this.list('controller.listener.names'),
      interBrokerName: this.raw('inter.broker.listener.name'),
      interBrokerProtocol: this.string('security.inter.broker.protocol'),
    });
    checkConsistency(this);
  }

  // ---- values by key ---------------------------------------------------------------------------

  /** Text of the effective value: this broker's dynamic one, the cluster's, the given one, the default; null for none. */
  raw(name: string): string | null {
    return (
      this.#dynamic.broker.get(name) ??
      this.#dynamic.cluster.get(name) ??
      this.given.get(name) ??
      (BROKER_TABLE.get(name) ?? DYNAMIC_ONLY_TABLE.get(name))?.defaultValue ??
      null
    );
  }

  /** Whether somebody gave a value, rather than leaving it at its default. */
  isGiven(name: string): boolean {
    return (
      this.#dynamic.broker.has(name) || this.#dynamic.cluster.has(name) || this.given.has(name)
    );
  }

  /** An int, short, long or double; "no limit" (2^63−1) is `Number.MAX_SAFE_INTEGER`. */
  number(name: string): number {
    const value = this.#value(name);
    if (typeof value !== 'number') throw new TypeError(`${name} is no number`);
    return value;
  }

  boolean(name: string): boolean {
    const value = this.#value(name);
    if (typeof value !== 'boolean') throw new TypeError(`${name} is no boolean`);
    return value;
  }

  /** Empty where the key has no value. */
  string(name: string): string {
    const value = this.#value(name) ?? '';
    if (typeof value !== 'string') throw new TypeError(`${name} is no string`);
    return value;
  }

  /** Empty where the key has no value. */
  list(name: string): readonly string[] {
    const value = this.#value(name) ?? [];
    if (typeof value !== 'object') throw new TypeError(`${name} is no list`);
    return value;
  }

  // ---- what has a name of its own --------------------------------------------------------------

  get nodeId(): number {
    return this.number('node.id');
  }

  get roles(): ReadonlySet<'broker' | 'controller'> {
    return new Set(this.list('process.roles') as readonly ('broker' | 'controller')[]);
  }

  /** Undefined when not given. */
  get rack(): string | undefined {
    return this.raw('broker.rack') ?? undefined;
  }

  get logDirs(): readonly string[] {
    return this.raw('log.dirs') === null ? this.list('log.dir') : this.list('log.dirs');
  }

  get listeners(): readonly ListenerEndPoint[] {
    return this.#resolved.listeners;
  }

  /** As configured: a port 0 and an empty host are filled in by the server once it listens. */
  get advertisedListeners(): readonly EndPoint[] {
    return this.#resolved.advertised;
  }

  /** Where other nodes reach this one's controller, as configured: see {@link advertisedListeners}. */
  get advertisedControllerListeners(): readonly EndPoint[] {
    return this.#resolved.advertisedControllers;
  }

  get controllerListenerNames(): readonly string[] {
    return this.#resolved.controllerNames;
  }

  /** `controller.quorum.voters`; empty where the voters are in the log. */
  get staticVoters(): readonly StaticVoter[] {
    return parseStaticVoters(this.list('controller.quorum.voters'));
  }

  /** `controller.quorum.bootstrap.servers`. */
  get quorumBootstrapServers(): readonly QuorumAddress[] {
    return parseBootstrapServers(this.list('controller.quorum.bootstrap.servers'));
  }

  /** Whether this node is the first voter of a new cluster: a controller that nobody told of others. */
  get isStandalone(): boolean {
    const isOwn = ({ host, port }: QuorumAddress): boolean =>
      this.advertisedControllerListeners.some((own) => own.port === port && own.host === host);
    return (
      this.roles.has('controller') &&
      this.staticVoters.length === 0 &&
      this.quorumBootstrapServers.every(isOwn)
    );
  }

  get interBrokerListenerName(): string {
    return this.#resolved.interBrokerName;
  }

  /** What a topic without values of its own has. */
  topicDefaults(): TopicConfig {
    return (this.#topicDefaults ??= topicConfig(this, NONE));
  }

  /** The configuration of a topic with these own values. */
  topic(overrides: ReadonlyMap<string, string>): TopicConfig {
    return overrides.size === 0 ? this.topicDefaults() : topicConfig(this, overrides);
  }

  // ---- dynamic values --------------------------------------------------------------------------

  /** Dynamic values in force. */
  get dynamic(): DynamicConfigs {
    return this.#dynamic;
  }

  /**
   * Puts the dynamic values of the metadata image in force, and tells the listeners which keys changed. Values are
   * checked before they enter the metadata log; one that this version cannot read (another version wrote it) is left out.
   *
   * @returns the keys that were left out
   */
  applyDynamic(dynamic: DynamicConfigs): readonly string[] {
    const before = this.#dynamic;
    const refused: string[] = [];
    this.#dynamic = {
      cluster: readable(dynamic.cluster, refused),
      broker: readable(dynamic.broker, refused),
    };
    const names = [before, this.#dynamic].flatMap(({ cluster, broker }) => [
      ...cluster.keys(),
      ...broker.keys(),
    ]);
    const changed = new Set(
      names.filter((name) => text(before, name) !== text(this.#dynamic, name)),
    );
    for (const name of changed) this.#parsed.delete(name);
    this.#topicDefaults = undefined;
    if (changed.size > 0) for (const listener of this.#changeListeners) listener(changed);
    return refused;
  }

  /** Calls `listener` after dynamic values changed, with the broker keys. @returns a function that ends it */
  onChange(listener: (changed: ReadonlySet<string>) => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  #value(name: string): ConfigValue {
    const known = this.#parsed.get(name);
    if (known !== undefined) return known;
    const key: ConfigKey = DYNAMIC_ONLY_TABLE.get(name) ?? requireKey(BROKER_TABLE, name, 'broker');
    const value = parseConfigValue(key, this.raw(name));
    this.#parsed.set(name, value);
    return value;
  }
}

function text(dynamic: DynamicConfigs, name: string): string | undefined {
  return dynamic.broker.get(name) ?? dynamic.cluster.get(name);
}

/** Those that can be read; the others' names go to `refused`. */
function readable(
  values: ReadonlyMap<string, string>,
  refused: string[],
): ReadonlyMap<string, string> {
  const kept = new Map<string, string>();
  for (const [name, value] of values) {
    const key = BROKER_TABLE.get(name) ?? DYNAMIC_ONLY_TABLE.get(name);
    try {
      if (key === undefined || key.updateMode === 'read-only')
        throw new ConfigError('not dynamic', name);
      parseConfigValue(key, value);
      kept.set(name, value);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      refused.push(name);
    }
  }
  return kept;
}
