// `ottla connect topics`.
import type { CliIo } from '../io.ts';
import { print, printDone } from '../output/print.ts';
import { ConnectRest, type WorkerOptions } from './rest-client.ts';

/** Options of the command. */
export interface ConnectorTopicsOptions extends WorkerOptions {
  readonly reset?: boolean;
}

/** Prints the topics that a connector has used, or forgets them. */
export async function connectorTopics(
  io: CliIo,
  connector: string,
  options: ConnectorTopicsOptions,
): Promise<void> {
  const rest = new ConnectRest(io, options);
  // A worker answers for a connector that is not there too.
  await rest.about(connector, 'GET', '');
  if (options.reset === true) {
    await rest.about(connector, 'PUT', '/topics/reset');
    await printDone(io, options.json, `Forgot the topics of ${connector}.`, {
      connector,
      topics: [],
    });
    return;
  }
  const answer = await rest.about<Record<string, { readonly topics: readonly string[] }>>(
    connector,
    'GET',
    '/topics',
  );
  const topics = [...(answer[connector]?.topics ?? [])].sort();
  await print(io, options.json, {
    json: { connector, topics },
    headings: ['TOPIC'],
    rows: topics.map((topic) => [topic]),
    whenEmpty: `${connector} has used no topic yet.`,
  });
}
