// `ottla server`: a broker as a service, JSON log lines on standard output.
import type { CliIo } from '../io.ts';
import { jsonLogger } from './json-logger.ts';
import { runServer } from './run-server.ts';
import type { ServerOptions } from './server-options.ts';

/** Runs a broker until SIGTERM or Ctrl-C. */
export async function server(io: CliIo, options: ServerOptions): Promise<void> {
  if (options.brokers !== undefined) {
    const { serverBrokers } = await import('./brokers/server-brokers.ts');
    await serverBrokers(io, { ...options, brokers: options.brokers });
    return;
  }
  const logger = jsonLogger(io);
  await runServer(io, options, {
    logger,
    onReady: ({ endpoints, http, clusterId, nodeId, readyMs, wasFormatted }) =>
      logger.info('ready', {
        endpoints: endpoints.map(
          ({ listenerName, host, port }) => `${listenerName}://${host}:${port}`,
        ),
        http: http === undefined ? null : `${http.host}:${http.port}`,
        clusterId,
        nodeId,
        readyMs: Math.round(readyMs),
        wasFormatted,
      }),
    onStopping: () => logger.info('stopping'),
  });
  logger.info('stopped');
}
