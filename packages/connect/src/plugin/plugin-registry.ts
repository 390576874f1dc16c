// Which plugins there are, and what a name in a config means. Kafka: org.apache.kafka.connect.runtime.isolation.Plugins
// (here without class loaders: Node's resolution of packages takes their place).
import { ConnectError, PluginNotFoundError } from '../errors.ts';
import type { Plugin, PluginModule, PluginOf, PluginType } from './plugin.ts';

/** A plugin and where it came from. */
export interface RegisteredPlugin {
  readonly plugin: Plugin;
  /** What to import in another thread to have it there; `BUILT_IN` for this package's own. */
  readonly location: string;
}

/** The location of what @ottla/connect itself brings. */
export const BUILT_IN = '@ottla/connect';

/** Imports a module by the name of its package or by a URL. Passed in, because the user's project resolves it. */
export type ImportModule = (specifier: string) => Promise<unknown>;

/** Class names that Kafka's users know, and the packages that provide them here. */
export const KNOWN_PACKAGES: ReadonlyMap<string, string> = new Map([
  ['org.apache.kafka.connect.file.FileStreamSourceConnector', '@ottla/connector-file'],
  ['org.apache.kafka.connect.file.FileStreamSinkConnector', '@ottla/connector-file'],
]);

/** The plugins of one worker or thread. Starts with what it is given. */
export class PluginRegistry {
  readonly #registered: RegisteredPlugin[] = [];
  readonly #loaded = new Set<string>();

  constructor(builtIn: readonly Plugin[] = []) {
    this.register(builtIn, BUILT_IN);
  }

  /** Adds plugins; one of the same type, class name and version that is there already stays. */
  register(plugins: readonly Plugin[], location: string): void {
    for (const plugin of plugins) {
      if (!this.#registered.some((known) => isSame(known.plugin, plugin)))
        this.#registered.push({ plugin, location });
    }
  }

  /** Imports a package and adds its plugins; a second time nothing happens. @throws PluginNotFoundError */
  async load(location: string, importModule: ImportModule): Promise<void> {
    if (this.#loaded.has(location)) return;
    let module: unknown;
    try {
      module = await importModule(location);
    } catch (error) {
      throw new PluginNotFoundError(
        `The package ${location} could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
    if (!isPluginModule(module))
      throw new PluginNotFoundError(
        `The package ${location} exports no \`plugins\`: it is not a Connect plugin`,
      );
    this.#loaded.add(location);
    this.register(module.plugins, location);
  }

  /** In the order of registration. */
  list(type?: PluginType): readonly RegisteredPlugin[] {
    return this.#registered.filter(({ plugin }) => type === undefined || plugin.type === type);
  }

  /**
   * What a config's class name means; undefined when nothing has that name. A package that brings just one plugin of these
   * types may be named instead of it.
   *
   * @param version exact version; left out: the first that was registered
   * @throws ConnectError when the name fits several classes
   */
  find<T extends PluginType>(
    types: readonly T[],
    name: string,
    version?: string,
  ): (RegisteredPlugin & { readonly plugin: PluginOf<T> }) | undefined {
    const candidates = this.#registered.filter(
      (registered): registered is RegisteredPlugin & { readonly plugin: PluginOf<T> } =>
        (types as readonly PluginType[]).includes(registered.plugin.type) &&
        (version === undefined || registered.plugin.version === version),
    );
    const exact = candidates.find(({ plugin }) => fullNames(plugin).includes(name));
    if (exact !== undefined) return exact;
    const byShortName = candidates.filter(
      ({ plugin, location }) => location === name || shortNames(plugin).includes(name),
    );
    const classNames = new Set(byShortName.map(({ plugin }) => plugin.className));
    if (classNames.size > 1)
      throw new ConnectError(
        `More than one plugin matches the name ${name}. Use one of the full names ${[...classNames].join(', ')}`,
      );
    return byShortName[0];
  }

  /** Like `find`. @throws PluginNotFoundError with the names that there are */
  require<T extends PluginType>(
    types: readonly T[],
    name: string,
    version?: string,
  ): RegisteredPlugin & { readonly plugin: PluginOf<T> } {
    const found = this.find(types, name, version);
    if (found !== undefined) return found;
    const known = this.#registered
      .filter(({ plugin }) => (types as readonly PluginType[]).includes(plugin.type))
      .map(({ plugin }) => plugin.className);
    throw new PluginNotFoundError(
      `Failed to find any class that implements ${types.join(' or ')} and which name matches ${name}${
        version === undefined ? '' : ` in version ${version}`
      }, available are: ${known.join(', ') || 'none'}`,
    );
  }
}

/** The package to load for a class name that no loaded plugin has; undefined when the name gives no hint. */
export function packageForClass(name: string): string | undefined {
  const known = [...KNOWN_PACKAGES].find(
    ([className]) => className === name || namesWithoutPackage(className).includes(name),
  );
  if (known !== undefined) return known[1];
  // A package name of npm, with its export path: '@acme/connector-ticker', 'connector-ticker/lib'.
  return /^(@[a-z0-9-~][\w.-]*\/)?[a-z0-9-~][a-z0-9._~-]*(\/[\w./-]+)?$/.test(name) &&
    !/\.[A-Z]/.test(name)
    ? name
    : undefined;
}

function isSame(a: Plugin, b: Plugin): boolean {
  return a.type === b.type && a.className === b.className && a.version === b.version;
}

function fullNames(plugin: Plugin): string[] {
  return [plugin.className, ...(plugin.aliases ?? [])];
}

function shortNames(plugin: Plugin): string[] {
  return fullNames(plugin).flatMap(namesWithoutPackage);
}

function namesWithoutPackage(className: string): string[] {
  const simple = className.slice(className.lastIndexOf('.') + 1);
  const pruned = simple.replace(/(Source|Sink)?Connector$|(Header)?Converter$/, (suffix) =>
    suffix.startsWith('Source') ? 'Source' : suffix.startsWith('Sink') ? 'Sink' : '',
  );
  return pruned === '' ? [simple] : [simple, pruned];
}

function isPluginModule(module: unknown): module is PluginModule {
  return (
    typeof module === 'object' &&
    module !== null &&
    'plugins' in module &&
    Array.isArray(module.plugins)
  );
}
