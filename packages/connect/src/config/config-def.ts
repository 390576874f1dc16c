// The configs that a plugin takes: names, types, defaults, checks, and how they relate.
// Kafka: org.apache.kafka.common.config.ConfigDef.
import { ConfigError } from '../errors.ts';
import { type ConfigType, parseConfigValue } from './config-type.ts';
import { ParsedConfig } from './parsed-config.ts';

export type Importance = 'HIGH' | 'MEDIUM' | 'LOW';
export type Width = 'NONE' | 'SHORT' | 'MEDIUM' | 'LONG';

/** What a user wrote: names and texts. */
export type ConfigProperties = Readonly<Record<string, string | null>>;

/** Checks one value. */
export interface Validator {
  /** @throws ConfigError when the value cannot be */
  ensureValid(name: string, value: unknown): void;
  /** What is valid, for documentation: `[1,...]`. */
  toString(): string;
  /** `ConfigDef.parse` drops what a list repeats before it asks; `ConfigDef.validate` does not, and so reports it. */
  readonly dropsDuplicates?: boolean;
}

/** Proposes values in the light of the other configs' values. */
export interface Recommender {
  /** Possible values; empty: anything goes. May throw ConfigError. */
  validValues(name: string, parsed: ReadonlyMap<string, unknown>): unknown[];
  /** Whether the config makes sense now. */
  visible(name: string, parsed: ReadonlyMap<string, unknown>): boolean;
}

/** One config as its author describes it. */
export interface ConfigKeyDefinition {
  readonly name: string;
  readonly type: ConfigType;
  /** Left out: the config is required. Null is a default as well. Texts are parsed. */
  readonly default?: unknown;
  readonly validator?: Validator;
  /** Default MEDIUM. */
  readonly importance?: Importance;
  readonly documentation?: string;
  /** Heading under which forms show it. Default: none. */
  readonly group?: string;
  /** Place within the group, from 1. Default: the next one; -1 without a group. */
  readonly orderInGroup?: number;
  readonly width?: Width;
  /** Default: the name. */
  readonly displayName?: string;
  /** Configs whose values depend on this one. */
  readonly dependents?: readonly string[];
  readonly recommender?: Recommender;
}

/** One config, complete. */
export interface ConfigKey extends Required<
  Omit<ConfigKeyDefinition, 'default' | 'validator' | 'recommender' | 'group'>
> {
  /** Null: none. */
  readonly group: string | null;
  readonly isRequired: boolean;
  /** Parsed; null for required configs. */
  readonly defaultValue: unknown;
  readonly validator: Validator | undefined;
  readonly recommender: Recommender | undefined;
}

/** What validation found about one config. Connectors may add to it in `validate`. */
export interface ConfigValue {
  readonly name: string;
  value: unknown;
  recommendedValues: unknown[];
  errors: string[];
  visible: boolean;
}

/** Nothing found yet. */
export function newConfigValue(name: string): ConfigValue {
  return { name, value: null, recommendedValues: [], errors: [], visible: true };
}

/** An ordered set of config definitions. `define` changes it, everything else only reads. */
export class ConfigDef {
  readonly #keys = new Map<string, ConfigKey>();
  readonly #groups: string[] = [];

  constructor(...definitions: readonly ConfigKeyDefinition[]) {
    for (const definition of definitions) this.define(definition);
  }

  /** @throws ConfigError when the name is taken, or the default is not valid */
  define(definition: ConfigKeyDefinition): this {
    const { name, group } = definition;
    if (this.#keys.has(name)) throw new ConfigError(`Configuration ${name} is defined twice.`);
    if (group !== undefined && group !== '' && !this.#groups.includes(group))
      this.#groups.push(group);
    this.#keys.set(name, this.#complete(definition));
    return this;
  }

  /** Adds keys of another definition as they are. @throws ConfigError when a name is taken */
  include(keys: Iterable<ConfigKey>): this {
    for (const key of keys) {
      if (this.#keys.has(key.name))
        throw new ConfigError(`Configuration ${key.name} is defined twice.`);
      this.#addGroup(key.group);
      this.#keys.set(key.name, key);
    }
    return this;
  }

  /**
   * Adds every key of `child` with `keyPrefix` before its name, in the group `groupPrefix` (`groupPrefix: group` where the
   * child has one), from `orderStart` on.
   */
  embed(keyPrefix: string, groupPrefix: string, orderStart: number, child: ConfigDef): this {
    let order = orderStart;
    for (const key of child.keys.values()) {
      const group = key.group === null ? groupPrefix : `${groupPrefix}: ${key.group}`;
      this.#addGroup(group);
      const name = keyPrefix + key.name;
      if (this.#keys.has(name)) throw new ConfigError(`Configuration ${name} is defined twice.`);
      this.#keys.set(name, {
        ...key,
        name,
        group,
        orderInGroup: order++,
        displayName: key.displayName,
        dependents: key.dependents.map((dependent) => keyPrefix + dependent),
        validator: key.validator && embeddedValidator(keyPrefix, key.validator),
        recommender: key.recommender && embeddedRecommender(keyPrefix, key.recommender),
      });
    }
    return this;
  }

  #addGroup(group: string | null): void {
    if (group !== null && group !== '' && !this.#groups.includes(group)) this.#groups.push(group);
  }

  /** In the order of definition. */
  get keys(): ReadonlyMap<string, ConfigKey> {
    return this.#keys;
  }

  /** In the order of first use. */
  get groups(): readonly string[] {
    return this.#groups;
  }

  /**
   * Reads every defined config, or its default; undefined ones are left to `ParsedConfig.originals`.
   * @throws ConfigError for the first config that is missing or not valid
   */
  parse(properties: Readonly<Record<string, unknown>>): ParsedConfig {
    const values = new Map<string, unknown>();
    for (const key of this.#keys.values()) {
      const isSet = Object.hasOwn(properties, key.name);
      if (!isSet && key.isRequired) throw new ConfigError(missing(key.name));
      const given = isSet
        ? parseConfigValue(key.name, properties[key.name], key.type)
        : key.defaultValue;
      const value =
        key.validator?.dropsDuplicates && Array.isArray(given) ? [...new Set(given)] : given;
      key.validator?.ensureValid(key.name, value);
      values.set(key.name, value);
    }
    return new ParsedConfig(values, properties);
  }

  /** Reads every defined config and reports all that is wrong, by name. Never throws for what the user wrote. */
  validate(properties: ConfigProperties): Map<string, ConfigValue> {
    const found = new Map<string, ConfigValue>();
    const parsed = new Map<string, unknown>();
    for (const key of this.#keys.values()) {
      const report = newConfigValue(key.name);
      found.set(key.name, report);
      this.#readForValidation(key, properties, report);
      parsed.set(key.name, report.value);
    }
    for (const name of this.#undefinedDependents()) {
      const report = newConfigValue(name);
      report.errors.push(`${name} is referred in the dependents, but not defined.`);
      report.visible = false;
      found.set(name, report);
    }
    for (const key of this.#keys.values()) {
      const report = found.get(key.name);
      if (report !== undefined) recommend(key, parsed, report);
    }
    return found;
  }

  #readForValidation(key: ConfigKey, properties: ConfigProperties, report: ConfigValue): void {
    const isSet = Object.hasOwn(properties, key.name);
    if (!isSet && key.isRequired) report.errors.push(missing(key.name));
    report.value = isSet ? null : key.defaultValue;
    noteErrors(report, () => {
      if (isSet) report.value = parseConfigValue(key.name, properties[key.name], key.type);
    });
    noteErrors(report, () => key.validator?.ensureValid(key.name, report.value));
  }

  #undefinedDependents(): string[] {
    const dependents = [...this.#keys.values()].flatMap((key) => key.dependents);
    return [...new Set(dependents)].filter((name) => !this.#keys.has(name));
  }

  #complete(definition: ConfigKeyDefinition): ConfigKey {
    const { name, type, validator, recommender } = definition;
    const isRequired = definition.default === undefined;
    const defaultValue = isRequired ? null : parseConfigValue(name, definition.default, type);
    if (!isRequired) validator?.ensureValid(name, defaultValue);
    const group = definition.group ?? null;
    return {
      name,
      type,
      isRequired,
      defaultValue,
      validator,
      importance: definition.importance ?? 'MEDIUM',
      documentation: definition.documentation ?? '',
      group,
      orderInGroup: definition.orderInGroup ?? (group === null ? -1 : this.#nextOrder(group)),
      width: definition.width ?? 'NONE',
      displayName: definition.displayName ?? name,
      dependents: definition.dependents ?? [],
      recommender,
    };
  }

  #nextOrder(group: string): number {
    return 1 + [...this.#keys.values()].filter((key) => key.group === group).length;
  }
}

function missing(name: string): string {
  return `Missing required configuration "${name}" which has no default value.`;
}

function noteErrors(report: ConfigValue, step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    report.errors.push(error.message);
  }
}

function recommend(
  key: ConfigKey,
  parsed: ReadonlyMap<string, unknown>,
  report: ConfigValue,
): void {
  const { recommender } = key;
  if (recommender === undefined) return;
  noteErrors(report, () => {
    report.recommendedValues = recommender.validValues(key.name, parsed);
    report.visible = recommender.visible(key.name, parsed);
  });
}

function embeddedValidator(keyPrefix: string, validator: Validator): Validator {
  return {
    ensureValid: (name, value) => validator.ensureValid(name.slice(keyPrefix.length), value),
    toString: () => validator.toString(),
  };
}

/** The child's recommender sees the child's names only. */
function embeddedRecommender(keyPrefix: string, recommender: Recommender): Recommender {
  const unprefixed = (parsed: ReadonlyMap<string, unknown>): Map<string, unknown> =>
    new Map(
      [...parsed]
        .filter(([name]) => name.startsWith(keyPrefix))
        .map(([name, value]) => [name.slice(keyPrefix.length), value]),
    );
  return {
    validValues: (name, parsed) =>
      recommender.validValues(name.slice(keyPrefix.length), unprefixed(parsed)),
    visible: (name, parsed) =>
      recommender.visible(name.slice(keyPrefix.length), unprefixed(parsed)),
  };
}
