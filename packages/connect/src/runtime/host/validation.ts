// Checks a connector's configuration as a whole: common keys, the connector's own, its converters', transformations' and
// client overrides. Kafka: AbstractHerder.validateConnectorConfig, ConnectorConfig.enrich.
import { ConfigDef, type ConfigValue, newConfigValue } from '../../config/config-def.ts';
import { javaRegex, matchesWhole } from '../../config/java-regex.ts';
import type { Connector } from '../../connector/connector.ts';
import { ConfigError } from '../../errors.ts';
import type { PluginRegistry } from '../../plugin/plugin-registry.ts';
import { clientOptions } from '../config/client-keys.ts';
import { type ConfigInfos, configInfos, mergedInfos } from '../config/config-infos.ts';
import { connectorDefinition } from '../config/connector-definition.ts';
import { withPrefix } from '../config/with-prefix.ts';
import { BadRequestError } from '../herder/rest-errors.ts';
import type { HostInput } from './host-protocol.ts';
import { aliases } from './open-plugins.ts';

type Properties = Readonly<Record<string, string | null>>;
type Infos = Omit<ConfigInfos, 'name'>;

/** @throws BadRequestError when the connector's class is missing or unknown */
export async function validateConnector(
  properties: Properties,
  registry: PluginRegistry,
  input: HostInput,
): Promise<ConfigInfos> {
  const name = properties['connector.class'];
  if (name === undefined || name === null)
    throw new BadRequestError('Connector config contains no connector type');
  const { plugin } = requireConnector(registry, name);
  const definition = connectorDefinition(plugin.type);
  const errorsByName = new Map<string, string[]>();
  embedAliases(definition, properties, registry, errorsByName);
  const values = definition.validate(properties);
  for (const [key, errors] of errorsByName) values.get(key)?.errors.push(...errors);
  if (plugin.type === 'sink') checkTopics(properties, values);
  for (const [key, value] of Object.entries(properties))
    if (value === null) reportOf(values, key).errors.push(NULL_VALUE);
  const connector = plugin.create() as Connector;
  const own = connector.configDef();
  const ownValues = await connector.validate(properties);
  const converters = (['key', 'value', 'header'] as const).flatMap((side) =>
    converterInfos(side, properties, values, registry),
  );
  const keys = new ConfigDef().include(definition.keys.values());
  const ownOnly = [...own.keys.values()].filter((key) => !keys.keys.has(key.name));
  keys.include(ownOnly);
  return mergedInfos(
    name,
    configInfos(
      keys.keys,
      [...values.values(), ...ownValues],
      [...definition.groups, ...own.groups],
    ),
    ...overrideInfos(plugin.type, properties, input),
    ...converters,
  );
}

const NULL_VALUE = 'Null value can not be supplied as the configuration value.';

function requireConnector(registry: PluginRegistry, name: string) {
  try {
    return registry.require(['source', 'sink'], name);
  } catch (error) {
    throw new BadRequestError((error as Error).message, { cause: error });
  }
}

function reportOf(values: Map<string, ConfigValue>, name: string): ConfigValue {
  const report = values.get(name) ?? newConfigValue(name);
  values.set(name, report);
  return report;
}

/** The two lists of aliases in a connector's configuration. */
const CHAINS = [
  { list: 'transforms', type: 'transformation', group: 'Transforms', kind: 'Transformation' },
  { list: 'predicates', type: 'predicate', group: 'Predicates', kind: 'Predicate' },
] as const;

type Chain = (typeof CHAINS)[number];

/** Adds the keys of each transformation and predicate under its alias. */
function embedAliases(
  definition: ConfigDef,
  properties: Properties,
  registry: PluginRegistry,
  errors: Map<string, string[]>,
): void {
  for (const chain of CHAINS)
    for (const alias of aliases(properties[chain.list])) {
      defineAlias(definition, chain, alias, registry);
      embedPlugin(definition, chain, alias, { properties, registry, errors });
    }
}

/** What every alias has: the class, and its version. */
function defineAlias(
  definition: ConfigDef,
  { list, type, group, kind }: Chain,
  alias: string,
  registry: PluginRegistry,
): void {
  definition.define({
    name: `${list}.${alias}.type`,
    type: 'CLASS',
    importance: 'HIGH',
    documentation: `Class of the ${kind.toLowerCase()} '${alias}'.`,
    group: `${group}: ${alias}`,
    orderInGroup: 0,
    width: 'LONG',
    displayName: `${kind} type for ${alias}`,
    recommender: {
      validValues: () => registry.list(type).map(({ plugin }) => plugin.className),
      visible: () => true,
    },
  });
  definition.define({
    name: `${list}.${alias}.plugin.version`,
    type: 'STRING',
    default: null,
    importance: 'HIGH',
    documentation: `Version of the ${kind.toLowerCase()} '${alias}'.`,
    group: `${group}: ${alias}`,
    orderInGroup: 1,
    width: 'LONG',
    displayName: `${kind} version for ${alias}`,
  });
}

/** The keys of the class that an alias names. */
function embedPlugin(
  definition: ConfigDef,
  { list, type, group }: Chain,
  alias: string,
  given: {
    readonly properties: Properties;
    readonly registry: PluginRegistry;
    readonly errors: Map<string, string[]>;
  },
): void {
  const { properties, registry, errors } = given;
  const prefix = `${list}.${alias}.`;
  const typeKey = `${prefix}type`;
  const className = properties[typeKey];
  if (className === undefined || className === null) return;
  const found = registry.find([type], className.trim());
  if (found === undefined) {
    errors.set(typeKey, [
      `Invalid value ${className} for configuration ${typeKey}: Class ${className} could not be found.`,
    ]);
    return;
  }
  const child = type === 'transformation' ? new ConfigDef(...IMPLICIT) : new ConfigDef();
  child.include(
    [...found.plugin.create().configDef().keys.values()].filter(
      ({ name }) => !child.keys.has(name),
    ),
  );
  definition.embed(prefix, `${group}: ${alias}`, 2, child);
  if (properties[`${prefix}negate`] !== undefined && properties[`${prefix}predicate`] === undefined)
    errors.set(typeKey, [
      `Config '${prefix}negate' was provided but there is no config '${prefix}predicate' defining a predicate to be negated.`,
    ]);
}

/** What every transformation takes. */
const IMPLICIT = [
  {
    name: 'predicate',
    type: 'STRING',
    default: null,
    importance: 'MEDIUM',
    documentation: 'Alias of the predicate that decides whether the transformation is applied.',
  },
  {
    name: 'negate',
    type: 'BOOLEAN',
    default: false,
    importance: 'MEDIUM',
    documentation: 'Whether it is applied where the predicate does not hold.',
  },
] as const;

function checkTopics(properties: Properties, values: Map<string, ConfigValue>): void {
  const topics = (properties['topics'] ?? '').trim();
  const regex = (properties['topics.regex'] ?? '').trim();
  const deadLetters = (properties['errors.deadletterqueue.topic.name'] ?? '').trim();
  const both = (message: string): void => {
    reportOf(values, 'topics').errors.push(message);
    reportOf(values, 'topics.regex').errors.push(message);
  };
  if (topics !== '' && regex !== '')
    both('topics and topics.regex are mutually exclusive options, but both are set.');
  if (topics === '' && regex === '') both('Must configure one of topics or topics.regex');
  if (deadLetters === '') return;
  const list = aliases(topics);
  if (list.includes(deadLetters))
    reportOf(values, 'topics').errors.push(
      `The DLQ topic '${deadLetters}' may not be included in the list of topics ('topics=[${list.join(', ')}]') consumed by the connector`,
    );
  if (regex !== '' && isMatched(regex, deadLetters))
    reportOf(values, 'topics.regex').errors.push(
      `The DLQ topic '${deadLetters}' may not be matched by the regex for the topics ('topics.regex=${regex}') consumed by the connector`,
    );
}

function isMatched(regex: string, topic: string): boolean {
  try {
    return matchesWhole(javaRegex(regex), topic);
  } catch (error) {
    // The validator of topics.regex has said so.
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

/** A converter that the connector itself names, with its settings. */
function converterInfos(
  side: 'key' | 'value' | 'header',
  properties: Properties,
  values: Map<string, ConfigValue>,
  registry: PluginRegistry,
): Infos[] {
  const key = `${side}.converter`;
  const className = properties[key];
  if (className === undefined || className === null) return [];
  const found = registry.find(side === 'header' ? ['header_converter'] : ['converter'], className);
  if (found === undefined) {
    reportOf(values, key).errors.push(
      `Invalid value ${className} for configuration ${key}: Class ${className} could not be found.`,
    );
    return [];
  }
  const definition = found.plugin.create().configDef();
  const own = withPrefix(nonNull(properties), `${key}.`);
  const given = definition.keys.has('converter.type') ? { 'converter.type': side, ...own } : own;
  return [
    configInfos(
      definition.keys,
      [...definition.validate(given).values()],
      definition.groups,
      `${key}.`,
    ),
  ];
}

function overrideInfos(type: 'source' | 'sink', properties: Properties, input: HostInput): Infos[] {
  const kinds =
    type === 'source'
      ? (['producer', 'admin'] as const)
      : (['consumer', 'admin', 'producer'] as const);
  return kinds.map((kind) => {
    const prefix = `${kind}.override.`;
    const settings = Object.entries(withPrefix(nonNull(properties), prefix));
    const values = settings.map(([key, value]) => {
      const report = newConfigValue(key);
      report.value = value;
      report.errors = [...policyErrors(key, input), ...settingErrors(kind, key, value)];
      return report;
    });
    return configInfos(new Map(), values, [], prefix);
  });
}

/** `connector.client.config.override.policy`. */
function policyErrors(key: string, { workerProperties }: HostInput): string[] {
  const policy = (workerProperties['connector.client.config.override.policy'] ?? 'All').trim();
  const allowed =
    policy === 'None'
      ? []
      : policy === 'Principal'
        ? ['security.protocol', 'sasl.jaas.config', 'sasl.mechanism']
        : policy === 'Allowlist'
          ? aliases(workerProperties['connector.client.config.override.allowlist'])
          : undefined;
  if (allowed === undefined || allowed.includes(key)) return [];
  return [
    `The '${policy}' policy does not allow '${key}' to be overridden in the connector configuration.`,
  ];
}

function settingErrors(
  kind: 'producer' | 'consumer' | 'admin',
  key: string,
  value: string,
): string[] {
  try {
    clientOptions(kind as 'admin', { [key]: value });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [error.message];
  }
}

function nonNull(properties: Properties): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}
