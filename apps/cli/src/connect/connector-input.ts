// The configuration of a connector that a user gives: a file of Kafka's, standard input, and single settings on top.
import type { ConnectorRequest } from '@ottla/connect-worker';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import type { CliIo } from '../io.ts';

/** Single settings, in the order given. */
export type Settings = readonly (readonly [string, string])[];

/** What a user may say of a connector. */
export interface ConnectorInput {
  readonly name?: string;
  readonly set?: Settings;
}

/** @param path a file, or `-` for standard input; undefined when all is in the options. @throws CliError exit code 2 */
export async function connectorInput(
  io: CliIo,
  path: string | undefined,
  { name, set = [] }: ConnectorInput,
): Promise<ConnectorRequest> {
  const given = path === undefined ? undefined : await parsedFile(io, path, name);
  const config: Record<string, string | null> = { ...given?.config, ...Object.fromEntries(set) };
  const chosen = name ?? given?.name ?? config['name'] ?? '';
  if (chosen === '')
    throw usageError('the connector has no name', 'Give it one with --name, or in the file.');
  if (config['connector.class'] === undefined)
    throw usageError(
      'the connector has no connector.class',
      'See what there is with `ottla connect plugins`, then --set connector.class=<class>.',
    );
  return {
    name: chosen,
    config: { ...config, name: chosen },
    initial: given?.initial ?? 'STARTED',
  };
}

/** Texts of a file, or of standard input. @throws CliError exit code 2 */
export async function readText(io: CliIo, path: string): Promise<string> {
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of path === '-' ? io.stdin : io.readFile(path)) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    const code = (error as { readonly code?: string }).code ?? String(error);
    const reason = code === 'ENOENT' ? 'there is no such file' : code;
    throw new CliError(`cannot read ${path}: ${reason}`, undefined, EXIT.usage);
  }
}

async function parsedFile(
  io: CliIo,
  path: string,
  name: string | undefined,
): Promise<ConnectorRequest> {
  const { parseConnectorFile } = await import('@ottla/connect-worker');
  const text = await readText(io, path);
  const file =
    path === '-' ? `standard input${text.trimStart().startsWith('{') ? '.json' : ''}` : path;
  // A flat configuration may leave its name to --name.
  return parseConnectorFile(file, withName(text, name));
}

function withName(text: string, name: string | undefined): string {
  if (name === undefined) return text;
  if (!text.trimStart().startsWith('{')) return `${text}\nname=${name}\n`;
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    if (typeof value['config'] !== 'object' || value['config'] === null)
      return JSON.stringify({ ...value, name });
    return JSON.stringify({ ...value, name, config: { ...value['config'], name } });
  } catch {
    return text;
  }
}
