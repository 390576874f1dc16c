// Topics that a source connector creates by its own rules before it first writes to them (`topic.creation.*`). Without such
// rules the broker's auto-creation applies. Kafka: TopicCreation, TopicCreationGroup (KIP-158).
import type { Admin, ClientOptions, NewTopic } from '@ottla/client';
import { KafkaError } from '@ottla/client/errors';
import { ConfigDef, type ConfigKeyDefinition } from '../../config/config-def.ts';
import { invalidValue } from '../../config/config-type.ts';
import { javaRegex, wholeMatcher } from '../../config/java-regex.ts';
import type { ParsedConfig } from '../../config/parsed-config.ts';
import { validator } from '../../config/validators.ts';
import { ConnectError } from '../../errors.ts';
import { withPrefix } from '../config/with-prefix.ts';

const PREFIX = 'topic.creation.';
const DEFAULT = 'default';

type Properties = Readonly<Record<string, string>>;

/** The settings that a group of topics is created with. */
export interface TopicGroup {
  readonly name: string;
  readonly include: readonly RegExp[];
  readonly exclude: readonly RegExp[];
  /** Undefined: the broker's default. */
  readonly partitions: number | undefined;
  readonly replicationFactor: number | undefined;
  readonly configs: Readonly<Record<string, string>>;
}

/**
 * The groups in the order of the config, the default group, which takes every topic, last. None without a single
 * `topic.creation.` key: then nothing is created here.
 *
 * @throws ConfigError for a missing or wrong setting
 */
export function topicGroups(properties: Properties): readonly TopicGroup[] {
  if (!Object.keys(properties).some((key) => key.startsWith(PREFIX))) return [];
  const parsed = new ConfigDef(...GROUPS, ...under(DEFAULT, DEFAULT_GROUP)).parse(properties);
  const groups = parsed.list(`${PREFIX}groups`).filter((name) => name !== DEFAULT);
  const defaults = groupOf(DEFAULT, parsed, properties);
  const named = [...new Set(groups)].map((name) => {
    const own = new ConfigDef(...under(name, groupKeys(parsed)));
    return groupOf(name, own.parse(properties), properties);
  });
  return [...named, { ...defaults, include: [/^/], exclude: [] }];
}

/** The topic as the first group that takes it wants it. */
export function newTopicFor(groups: readonly TopicGroup[], topic: string): NewTopic {
  const { partitions, replicationFactor, configs } = groups.find(({ include, exclude }) => {
    const matches = (pattern: RegExp): boolean => pattern.test(topic);
    return include.some(matches) && !exclude.some(matches);
  })!;
  return {
    name: topic,
    configs,
    ...(partitions === undefined ? {} : { numPartitions: partitions }),
    ...(replicationFactor === undefined ? {} : { replicationFactor }),
  };
}

export class TopicCreation {
  readonly #groups: readonly TopicGroup[];
  readonly #options: ClientOptions;
  readonly #known = new Set<string>();
  #admin: Admin | undefined;

  /**
   * @param properties the connector's
   * @param options for the admin client, opened when first needed
   * @throws ConfigError as `topicGroups`
   */
  constructor(properties: Properties, options: ClientOptions) {
    this.#groups = topicGroups(properties);
    this.#options = options;
  }

  isNeeded(topic: string): boolean {
    return this.#groups.length > 0 && !this.#known.has(topic);
  }

  /** Creates the topic unless it is there. @throws ConnectError when it cannot be created */
  async create(topic: string): Promise<void> {
    this.#admin ??= await this.#openAdmin();
    const topics = await this.#admin.listTopics();
    if (!topics.some(({ name }) => name === topic)) await this.#createIn(this.#admin, topic);
    this.#known.add(topic);
  }

  async close(): Promise<void> {
    await this.#admin?.close();
  }

  async #openAdmin(): Promise<Admin> {
    const client = await import('@ottla/client/admin');
    return new client.Admin(this.#options);
  }

  async #createIn(admin: Admin, topic: string): Promise<void> {
    try {
      await admin.createTopics([newTopicFor(this.#groups, topic)]);
    } catch (error) {
      if (error instanceof KafkaError && error.code === 'TOPIC_ALREADY_EXISTS') return;
      throw new ConnectError(
        `Task failed to create new topic ${topic}. Ensure that the task is authorized to create topics or that the topic exists and restart the task`,
        { cause: error },
      );
    }
  }
}

const OWN_KEYS: ReadonlySet<string> = new Set([
  'include',
  'exclude',
  'partitions',
  'replication.factor',
]);

/** Everything in a group that is not Connect's own is a config of the topic. */
function groupOf(name: string, parsed: ParsedConfig, properties: Properties): TopicGroup {
  const prefix = `${PREFIX}${name}.`;
  const configs = Object.entries(withPrefix(properties, prefix)).filter(
    ([key]) => !OWN_KEYS.has(key),
  );
  return {
    name,
    include: patterns(parsed.list(`${prefix}include`)),
    exclude: patterns(parsed.list(`${prefix}exclude`)),
    partitions: brokersDefault(parsed.number(`${prefix}partitions`)),
    replicationFactor: brokersDefault(parsed.number(`${prefix}replication.factor`)),
    configs: Object.fromEntries(configs),
  };
}

function patterns(list: readonly string[]): RegExp[] {
  return list.map((each) => wholeMatcher(javaRegex(each)));
}

/** −1 asks for it. */
function brokersDefault(value: number): number | undefined {
  return value === -1 ? undefined : value;
}

// ---- definitions ----

const GROUPS: readonly ConfigKeyDefinition[] = [
  { name: `${PREFIX}groups`, type: 'LIST', default: [] },
];

function positive(message: string) {
  return validator("Positive number, or -1 to use the broker's default", (name, value) => {
    if (value !== -1 && (value as number) < 1)
      throw invalidValue(name, value, `${message}, or -1 to use the broker's default`);
  });
}

const PARTITIONS = positive('Number of partitions must be positive');
const FACTOR = positive(
  'Replication factor must be positive and not larger than the number of brokers in the Kafka cluster',
);

const REGEX_LIST = validator('valid regular expressions', (name, value) => {
  for (const pattern of value as readonly string[])
    try {
      javaRegex(pattern);
    } catch (error) {
      const reason = (error as Error).message;
      throw invalidValue(name, value, `Syntax error in regular expression: ${reason}`);
    }
});

/** What it includes and excludes is of no account: it takes what is left. */
const DEFAULT_GROUP: readonly ConfigKeyDefinition[] = [
  { name: 'include', type: 'LIST', default: ['.*'], validator: REGEX_LIST },
  { name: 'exclude', type: 'LIST', default: [], validator: REGEX_LIST },
  { name: 'replication.factor', type: 'SHORT', validator: FACTOR },
  { name: 'partitions', type: 'INT', validator: PARTITIONS },
];

/** The keys with the group before their names, so that errors say the whole name. */
function under(group: string, keys: readonly ConfigKeyDefinition[]): ConfigKeyDefinition[] {
  return keys.map((key) => ({ ...key, name: `${PREFIX}${group}.${key.name}` }));
}

function groupKeys(defaults: ParsedConfig): ConfigKeyDefinition[] {
  const inherited = (key: string): number => defaults.number(`${PREFIX}${DEFAULT}.${key}`);
  return [
    { name: 'include', type: 'LIST', default: [], validator: REGEX_LIST },
    { name: 'exclude', type: 'LIST', default: [], validator: REGEX_LIST },
    {
      name: 'replication.factor',
      type: 'SHORT',
      default: inherited('replication.factor'),
      validator: FACTOR,
    },
    { name: 'partitions', type: 'INT', default: inherited('partitions'), validator: PARTITIONS },
  ];
}
