// `ottla server --brokers N`: a cluster as a service. The log lines of all, with whose they are.
import type { CliIo } from '../../io.ts';
import { jsonLogger } from '../json-logger.ts';
import type { ServerOptions } from '../server-options.ts';
import { runBrokers } from './run-brokers.ts';

/** Runs the brokers until SIGTERM or Ctrl-C. */
export async function serverBrokers(
  io: CliIo,
  options: ServerOptions & { readonly brokers: number },
): Promise<void> {
  const logger = jsonLogger(io);
  await runBrokers(io, options, {
    onReady: ({ plan, members }) =>
      logger.info('ready', {
        clusterId: plan.clusterId,
        endpoints: plan.nodes.map(({ port }) => `PLAINTEXT://127.0.0.1:${port}`),
        pids: members.map(({ process }) => process.pid),
      }),
    onState: (_, { nodeId, state, pid, restarts, lastEnd }) => {
      const fields = { nodeId, pid, restarts };
      if (state === 'waiting') logger.error(`broker ${nodeId} ended: ${lastEnd}`, fields);
      else logger.info(`broker ${nodeId} is ${state}`, fields);
    },
    onSilence: (_, { nodeId, pid }, isSilent) =>
      isSilent
        ? logger.warn(`broker ${nodeId} does not answer`, { nodeId, pid })
        : logger.info(`broker ${nodeId} answers again`, { nodeId, pid }),
    onLine: ({ nodeId }, line) => void io.stdout.write(`${JSON.stringify({ ...line, nodeId })}\n`),
    onStopping: () => logger.info('stopping'),
    onStopped: () => logger.info('stopped'),
    onChanged: ({ clusterId, nodes }) =>
      logger.info('the running cluster has changed', {
        clusterId,
        brokers: nodes.map(({ nodeId }) => nodeId),
      }),
  });
}
