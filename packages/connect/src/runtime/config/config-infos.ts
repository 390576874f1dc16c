// The answers of `GET /connector-plugins/…/config` and `PUT …/config/validate`: definitions and values as Kafka shows them.
// Secrets are shown as `[hidden]`. Kafka: ConfigKeyInfo, ConfigValueInfo, ConfigInfos.
import type { ConfigKey, ConfigValue } from '../../config/config-def.ts';
import { configValueToString } from '../../config/config-type.ts';

/** A definition, in the field names of the answer. */
export interface ConfigKeyInfo {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly default_value: string | null;
  readonly importance: string;
  readonly documentation: string;
  readonly group: string | null;
  readonly order_in_group: number;
  readonly width: string;
  readonly display_name: string;
  readonly dependents: readonly string[];
}

/** A value, with what is wrong with it. */
export interface ConfigValueInfo {
  readonly name: string;
  readonly value: string | null;
  readonly recommended_values: readonly (string | null)[];
  readonly errors: readonly string[];
  readonly visible: boolean;
}

/** The outcome of a validation. */
export interface ConfigInfos {
  /** The connector's class, as the configuration has it. */
  readonly name: string;
  readonly error_count: number;
  readonly groups: readonly string[];
  readonly configs: readonly {
    readonly definition: ConfigKeyInfo | null;
    readonly value: ConfigValueInfo | null;
  }[];
}

/** @param prefix goes before the name */
export function configKeyInfo(key: ConfigKey, prefix = ''): ConfigKeyInfo {
  return {
    name: prefix + key.name,
    type: key.type,
    required: key.isRequired,
    default_value: key.isRequired ? null : configValueToString(key.defaultValue, key.type),
    importance: key.importance,
    documentation: key.documentation,
    group: key.group,
    order_in_group: key.orderInGroup,
    width: key.width,
    display_name: key.displayName,
    dependents: key.dependents,
  };
}

/** The configs of one definition with their values; values without a definition go first. */
export function configInfos(
  keys: ReadonlyMap<string, ConfigKey>,
  values: readonly ConfigValue[],
  groups: readonly string[],
  prefix = '',
): Omit<ConfigInfos, 'name'> {
  const byName = new Map(values.map((value) => [value.name, value]));
  const undefinedOnes = values
    .filter(({ name }) => !keys.has(name))
    .map((value) => ({ definition: null, value: configValueInfo(value, undefined, prefix) }));
  const definedOnes = [...keys.values()].map((key) => {
    const value = byName.get(key.name);
    return {
      definition: configKeyInfo(key, prefix),
      value: value === undefined ? null : configValueInfo(value, key, prefix),
    };
  });
  return {
    error_count: values.reduce((count, { errors }) => count + errors.length, 0),
    groups,
    configs: [...undefinedOnes, ...definedOnes],
  };
}

function configValueInfo(
  { name, value, recommendedValues, errors, visible }: ConfigValue,
  key: ConfigKey | undefined,
  prefix: string,
): ConfigValueInfo {
  const type = key?.type ?? 'STRING';
  const elementType = type === 'LIST' ? 'STRING' : type;
  return {
    name: prefix + name,
    value: configValueToString(value, type),
    recommended_values: recommendedValues.map((each) => configValueToString(each, elementType)),
    errors,
    visible,
  };
}

/** Several outcomes as one. */
export function mergedInfos(
  name: string,
  ...parts: readonly Omit<ConfigInfos, 'name'>[]
): ConfigInfos {
  return {
    name,
    error_count: parts.reduce((count, part) => count + part.error_count, 0),
    groups: [...new Set(parts.flatMap(({ groups }) => groups))],
    configs: parts.flatMap(({ configs }) => configs),
  };
}
