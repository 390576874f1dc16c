// Values from elsewhere: `${provider:path:key}` in a configuration stands for what a provider finds when the connector starts;
// what is stored and shown is the placeholder. Kafka: FileConfigProvider, DirectoryConfigProvider, EnvVarConfigProvider.
import type { Disk } from '@ottla/platform';
import { ConfigError } from '../../errors.ts';
import { parseProperties } from '../config/properties.ts';
import { withPrefix } from '../config/with-prefix.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Finds the value of a key; undefined when there is none. */
type Provider = (path: string, key: string) => Promise<string | undefined>;

const PLACEHOLDER = /\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}/g;

export class ConfigProviders {
  readonly #providers: ReadonlyMap<string, Provider>;

  /** @throws ConfigError for a provider without a class, or of a class that is not there */
  constructor(workerProperties: Readonly<Record<string, string>>, disk: Disk, env: Environment) {
    const names = (workerProperties['config.providers'] ?? '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    this.#providers = new Map(
      names.map((name) => {
        const prefix = `config.providers.${name}.`;
        const { class: className, ...settings } = withPrefix(workerProperties, prefix);
        if (className === undefined) throw new ConfigError(`${prefix}class is missing`);
        return [name, open(className, withPrefix(settings, 'param.'), disk, env)];
      }),
    );
  }

  /** The configuration with every placeholder of a known provider resolved. @throws ConfigError when there is no such value */
  async resolve<V extends string | null>(
    config: Readonly<Record<string, V>>,
  ): Promise<Record<string, V>> {
    if (this.#providers.size === 0) return { ...config };
    const pairs = Object.entries(config).map(
      async ([name, value]) =>
        [name, typeof value === 'string' ? await this.#resolveText(value) : value] as const,
    );
    return Object.fromEntries(await Promise.all(pairs)) as Record<string, V>;
  }

  async #resolveText(text: string): Promise<string> {
    let resolved = '';
    let from = 0;
    for (const match of text.matchAll(PLACEHOLDER)) {
      const [all, name = '', , path = '', key = ''] = match;
      const provider = this.#providers.get(name);
      if (provider === undefined) continue;
      const value = await provider(path, key);
      if (value === undefined)
        throw new ConfigError(`Could not read the value of ${all}: there is no such key`);
      resolved += text.slice(from, match.index) + value;
      from = match.index + all.length;
    }
    return resolved + text.slice(from);
  }
}

function open(
  className: string,
  settings: Readonly<Record<string, string>>,
  disk: Disk,
  env: Environment,
): Provider {
  const simple = className.slice(className.lastIndexOf('.') + 1);
  const allowedPaths = (settings['allowed.paths'] ?? '')
    .split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '');
  switch (simple) {
    case 'EnvVarConfigProvider': {
      const pattern = settings['allowlist.pattern'];
      const allowed = pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`, 'u');
      return async (_path, key) => (allowed?.test(key) === false ? undefined : env[key]);
    }
    case 'FileConfigProvider':
      return async (path, key) => {
        checkAllowed(path, allowedPaths);
        return parseProperties((await disk.readFile(path)).toString('utf8')).get(key);
      };
    case 'DirectoryConfigProvider':
      return async (path, key) => {
        checkAllowed(path, allowedPaths);
        if (/[/\\]/.test(key) || key === '..') return undefined;
        const file = `${path}/${key}`;
        const found = await disk.stat(file);
        return found?.kind === 'file' ? (await disk.readFile(file)).toString('utf8') : undefined;
      };
    default:
      throw new ConfigError(
        `the config provider ${className} is not there; there are FileConfigProvider, DirectoryConfigProvider and EnvVarConfigProvider`,
      );
  }
}

function checkAllowed(path: string, allowed: readonly string[]): void {
  if (allowed.length === 0) return;
  const isInside = allowed.some(
    (root) => path === root || path.startsWith(`${root.replace(/\/$/, '')}/`),
  );
  if (!isInside || path.split('/').includes('..'))
    throw new ConfigError(`the path ${path} is not in allowed.paths`);
}
