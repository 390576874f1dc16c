// One result, for people or for programs: the same data as a table or as one JSON document.
import type { CliIo } from '../io.ts';
import { type Cell, formatTable } from './table.ts';

/** What a command found. */
export interface Result {
  /** The stable shape that `--json` prints. */
  readonly json: unknown;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Said on standard error in place of an empty table. */
  readonly whenEmpty: string;
}

/** Prints a result; with `json` one document of two-space JSON. */
export async function print(io: CliIo, json: boolean | undefined, result: Result): Promise<void> {
  if (json === true) await printJson(io, result.json);
  else if (result.rows.length === 0) await io.stderr.write(`${result.whenEmpty}\n`);
  else await io.stdout.write(formatTable(result.headings, result.rows, io.stdout));
}

/** One JSON document. */
export async function printJson(io: CliIo, json: unknown): Promise<void> {
  await io.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
}

/** Says what was done, on standard output; with `json` prints the outcome in its place. */
export async function printDone(
  io: CliIo,
  json: boolean | undefined,
  line: string,
  outcome: unknown,
): Promise<void> {
  if (json === true) await printJson(io, outcome);
  else await io.stdout.write(`${line}\n`);
}
