// What is known about one configuration key, and the short notation in which `table/` writes it down. Each key of
// Kafka 4.3 is in one of three classes (DESIGN §2); a key without an entry is the fourth: unknown.

/**
 * What this version does with a value:
 * `honoured`: acts on it; `accepted`: takes any valid value, without effect; `refused`: takes only the default.
 */
export type ConfigClass = 'honoured' | 'accepted' | 'refused';

/** Whether and where a value can be changed while the broker runs (topic and group keys are always `cluster-wide`). */
export type UpdateMode = 'read-only' | 'per-broker' | 'cluster-wide';

export type ConfigType =
  | 'boolean'
  | 'string'
  | 'int'
  | 'short'
  | 'long'
  | 'double'
  | 'list'
  | 'class'
  | 'password';

/** What a value must satisfy beyond its type. */
export interface Constraint {
  /** Inclusive. */
  readonly min?: number;
  /** Inclusive. */
  readonly max?: number;
  /** The allowed values, or elements of a list. */
  readonly oneOf?: readonly string[];
  readonly ignoreCase?: boolean;
  /** An empty string or list is refused. */
  readonly nonEmpty?: boolean;
  /** Each element must match; `means` is for the message. */
  readonly pattern?: { readonly regex: RegExp; readonly means: string };
}

/** A broker key that stands in for a topic key; its value times `factor` is in the topic key's unit. */
export interface Synonym {
  readonly name: string;
  readonly factor: number;
}

export interface ConfigKey {
  readonly name: string;
  readonly class: ConfigClass;
  readonly updateMode: UpdateMode;
  readonly type: ConfigType;
  /** In the notation of a properties file; null where Kafka has no value. */
  readonly defaultValue: string | null;
  readonly constraint: Constraint;
  /** One sentence: what the key does, or why it does nothing here. */
  readonly documentation: string;
  /** For topic keys: the broker keys to look at, in order. */
  readonly synonyms: readonly Synonym[];
  /** Not shown by DescribeConfigs. */
  readonly isInternal: boolean;
}

export const readOnly: UpdateMode = 'read-only';
export const perBroker: UpdateMode = 'per-broker';
export const clusterWide: UpdateMode = 'cluster-wide';

/** Elements `partition:broker` or the one element `*`. */
export const THROTTLED_REPLICAS: NonNullable<Constraint['pattern']> = {
  regex: /^(\d+:\d+|\*)$/,
  means: 'partition:broker pairs, or *',
};

type TypedDefault = Pick<ConfigKey, 'type' | 'defaultValue' | 'constraint'>;
type DefineType = (defaultValue: string | null, constraint?: Constraint) => TypedDefault;

function defineType(type: ConfigType, range: Constraint = {}): DefineType {
  return (defaultValue, constraint = {}) => ({
    type,
    defaultValue,
    constraint: { ...range, ...constraint },
  });
}

export const bool: DefineType = defineType('boolean');
export const string: DefineType = defineType('string');
export const short: DefineType = defineType('short', { min: -0x8000, max: 0x7fff });
export const int: DefineType = defineType('int', { min: -0x8000_0000, max: 0x7fff_ffff });
export const long: DefineType = defineType('long');
export const double: DefineType = defineType('double');
export const list: DefineType = defineType('list');
export const javaClass: DefineType = defineType('class');
export const password: DefineType = defineType('password');

interface KeyExtras {
  readonly synonyms?: readonly (string | readonly [name: string, factor: number])[];
  readonly internal?: boolean;
}

type DefineKey = (
  name: string,
  updateMode: UpdateMode,
  value: TypedDefault,
  documentation: string,
  extras?: KeyExtras,
) => ConfigKey;

function defineKey(configClass: ConfigClass): DefineKey {
  return (name, updateMode, value, documentation, extras = {}) => ({
    name,
    class: configClass,
    updateMode,
    ...value,
    documentation: configClass === 'honoured' ? documentation : inClass[configClass](documentation),
    synonyms: (extras.synonyms ?? []).map((synonym) =>
      typeof synonym === 'string'
        ? { name: synonym, factor: 1 }
        : { name: synonym[0], factor: synonym[1] },
    ),
    isInternal: extras.internal ?? false,
  });
}

const inClass = {
  accepted: (reason: string): string => `Accepted without effect: ${reason}.`,
  refused: (reason: string): string => `Only the default is accepted: ${reason}.`,
};

export const honoured: DefineKey = defineKey('honoured');
export const accepted: DefineKey = defineKey('accepted');
export const refused: DefineKey = defineKey('refused');
