// node --conditions=@ottla/source tools/history/main.ts check history.ndjson…
// Puts the files of one run in the order of time, prints the verdict, and exits with 1 when something is wrong.
import { readFileSync } from 'node:fs';
import { checkHistory } from './history-checker.ts';
import type { Verdict } from './anomaly.ts';
import { HistoryError, type Operation, parseOperation } from './operation.ts';

const EXIT_ANOMALIES = 1;
const EXIT_USAGE = 2;

const [command, ...files] = process.argv.slice(2);
if (command === 'check' && files.length > 0) process.exitCode = check(files);
else {
  console.error('usage: main.ts check <history.ndjson> …');
  process.exitCode = EXIT_USAGE;
}

function check(paths: readonly string[]): number {
  try {
    const verdict = checkHistory(
      paths.flatMap(readHistory).sort((left, right) => left.at - right.at),
    );
    print(verdict);
    return verdict.isClean ? 0 : EXIT_ANOMALIES;
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    console.error(error.message);
    return EXIT_USAGE;
  }
}

function readHistory(path: string): Operation[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    if (line === '') return [];
    try {
      return [parseOperation(line)];
    } catch (error) {
      throw new HistoryError(`${path}:${index + 1}: ${String(error)}`, { cause: error });
    }
  });
}

function print({ anomalies, counts, isClean, ...totals }: Verdict): void {
  console.log(
    Object.entries(totals)
      .map(([name, count]) => `${name} ${count}`)
      .join(', '),
  );
  for (const { kind, message } of anomalies) console.log(`${kind}: ${message}`);
  const kinds = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  console.log(isClean ? 'no anomalies' : `ANOMALIES: ${kinds.join(', ')}`);
}
