// Values from elsewhere: `${provider:path:key}` in a configuration stands for what a provider finds when the connector starts;
// what is stored and shown is the placeholder. Kafka: ConfigTransformer, FileConfigProvider, DirectoryConfigProvider,
// EnvVarConfigProvider, AllowedPaths. Where a value is missing Kafka passes the placeholder on; here that is an error.
import path from 'node:path';
import type { Disk } from '@ottla/platform';
import { javaRegex, wholeMatcher } from '../../config/java-regex.ts';
import { ConfigError } from '../../errors.ts';
import { parseProperties } from '../config/properties.ts';
import { withPrefix } from '../config/with-prefix.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Finds the value of a key; undefined when there is none. */
type Provider = (path: string, key: string) => Promise<string | undefined>;

/** Puts placeholders back into a text, wherever it holds a value that came from a provider. */
export type Conceal = (text: string) => string;

/** A configuration with its values, and what hides them again. */
export interface ResolvedConfig<V extends string | null> {
  readonly config: Record<string, V>;
  readonly conceal: Conceal;
}

const PLACEHOLDER = /\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}/g;
/** Shorter values are no secrets, and would be found in every text. */
const CONCEALED_LENGTH_MIN = 4;

export class ConfigProviders {
  readonly #providers: ReadonlyMap<string, Provider>;

  private constructor(providers: ReadonlyMap<string, Provider>) {
    this.#providers = providers;
  }

  /** @throws ConfigError for a provider without a class, of a class that is not there, or with settings that are wrong */
  static async open(
    workerProperties: Readonly<Record<string, string>>,
    disk: Disk,
    env: Environment,
  ): Promise<ConfigProviders> {
    const providers = new Map<string, Provider>();
    for (const name of list(workerProperties['config.providers'])) {
      const prefix = `config.providers.${name}.`;
      const { class: className, ...settings } = withPrefix(workerProperties, prefix);
      if (className === undefined) throw new ConfigError(`${prefix}class is missing`);
      const allowed = await allowedPaths(`${prefix}param.`, settings['param.allowed.paths'], disk);
      const pattern = settings['param.allowlist.pattern'];
      providers.set(name, provider(className, { allowed, pattern, disk, env }));
    }
    return new ConfigProviders(providers);
  }

  /** The configuration with every placeholder of a known provider resolved. @throws ConfigError when there is no such value */
  async resolve<V extends string | null>(
    config: Readonly<Record<string, V>>,
  ): Promise<ResolvedConfig<V>> {
    const values = new Map<string, string>();
    const pairs = Object.entries(config).map(
      async ([name, value]) =>
        [name, typeof value === 'string' ? await this.#text(name, value, values) : value] as const,
    );
    return {
      config: Object.fromEntries(await Promise.all(pairs)) as Record<string, V>,
      conceal: concealing(values),
    };
  }

  async #text(name: string, text: string, values: Map<string, string>): Promise<string> {
    let resolved = '';
    let from = 0;
    for (const match of text.matchAll(PLACEHOLDER)) {
      const [all, providerName = '', , where = '', key = ''] = match;
      const find = this.#providers.get(providerName);
      if (find === undefined) continue;
      const value = await find(where, key);
      if (value === undefined)
        throw new ConfigError(
          `Could not read the value of ${all} for ${name}: there is no such key`,
        );
      values.set(value, all);
      resolved += text.slice(from, match.index) + value;
      from = match.index + all.length;
    }
    return resolved + text.slice(from);
  }
}

/** Longest first, for one value may be part of another. */
function concealing(values: ReadonlyMap<string, string>): Conceal {
  const pairs = [...values]
    .filter(([value]) => value.length >= CONCEALED_LENGTH_MIN)
    .sort(([a], [b]) => b.length - a.length);
  return (text) =>
    pairs.reduce((shown, [value, placeholder]) => shown.replaceAll(value, () => placeholder), text);
}

// ---- providers ----

interface ProviderSettings {
  /** Undefined: everywhere. */
  readonly allowed: readonly string[] | undefined;
  readonly pattern: string | undefined;
  readonly disk: Disk;
  readonly env: Environment;
}

function provider(className: string, { allowed, pattern, disk, env }: ProviderSettings): Provider {
  switch (className.slice(className.lastIndexOf('.') + 1)) {
    case 'EnvVarConfigProvider':
      return variables(env, wholeMatcher(javaRegex(pattern ?? '.*')));
    case 'FileConfigProvider':
      return async (where, key) => {
        if (where === '') return undefined;
        const text = await readText(disk, permitted(where, allowed));
        return parseProperties(text).get(key);
      };
    case 'DirectoryConfigProvider':
      return async (where, key) => {
        if (where === '' || key === '' || key !== path.basename(key)) return undefined;
        const file = path.join(permitted(where, allowed), key);
        const found = await disk.stat(file);
        return found?.kind === 'file' ? await readText(disk, file) : undefined;
      };
    default:
      throw new ConfigError(
        `the config provider ${className} is not there; there are FileConfigProvider, DirectoryConfigProvider and EnvVarConfigProvider`,
      );
  }
}

function variables(env: Environment, allowed: RegExp): Provider {
  return async (where, key) => {
    if (where !== '')
      throw new ConfigError(
        `Path is not supported for EnvVarConfigProvider, invalid value '${where}'`,
      );
    return allowed.test(key) ? env[key] : undefined;
  };
}

async function readText(disk: Disk, file: string): Promise<string> {
  try {
    return (await disk.readFile(file)).toString('utf8');
  } catch (error) {
    throw new ConfigError(`Could not read properties from file ${file}`, { cause: error });
  }
}

// ---- allowed.paths ----

async function allowedPaths(
  prefix: string,
  text: string | undefined,
  disk: Disk,
): Promise<readonly string[] | undefined> {
  const paths = list(text).map((each) => path.normalize(each));
  for (const each of paths) {
    if (!path.isAbsolute(each))
      throw new ConfigError(`${prefix}allowed.paths: Path ${each} is not absolute`);
    if ((await disk.stat(each)) === undefined)
      throw new ConfigError(`${prefix}allowed.paths: Path ${each} does not exist`);
  }
  return paths.length === 0 ? undefined : paths;
}

/** @throws ConfigError for a path that leads elsewhere than allowed, by dots too */
function permitted(where: string, allowed: readonly string[] | undefined): string {
  if (allowed === undefined) return where;
  const normal = path.normalize(where);
  const isInside = allowed.some((root) => {
    const relative = path.relative(root, normal);
    return path.isAbsolute(normal) && relative.split(path.sep)[0] !== '..';
  });
  if (!isInside) throw new ConfigError(`the path ${where} is not in allowed.paths`);
  return normal;
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}
