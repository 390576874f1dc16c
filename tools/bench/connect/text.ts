// The text that goes through the workers: the lines of a real data set, over and over.
import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Reports of birds that struck aircraft: 10,000 lines of CSV, 122 bytes each on average, as the FAA collected them. */
const DATA_SET = path.resolve(
  import.meta.dirname,
  '../../../node_modules/vega-datasets/data/birdstrikes.csv',
);

/** So much text as was appended. */
export interface Amount {
  readonly bytes: number;
  readonly lines: number;
}

/** Appends about so many MB of whole lines to a file. */
export function appendText(file: string, megabytes: number): Amount {
  const text = readFileSync(DATA_SET, 'utf8').replaceAll('\r', '');
  const block = Buffer.from(text.endsWith('\n') ? text : `${text}\n`);
  const blocks = Math.ceil((megabytes * 1e6) / block.length);
  for (let count = 0; count < blocks; count += 1) appendFileSync(file, block);
  const lines = block.reduce((sum, byte) => sum + (byte === 0x0a ? 1 : 0), 0);
  return { bytes: blocks * block.length, lines: blocks * lines };
}
