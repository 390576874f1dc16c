// `/connectors`: create, look at, change, restart and delete connectors. Kafka: ConnectorsResource.
import type {
  ConnectorOffset,
  StandaloneHerder,
  TargetState,
  WorkerConfig,
} from '@ottla/connect/runtime';
import { BadRequestError } from '@ottla/connect/runtime';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpError, sendEmpty, sendJson } from './answer.ts';
import { object, onlyFields, textMap, textOrNull } from './body.ts';

interface ConnectorPath {
  readonly Params: { readonly connector: string };
}

interface TaskPath {
  readonly Params: { readonly connector: string; readonly task: string };
}

type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What routes are made for. */
export interface RouteOptions {
  readonly herder: StandaloneHerder;
  readonly config: WorkerConfig;
  /** Ends a request that takes too long with status 500. */
  readonly timed: <T>(work: Promise<T>) => Promise<T>;
}

export function connectorsRoutes(server: FastifyInstance, options: RouteOptions): void {
  listAndCreate(server, options);
  lookAt(server, options);
  configure(server, options);
  steer(server, options);
  offsetsOf(server, options);
  topicsOf(server, options);
}

function listAndCreate(server: FastifyInstance, { herder, timed }: RouteOptions): void {
  server.get('/connectors', (request, reply) => {
    const expand = many((request.query as Query)['expand']);
    if (expand === undefined) return sendJson(reply, 200, herder.connectors());
    const expanded = herder.connectors().map((name) => [
      name,
      {
        ...(expand.includes('status') ? { status: herder.connectorStatus(name) } : {}),
        ...(expand.includes('info') ? { info: herder.connectorInfo(name) } : {}),
      },
    ]);
    return sendJson(reply, 200, Object.fromEntries(expanded));
  });
  server.post('/connectors', async (request, reply) => {
    const body = object(request.body, 'the request');
    onlyFields(body, ['name', 'config', 'initial_state']);
    const name = (textOrNull(body['name'] ?? null, 'name') ?? '').trim();
    const config = named(name, textMap(body['config'], 'config'));
    const { info } = await timed(
      herder.putConnector(name, config, {
        allowReplace: false,
        initial: initialState(body['initial_state']),
      }),
    );
    reply.header('location', location(request, name));
    return sendJson(reply, 201, info);
  });
}

const INITIAL_STATES: Readonly<Record<string, TargetState>> = {
  RUNNING: 'STARTED',
  PAUSED: 'PAUSED',
  STOPPED: 'STOPPED',
};

function initialState(value: unknown): TargetState {
  if (value === undefined || value === null) return 'STARTED';
  const state = typeof value === 'string' ? INITIAL_STATES[value.toUpperCase()] : undefined;
  if (state === undefined)
    throw new HttpError(
      500,
      `initial_state must be one of ${Object.keys(INITIAL_STATES).join(', ')}`,
    );
  return state;
}

/** The configuration with its name in it. @throws BadRequestError when it has another */
function named(name: string, config: Record<string, string | null>): Record<string, string | null> {
  const own = config['name'];
  if (own !== undefined && own !== null && own !== name)
    throw new BadRequestError(
      `Connector name configuration (${own}) doesn't match connector name in the URL (${name})`,
    );
  return { ...config, name };
}

function location(request: FastifyRequest, name: string): string {
  return `http://${request.headers.host ?? 'localhost'}/connectors/${encodeURIComponent(name)}`;
}

function lookAt(server: FastifyInstance, { herder }: RouteOptions): void {
  server.get<ConnectorPath>('/connectors/:connector', ({ params }, reply) =>
    sendJson(reply, 200, herder.connectorInfo(params.connector)),
  );
  server.get<ConnectorPath>('/connectors/:connector/config', ({ params }, reply) =>
    sendJson(reply, 200, herder.connectorConfig(params.connector)),
  );
  server.get<ConnectorPath>('/connectors/:connector/status', ({ params }, reply) =>
    sendJson(reply, 200, herder.connectorStatus(params.connector)),
  );
  server.get<ConnectorPath>('/connectors/:connector/tasks', ({ params }, reply) =>
    sendJson(reply, 200, herder.taskConfigs(params.connector)),
  );
  server.get<TaskPath>('/connectors/:connector/tasks/:task/status', ({ params }, reply) =>
    sendJson(reply, 200, herder.taskStatus(params.connector, taskNumber(params.task))),
  );
}

function configure(server: FastifyInstance, { herder, timed }: RouteOptions): void {
  server.put<ConnectorPath>('/connectors/:connector/config', async (request, reply) => {
    const { connector } = request.params;
    const config = named(connector, textMap(request.body, 'the configuration'));
    const { isNew, info } = await timed(
      herder.putConnector(connector, config, { allowReplace: true }),
    );
    if (isNew) reply.header('location', location(request, connector));
    return sendJson(reply, isNew ? 201 : 200, info);
  });
  server.patch<ConnectorPath>('/connectors/:connector/config', async ({ params, body }, reply) => {
    const patch = textMap(body, 'the patch');
    return sendJson(reply, 200, await timed(herder.patchConnector(params.connector, patch)));
  });
  server.delete<ConnectorPath>('/connectors/:connector', async ({ params }, reply) => {
    await timed(herder.deleteConnector(params.connector));
    return sendEmpty(reply, 204);
  });
}

function steer(server: FastifyInstance, { herder, timed }: RouteOptions): void {
  server.post<ConnectorPath>('/connectors/:connector/restart', async (request, reply) => {
    const { connector } = request.params;
    const query = request.query as Query;
    const includeTasks = flag(query['includeTasks']);
    const onlyFailed = flag(query['onlyFailed']);
    if (!includeTasks && !onlyFailed) {
      await timed(herder.restartConnector(connector));
      return sendEmpty(reply, 204);
    }
    const plan = await timed(
      herder.restartConnectorAndTasks(connector, { includeTasks, onlyFailed }),
    );
    return sendJson(reply, 202, plan);
  });
  server.put<ConnectorPath>('/connectors/:connector/pause', ({ params }, reply) => {
    herder.pauseConnector(params.connector);
    return sendEmpty(reply, 202);
  });
  server.put<ConnectorPath>('/connectors/:connector/resume', ({ params }, reply) => {
    herder.resumeConnector(params.connector);
    return sendEmpty(reply, 202);
  });
  server.put<ConnectorPath>('/connectors/:connector/stop', async ({ params }, reply) => {
    await timed(herder.stopConnector(params.connector));
    return sendEmpty(reply, 204);
  });
  server.post<TaskPath>('/connectors/:connector/tasks/:task/restart', async ({ params }, reply) => {
    await timed(herder.restartTask(params.connector, taskNumber(params.task)));
    return sendEmpty(reply, 204);
  });
}

function offsetsOf(server: FastifyInstance, { herder, timed }: RouteOptions): void {
  server.get<ConnectorPath>('/connectors/:connector/offsets', async ({ params }, reply) =>
    sendJson(reply, 200, await timed(herder.connectorOffsets(params.connector))),
  );
  server.patch<ConnectorPath>('/connectors/:connector/offsets', async (request, reply) => {
    const body = object(request.body, 'the request');
    onlyFields(body, ['offsets']);
    const { offsets } = body;
    if (!Array.isArray(offsets) || offsets.length === 0)
      throw new BadRequestError(
        'Partitions / offsets need to be provided for an alter offsets request',
      );
    const parsed = offsets.map((each: unknown): ConnectorOffset => {
      const { partition, offset } = object(each, 'an offset');
      return {
        partition: partition === null ? (null as never) : object(partition, 'a partition'),
        offset: offset === null || offset === undefined ? null : object(offset, 'an offset'),
      };
    });
    const message = await timed(herder.alterOffsets(request.params.connector, parsed));
    return sendJson(reply, 200, { message });
  });
  server.delete<ConnectorPath>('/connectors/:connector/offsets', async ({ params }, reply) => {
    const message = await timed(herder.alterOffsets(params.connector, null));
    return sendJson(reply, 200, { message });
  });
}

function topicsOf(server: FastifyInstance, { herder, config }: RouteOptions): void {
  const checkTracking = (): void => {
    if (!config.isTopicTrackingEnabled) throw new HttpError(403, 'Topic tracking is disabled.');
  };
  server.get<ConnectorPath>('/connectors/:connector/topics', ({ params }, reply) => {
    checkTracking();
    const { connector } = params;
    return sendJson(reply, 200, { [connector]: { topics: herder.activeTopics(connector) } });
  });
  server.put<ConnectorPath>('/connectors/:connector/topics/reset', ({ params }, reply) => {
    checkTracking();
    if (!config.isTopicResetAllowed) throw new HttpError(403, 'Topic tracking reset is disabled.');
    herder.resetActiveTopics(params.connector);
    return sendEmpty(reply, 202);
  });
}

function taskNumber(text: string): number {
  if (!/^-?\d{1,10}$/.test(text)) throw new HttpError(404, 'HTTP 404 Not Found');
  return Number(text);
}

function many(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof value === 'string' ? [value] : value;
}

function flag(value: string | readonly string[] | undefined): boolean {
  return String(many(value)?.[0]).toLowerCase() === 'true';
}
