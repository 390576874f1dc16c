// `/admin/loggers`: log levels at run time. Kafka: LoggingResource.
import { BadRequestError, LOG_LEVELS, type Loggers, NotFoundError } from '@ottla/connect/runtime';
import type { FastifyInstance } from 'fastify';
import { sendEmpty, sendJson } from './answer.ts';
import { textMap } from './body.ts';

interface LoggerPath {
  readonly Params: { readonly logger: string };
}

export function adminRoutes(server: FastifyInstance, loggers: Loggers): void {
  server.get('/admin/loggers', (_request, reply) => sendJson(reply, 200, loggers.all()));
  server.get<LoggerPath>('/admin/loggers/:logger', ({ params }, reply) => {
    const found = loggers.level(params.logger);
    if (found === undefined) throw new NotFoundError(`Logger ${params.logger} not found.`);
    return sendJson(reply, 200, found);
  });
  server.put<LoggerPath>('/admin/loggers/:logger', (request, reply) => {
    const { level } = textMap(request.body, 'the level');
    if (level === undefined || level === null)
      throw new BadRequestError("Desired 'level' parameter was not specified in request.");
    const known = LOG_LEVELS.find((each) => each === level.toUpperCase());
    if (known === undefined) throw new NotFoundError(`invalid log level '${level}'.`);
    const changed = loggers.set(request.params.logger, known);
    const { scope } = request.query as { readonly scope?: string };
    // One worker is the whole cluster.
    if (scope?.toLowerCase() === 'cluster') return sendEmpty(reply, 204);
    return sendJson(reply, 200, changed);
  });
}
