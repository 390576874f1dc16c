// Topics that a source connector creates by its own rules before it first writes to them (`topic.creation.*`). Without such
// rules the broker's auto-creation applies. Kafka: TopicCreation, TopicCreationGroup (KIP-158).
import { Admin, type ClientOptions, KafkaError } from '@ottla/client';
import { javaRegex, wholeMatcher } from '../../config/java-regex.ts';
import { ConfigError, ConnectError } from '../../errors.ts';
import { withPrefix } from '../config/with-prefix.ts';

const PREFIX = 'topic.creation.';

interface Group {
  readonly name: string;
  readonly include: readonly RegExp[];
  readonly exclude: readonly RegExp[];
  /** Undefined: the broker's default. */
  readonly partitions: number | undefined;
  readonly replicationFactor: number | undefined;
  readonly configs: Readonly<Record<string, string>>;
}

export class TopicCreation {
  readonly #groups: readonly Group[];
  readonly #options: ClientOptions;
  readonly #known = new Set<string>();
  #admin: Admin | undefined;

  /**
   * @param properties the connector's; without the default group nothing is created here
   * @param options for the admin client, opened when first needed
   */
  constructor(properties: Readonly<Record<string, string>>, options: ClientOptions) {
    this.#groups = isUsed(properties) ? groupsOf(properties) : [];
    this.#options = options;
  }

  isNeeded(topic: string): boolean {
    return this.#groups.length > 0 && !this.#known.has(topic);
  }

  /** Creates the topic unless it is there. @throws ConnectError when it cannot be created */
  async create(topic: string): Promise<void> {
    this.#admin ??= new Admin(this.#options);
    const topics = await this.#admin.listTopics();
    if (!topics.some(({ name }) => name === topic)) await this.#createIn(this.#admin, topic);
    this.#known.add(topic);
  }

  async close(): Promise<void> {
    await this.#admin?.close();
  }

  async #createIn(admin: Admin, topic: string): Promise<void> {
    const group = this.#groups.find(({ include, exclude }) => {
      const matches = (pattern: RegExp): boolean => pattern.test(topic);
      return include.some(matches) && !exclude.some(matches);
    });
    if (group === undefined) return;
    const { partitions, replicationFactor, configs } = group;
    try {
      await admin.createTopics([
        {
          name: topic,
          configs,
          ...(partitions === undefined ? {} : { numPartitions: partitions }),
          ...(replicationFactor === undefined ? {} : { replicationFactor }),
        },
      ]);
    } catch (error) {
      if (error instanceof KafkaError && error.code === 'TOPIC_ALREADY_EXISTS') return;
      throw new ConnectError(
        `Task failed to create new topic ${topic}. Ensure that the task is authorized to create topics or that the topic exists and restart the task`,
        { cause: error },
      );
    }
  }
}

function isUsed(properties: Readonly<Record<string, string>>): boolean {
  return Object.keys(properties).some((key) => key.startsWith(`${PREFIX}default.`));
}

/** Groups in the order of the config, the default group last. */
function groupsOf(properties: Readonly<Record<string, string>>): Group[] {
  const names = (properties[`${PREFIX}groups`] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'default');
  const defaults = withPrefix(properties, `${PREFIX}default.`);
  for (const key of ['replication.factor', 'partitions'])
    if (defaults[key] === undefined)
      throw new ConfigError(
        `Missing required configuration "${PREFIX}default.${key}" which has no default value.`,
      );
  const groups = [...new Set(names)].map((name) =>
    group(name, withPrefix(properties, `${PREFIX}${name}.`), defaults),
  );
  const { include: _include, exclude: _exclude, ...rest } = defaults;
  return [...groups, group('default', { ...rest, include: '.*' }, defaults)];
}

function group(
  name: string,
  settings: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>>,
): Group {
  const { include, exclude, partitions, 'replication.factor': factor, ...configs } = settings;
  return {
    name,
    include: patterns(include),
    exclude: patterns(exclude),
    partitions: positive(`${PREFIX}${name}.partitions`, partitions ?? defaults['partitions']),
    replicationFactor: positive(
      `${PREFIX}${name}.replication.factor`,
      factor ?? defaults['replication.factor'],
    ),
    configs,
  };
}

function patterns(list: string | undefined): RegExp[] {
  return (list ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each) => wholeMatcher(javaRegex(each)));
}

/** −1 asks for the broker's default. */
function positive(key: string, text: string | undefined): number | undefined {
  const value = Number(text);
  if (value === -1) return undefined;
  if (Number.isInteger(value) && value > 0) return value;
  throw new ConfigError(
    `Invalid value ${text} for configuration ${key}: it must be positive, or -1 for the broker's default`,
  );
}
