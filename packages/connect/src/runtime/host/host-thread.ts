// The program of a host's thread, and the host inside the worker's own thread. Its own entry of the package, so that the
// thread can import it by name whether it runs from source or bundled.
import { nodePlatform, type Platform } from '@ottla/platform';
import { BUILT_IN_PLUGINS } from './built-in-plugins.ts';
import { type ImportModule, PluginRegistry } from '../../plugin/plugin-registry.ts';
import { ConnectorHost } from './connector-host.ts';
import type { HostInput } from './host-protocol.ts';
import type { MessagePort } from './link.ts';

/** Runs a host until it is shut down. */
export async function connectorHost(
  input: HostInput,
  port: MessagePort,
  platform: Platform = nodePlatform(),
  importModule: ImportModule = (specifier) => import(specifier),
): Promise<void> {
  const registry = new PluginRegistry(BUILT_IN_PLUGINS);
  for (const location of input.pluginModules) await registry.load(location, importModule);
  await new ConnectorHost(port, input, registry, platform).ended;
}
