// The HTTP listener for machines that watch: /metrics for Prometheus, /healthz (the process lives), /readyz (the broker
// serves). An edge: the one place of the broker that imports node:http, because the ports have no HTTP.

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface MetricsServerOptions {
  /** `ottla.http.listener`: `host:port`; port 0 asks for a free one. */
  readonly listener: string;
  /** The text of /metrics. */
  readonly metrics: () => Promise<string>;
  /** Undefined when ready; otherwise what is missing, in a few words. */
  readonly notReady: () => string | undefined;
}

/** Waits for whole requests no longer than this; nobody who scrapes is so slow. */
const REQUEST_TIMEOUT_MS = 5000;
const CONNECTIONS_MAX = 64;

/** Serves GET only, and only under its own names (against DNS rebinding). */
export class MetricsServer {
  readonly #options: MetricsServerOptions;
  #server: Server | undefined;

  constructor(options: MetricsServerOptions) {
    this.#options = options;
  }

  /** @returns the address it listens on; @throws the system's error (`EADDRINUSE` …) */
  async start(): Promise<{ readonly host: string; readonly port: number }> {
    const at = this.#options.listener.lastIndexOf(':');
    const host = this.#options.listener.slice(0, at).replace(/^\[|\]$/g, '');
    const server = createServer(
      {
        requestTimeout: REQUEST_TIMEOUT_MS,
        headersTimeout: REQUEST_TIMEOUT_MS,
        maxHeaderSize: 8192,
      },
      (request, response) => void this.#answer(request, response, host),
    );
    server.maxConnections = CONNECTIONS_MAX;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(Number(this.#options.listener.slice(at + 1)), host, resolve);
    });
    this.#server = server;
    return { host, port: (server.address() as AddressInfo).port }; // a TCP server has no other
  }

  /** Cuts open connections; resolves when the port is free. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse, host: string): Promise<void> {
    if (!isOwnName(request.headers.host, host)) return reply(response, 421, 'unknown host\n');
    if (request.method !== 'GET') return reply(response, 405, 'only GET\n', { allow: 'GET' });
    switch (request.url?.split('?')[0]) {
      case '/metrics':
        try {
          return reply(response, 200, await this.#options.metrics(), {
            'content-type': 'text/plain; version=0.0.4; charset=utf-8',
          });
        } catch {
          // Which metric failed is a matter of our own code; it says nothing to who asks.
          return reply(response, 500, 'the metrics could not be read\n');
        }
      case '/healthz':
        return reply(response, 200, 'ok\n');
      case '/readyz': {
        const missing = this.#options.notReady();
        return missing === undefined
          ? reply(response, 200, 'ready\n')
          : reply(response, 503, `${missing}\n`);
      }
      default:
        return reply(response, 404, 'there are /metrics, /healthz and /readyz\n');
    }
  }
}

/**
 * On loopback, a page in a browser that lets its own name resolve to this address must not read what is here, so only
 * addresses and our own names are answered. Who opens the listener to a network has names that we cannot know.
 */
function isOwnName(header: string | undefined, host: string): boolean {
  const name = (header ?? '').replace(/:\d+$/, '').toLowerCase();
  if (name === '') return false;
  if (!/^(127\.|::1$|localhost$)/.test(host)) return true;
  return (
    name === 'localhost' || name === host.toLowerCase() || /^([\d.]+|\[[\da-f:]+\])$/.test(name)
  );
}

function reply(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(body);
}
