// `ottla dev`: a broker with a welcome.
import type { RunningServer } from '@ottla/broker';
import type { CliIo } from '../io.ts';
import { bold, dim } from '../output/table.ts';
import { version } from '../version.ts';
import { prettyLogger } from './pretty-logger.ts';
import { runServer } from './run-server.ts';
import type { ServerOptions } from './server-options.ts';

/** Where metrics are served when nobody says otherwise; a free port when this one is taken. */
const HTTP_HOST = '127.0.0.1';
const HTTP_PORT = 9464;

/** The address that all commands assume. */
const DEFAULT_BROKER = '127.0.0.1:9092';

/** Runs a broker until Ctrl-C. */
export async function dev(io: CliIo, options: ServerOptions): Promise<void> {
  if (options.brokers !== undefined) {
    const { devBrokers } = await import('./brokers/dev-brokers.ts');
    await devBrokers(io, { ...options, brokers: options.brokers });
    return;
  }
  await runServer(io, options, {
    logger: prettyLogger(io.stderr),
    presets: { 'ottla.http.listener': `${HTTP_HOST}:${await httpPort(io)}` },
    onReady: (server) => io.stdout.write(welcome(io, server, options)),
    onStopping: () => void io.stdout.write('stopping …\n'),
  });
  await io.stdout.write('stopped\n');
}

/** 0 when the usual port is taken, by another `ottla dev` for example. */
async function httpPort(io: CliIo): Promise<number> {
  const { net } = await io.platform();
  try {
    const listener = await net.listen({ host: HTTP_HOST, port: HTTP_PORT }, (connection) =>
      connection.destroy(),
    );
    await listener.close();
    return HTTP_PORT;
  } catch {
    // Whatever the reason, a free port is the answer; a real failure shows there again.
    return 0;
  }
}

function welcome(io: CliIo, server: RunningServer, options: ServerOptions): string {
  const { host, port } = server.endpoints[0]!;
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const target = address === DEFAULT_BROKER ? '' : ` --bootstrap-server ${address}`;
  const ottla = io.invokedAs;
  const readyMs = Math.round(process.uptime() * 1000);
  const data =
    options.memory === true ? 'in memory, gone when this stops' : server.config.logDirs.join(', ');
  const lines = [
    `${bold(`ottla ${version}`, io.stdout)} ready in ${readyMs} ms`,
    '',
    `  Kafka    ${bold(address, io.stdout)}`,
    ...(server.http === undefined
      ? []
      : [`  Metrics  http://${server.http.host}:${server.http.port}/metrics`]),
    `  Data     ${data}`,
    '',
    `  ${ottla} topic create greetings${target}`,
    `  echo hello | ${ottla} produce greetings${target}`,
    `  ${ottla} consume greetings --from-beginning${target}`,
    '',
    dim('Ctrl-C stops.', io.stdout),
  ];
  return `${lines.join('\n')}\n`;
}
