// `/connector-plugins`: what can be run, which configs it takes, whether a configuration is valid. Kafka: ConnectorPluginsResource.
import { BadRequestError } from '@ottla/connect/runtime';
import type { FastifyInstance } from 'fastify';
import { sendJson } from './answer.ts';
import { textMap } from './body.ts';
import type { RouteOptions } from './connectors-routes.ts';

interface PluginPath {
  readonly Params: { readonly plugin: string };
}

export function pluginsRoutes(server: FastifyInstance, { herder, timed }: RouteOptions): void {
  server.get('/connector-plugins', async (request, reply) => {
    const { connectorsOnly } = request.query as { readonly connectorsOnly?: string };
    const plugins = await timed(herder.plugins());
    const isShown = (type: string): boolean =>
      connectorsOnly?.toLowerCase() === 'false' || type === 'source' || type === 'sink';
    return sendJson(
      reply,
      200,
      plugins.filter(({ type }) => isShown(type)),
    );
  });
  server.get<PluginPath>('/connector-plugins/:plugin/config', async ({ params }, reply) =>
    sendJson(reply, 200, await timed(herder.pluginConfig(params.plugin))),
  );
  server.put<PluginPath>('/connector-plugins/:plugin/config/validate', async (request, reply) => {
    const { plugin } = request.params;
    const config = textMap(request.body, 'the configuration');
    const included = config['connector.class'];
    if (typeof included === 'string' && !withoutSuffix(included).endsWith(withoutSuffix(plugin)))
      throw new BadRequestError(
        `Included connector type ${included} does not match request type ${plugin}`,
      );
    return sendJson(reply, 200, await timed(herder.validate(config)));
  });
}

/** Full and short names meet in the alias. */
function withoutSuffix(name: string): string {
  return name.length > 'Connector'.length ? name.replace(/Connector$/, '') : name;
}
