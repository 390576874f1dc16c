// The REST API of a Connect worker, on fastify. Kafka: RestServer and its resources.
import type { Loggers, StandaloneHerder, WorkerConfig } from '@ottla/connect/runtime';
import { ConnectError } from '@ottla/connect/runtime';
import type { Logger, Platform } from '@ottla/platform';
import { fastify, type FastifyError, type FastifyInstance } from 'fastify';
import { adminRoutes } from './admin-routes.ts';
import { guardAccess } from './access.ts';
import { HttpError, sendError, sendJson } from './answer.ts';
import { connectorsRoutes } from './connectors-routes.ts';
import { pluginsRoutes } from './plugins-routes.ts';
import { REST_VERSION, WORKER_VERSION } from '../version.ts';

export interface RestServerOptions {
  readonly herder: StandaloneHerder;
  readonly config: WorkerConfig;
  readonly loggers: Loggers;
  readonly platform: Platform;
  readonly logger: Logger;
  clusterId(): string;
  readonly isLoopback: boolean;
  /** Whether the connectors of the command line have been created. */
  isReady(): boolean;
}

/** Bytes of a request; a connector's configuration is a few kilobytes. */
const BODY_BYTES_MAX = 1024 * 1024;
const HEADER_MS_MAX = 10_000;
const IDLE_MS_MAX = 72_000;

/** No route has a schema: compilers for them would be loaded all the same, and take memory. */
const NO_SCHEMAS = { buildValidator: refuseSchema, buildSerializer: refuseSchema };

function refuseSchema(): never {
  throw new Error('routes of this server have no schemas');
}

/** Not yet listening. */
export function restServer(options: RestServerOptions): FastifyInstance {
  const { config, herder, loggers, platform, logger } = options;
  const server = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: config.requestTimeoutMs + HEADER_MS_MAX,
    keepAliveTimeout: IDLE_MS_MAX,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1000 },
    exposeHeadRoutes: true,
    schemaController: { compilersFactory: NO_SCHEMAS },
    logger: false,
  });
  jsonBodies(server);
  guardAccess(server, {
    isLoopback: options.isLoopback,
    allowOrigin: config.parsed.string('access.control.allow.origin'),
    allowMethods: config.parsed.string('access.control.allow.methods'),
  });
  const timed = <T>(work: Promise<T>): Promise<T> => withTimeout(platform, config, work);
  root(server, options);
  connectorsRoutes(server, { herder, config, timed });
  pluginsRoutes(server, { herder, config, timed });
  if (config.properties['admin.listeners'] === undefined) adminRoutes(server, loggers);
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const known = error.statusCode === undefined ? error : fromFastify(error);
    logger.debug(`Uncaught exception in REST call to ${request.url}`, { error });
    return sendError(reply, known);
  });
  server.setNotFoundHandler((request, reply) => {
    const isOtherMethod = METHODS.some((method) =>
      server.hasRoute({ method, url: request.routeOptions.url ?? request.url }),
    );
    const status = isOtherMethod || hasPath(server, request.url) ? 405 : 404;
    const message = status === 405 ? 'HTTP 405 Method Not Allowed' : 'HTTP 404 Not Found';
    return sendError(reply, new HttpError(status, message));
  });
  return server;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Whether another method has this path. */
function hasPath(server: FastifyInstance, url: string): boolean {
  const [path = '/'] = url.split('?');
  return METHODS.some((method) => server.findRoute({ method, url: path }) !== null);
}

/** Only JSON is taken; an empty body is none. */
function jsonBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    const text = String(body);
    if (text === '') {
      done(null, undefined);
      return;
    }
    try {
      done(null, JSON.parse(text));
    } catch (error) {
      done(new HttpError(500, `The body is no JSON: ${(error as Error).message}`));
    }
  });
}

function root(server: FastifyInstance, options: RestServerOptions): void {
  server.get('/', (_request, reply) =>
    sendJson(reply, 200, {
      version: REST_VERSION,
      commit: `ottla-${WORKER_VERSION}`,
      kafka_cluster_id: options.clusterId(),
    }),
  );
  server.get('/health', (_request, reply) =>
    options.isReady()
      ? sendJson(reply, 200, {
          status: 'healthy',
          message: 'Worker has completed startup and is ready to handle requests.',
        })
      : sendJson(reply, 503, { status: 'starting', message: 'Worker is still starting up.' }),
  );
}

function fromFastify(error: FastifyError): Error {
  const status = error.statusCode ?? 500;
  if (status === 415) return new HttpError(415, 'HTTP 415 Unsupported Media Type');
  return new HttpError(status, error.message);
}

async function withTimeout<T>(
  platform: Platform,
  config: WorkerConfig,
  work: Promise<T>,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = platform.timers.set(config.requestTimeoutMs, () =>
    late.reject(new ConnectError('Request timed out')),
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    timer.cancel();
  }
}
