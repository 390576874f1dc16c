// The histories of several loads as one.
import { existsSync, readFileSync } from 'node:fs';
import { type Operation, parseOperation } from '../../../tools/history/operation.ts';
import { until } from '../../src/processes.ts';

const WARM_UP_LIMIT_MS = 180_000;

/** All operations of these files, by time. */
export function readHistories(files: readonly string[]): Operation[] {
  return files.flatMap(readHistory).sort((left, right) => left.at - right.at);
}

/** Resolves when the load of this history has its first acknowledgement. */
export async function untilFlowing(history: string): Promise<void> {
  const isFlowing = (): boolean =>
    existsSync(history) && readFileSync(history, 'utf8').includes('"op":"send","type":"ok"');
  await until(`records flow into ${history}`, isFlowing, WARM_UP_LIMIT_MS);
}

function readHistory(file: string): Operation[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map(parseOperation);
}
