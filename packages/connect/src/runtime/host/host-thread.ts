// The program of a host's thread, and the host inside the worker's own thread. Its own entry of the package, so that the
// thread can import it by name whether it runs from source or bundled.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { nodePlatform, type Platform } from '@ottla/platform';
import { BUILT_IN_PLUGINS } from '../../plugin/built-in-plugins.ts';
import { type ImportModule, PluginRegistry } from '../../plugin/plugin-registry.ts';
import { ConnectorHost } from './connector-host.ts';
import type { HostInput } from './host-protocol.ts';
import type { MessagePort } from './link.ts';

/** Runs a host until it is shut down. */
export async function connectorHost(
  input: HostInput,
  port: MessagePort,
  platform: Platform = nodePlatform(),
  importModule: ImportModule = importFromProject,
): Promise<void> {
  const registry = new PluginRegistry(BUILT_IN_PLUGINS);
  for (const location of input.pluginModules) await registry.load(location, importModule);
  await new ConnectorHost(port, { input, registry, importModule, platform }).ended;
}

/** The user's project knows the packages of connectors; what it does not know may have come with this one. */
async function importFromProject(specifier: string): Promise<unknown> {
  if (URL.canParse(specifier)) return import(specifier);
  const project = createRequire(pathToFileURL(`${process.cwd()}/`));
  let path: string;
  try {
    path = project.resolve(specifier);
  } catch {
    // The error of the second look is the one that tells.
    return import(specifier);
  }
  return import(pathToFileURL(path).href);
}
