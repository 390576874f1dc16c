// `ottla connect plugins`.
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../io.ts';
import { nearestNames } from '../nearest-names.ts';
import { print } from '../output/print.ts';
import type { PluginAnswer, PluginKeyAnswer } from './entities.ts';
import { ConnectRest, RestError, type WorkerOptions } from './rest-client.ts';

/** Options of the command. */
export interface PluginsOptions extends WorkerOptions {
  readonly all?: boolean;
}

/** Prints what the worker can run. */
export async function listPlugins(io: CliIo, options: PluginsOptions): Promise<void> {
  const rest = new ConnectRest(io, options);
  const query = options.all === true ? '?connectorsOnly=false' : '';
  const plugins = await rest.call<PluginAnswer[]>('GET', `/connector-plugins${query}`);
  await print(io, options.json, {
    json: plugins,
    headings: ['CLASS', 'TYPE', 'VERSION'],
    rows: plugins.map((plugin) => [plugin.class, plugin.type, plugin.version]),
    whenEmpty: 'The worker has no connectors. Install one and name it in ottla.plugin.modules.',
  });
}

/** Prints the settings that a plugin takes. */
export async function describePlugin(
  io: CliIo,
  plugin: string,
  options: WorkerOptions,
): Promise<void> {
  const rest = new ConnectRest(io, options);
  const path = `/connector-plugins/${encodeURIComponent(plugin)}/config`;
  const keys = await rest.call<PluginKeyAnswer[]>('GET', path).catch(async (error: unknown) => {
    throw error instanceof RestError ? await unknownPlugin(rest, plugin, error) : error;
  });
  await print(io, options.json, {
    json: keys,
    headings: ['KEY', 'TYPE', 'DEFAULT', 'WHAT IT IS'],
    rows: keys.map((key) => [
      key.name,
      key.type,
      key.required ? 'required' : key.default_value,
      firstSentence(key.documentation),
    ]),
    whenEmpty: `${plugin} takes no settings of its own.`,
  });
}

async function unknownPlugin(
  rest: ConnectRest,
  plugin: string,
  { status, message }: RestError,
): Promise<CliError> {
  if (status !== 404) return new CliError(message);
  const all = await rest.call<PluginAnswer[]>('GET', '/connector-plugins?connectorsOnly=false');
  const names = all.flatMap((each) => [each.class, shortName(each.class)]);
  const near = nearestNames(plugin, new Set(names));
  return new CliError(
    `there is no plugin "${plugin}"`,
    near.length > 0
      ? `Did you mean ${near.join(' or ')}?`
      : 'See what there is with `ottla connect plugins --all`.',
  );
}

/** As configurations may name it. */
function shortName(className: string): string {
  return className
    .slice(className.lastIndexOf('.') + 1)
    .replace(/(?<=.)(Connector|Converter)$/, '');
}

function firstSentence(text: string): string {
  return /^.*?[.](?=\s|$)/s.exec(text)?.[0].replaceAll(/\s+/g, ' ') ?? text;
}
