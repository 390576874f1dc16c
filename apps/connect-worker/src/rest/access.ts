// Who may call: the REST API has no log-in, so pages of other sites in a browser of this machine must not reach it. Kafka
// answers them all. Also: cross-origin headers where `access.control.allow.origin` asks for them.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpError } from './answer.ts';

export interface AccessOptions {
  /** Bound to this machine only: then a request must call it by such a name. */
  readonly isLoopback: boolean;
  /** `access.control.allow.origin`; empty allows none. */
  readonly allowOrigin: string;
  /** `access.control.allow.methods`; empty stands for GET, POST and HEAD. */
  readonly allowMethods: string;
}

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

export function guardAccess(server: FastifyInstance, options: AccessOptions): void {
  server.addHook('onRequest', async (request, reply) => {
    // A name that leads here by a rebound DNS entry is not ours.
    if (options.isLoopback && !LOOPBACK_NAMES.has(hostOf(request)))
      throw new HttpError(403, `The host ${hostOf(request)} is not served`);
    const { origin } = request.headers;
    if (origin === undefined) return;
    if (isAllowed(origin, options.allowOrigin)) {
      reply.header('access-control-allow-origin', options.allowOrigin === '*' ? '*' : origin);
      reply.header('vary', 'origin');
      if (request.method === 'OPTIONS')
        reply.header('access-control-allow-methods', options.allowMethods || 'GET,POST,HEAD');
      return;
    }
    if (origin !== `http://${request.headers.host}`)
      throw new HttpError(403, `Requests of the origin ${origin} are not allowed`);
  });
  server.options('/*', async (_request, reply) => reply.code(200).send());
}

function hostOf({ headers }: FastifyRequest): string {
  return (headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
}

function isAllowed(origin: string, allowed: string): boolean {
  return allowed
    .split(',')
    .map((each) => each.trim())
    .some((each) => each === '*' || each === origin);
}
