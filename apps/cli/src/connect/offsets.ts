// `ottla connect offsets`.
import { usageError } from '../cli-error.ts';
import { confirmOrRefuse } from '../confirm.ts';
import type { CliIo } from '../io.ts';
import { print, printDone } from '../output/print.ts';
import { readText } from './connector-input.ts';
import type { OffsetsAnswer } from './entities.ts';
import { ConnectRest, type WorkerOptions } from './rest-client.ts';

/** Options of the command. */
export interface ConnectorOffsetsOptions extends WorkerOptions {
  readonly reset?: boolean;
  readonly set?: string;
  readonly yes?: boolean;
}

/** Prints how far a connector has come, or changes that. */
export async function connectorOffsets(
  io: CliIo,
  connector: string,
  options: ConnectorOffsetsOptions,
): Promise<void> {
  const rest = new ConnectRest(io, options);
  const { reset = false, set } = options;
  if (reset && set !== undefined) throw usageError('--reset and --set cannot both be given');
  if (reset) {
    await confirmOrRefuse(io, options, `Forget how far ${connector} has come?`);
    await done(io, options, await rest.about(connector, 'DELETE', '/offsets'));
  } else if (set !== undefined) {
    const offsets = offsetsIn(await readText(io, set), set);
    await done(io, options, await rest.about(connector, 'PATCH', '/offsets', offsets));
  } else {
    const answer = await rest.about<OffsetsAnswer>(connector, 'GET', '/offsets');
    await print(io, options.json, {
      json: answer,
      headings: ['PARTITION', 'OFFSET'],
      rows: answer.offsets.map(({ partition, offset }) => [inWords(partition), inWords(offset)]),
      whenEmpty: `${connector} has no offsets yet.`,
    });
  }
}

async function done(io: CliIo, options: WorkerOptions, answer: unknown): Promise<void> {
  const { message } = answer as { readonly message: string };
  await printDone(io, options.json, message, answer);
}

/** What `--json` prints can be given back. */
function offsetsIn(text: string, path: string): OffsetsAnswer {
  try {
    const value = JSON.parse(text) as Partial<OffsetsAnswer> | null;
    if (Array.isArray(value?.offsets)) return { offsets: value.offsets };
  } catch {
    // Said below.
  }
  throw usageError(
    `${path}: JSON with "offsets" is needed`,
    'Take what `ottla connect offsets <connector> --json` prints, and change it.',
  );
}

/** `filename=/in.txt`. */
function inWords(fields: Readonly<Record<string, unknown>> | null): string | null {
  if (fields === null) return null;
  const texts = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return texts.join(' ');
}
