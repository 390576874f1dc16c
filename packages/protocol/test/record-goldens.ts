// Reads the golden files of record batches: bytes made by Apache Kafka 4.3.1's own builders and by a real broker's log.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import type { LogRecord, RecordBatch } from '../src/records/index.ts';

export interface GoldenRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly sequence?: number;
  readonly sizeInBytes: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly { readonly key: string; readonly value: string | null }[];
  readonly control?: {
    readonly type: string;
    readonly typeId: number;
    readonly coordinatorEpoch?: number;
  };
}

export interface GoldenBatch {
  readonly magic: number;
  readonly sizeInBytes: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly nextOffset: number;
  readonly compression: string;
  readonly timestampType: string;
  readonly maxTimestamp: number;
  readonly baseTimestamp?: number;
  readonly partitionLeaderEpoch?: number;
  readonly crc?: number;
  readonly isTransactional?: boolean;
  readonly isControlBatch?: boolean;
  readonly deleteHorizonMs?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly lastSequence?: number;
  readonly countOrNull?: number;
  readonly records: readonly GoldenRecord[];
}

export interface GoldenLine {
  readonly category: 'v2' | 'control' | 'legacy';
  readonly name: string;
  readonly bytes: Buffer;
  readonly batches: readonly GoldenBatch[];
}

/** What Kafka made of damaged bytes: `ok`, or the class of the exception. */
export interface CorruptLine {
  readonly name: string;
  readonly change: string;
  readonly bytes: Buffer;
  readonly kafka: {
    readonly batchIteration: string;
    readonly batchesSeen: number;
    readonly recordsSeen: number;
    readonly isValid?: boolean;
    readonly recordIteration?: string;
  };
}

const folder: URL = new URL('./golden/', import.meta.url);

type Json = Record<string, unknown>;

function lines(file: string): Json[] {
  return readFileSync(new URL(file, folder), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const parsed = JSON.parse(line) as Json;
      return { ...parsed, bytes: Buffer.from((parsed['hex'] as string | undefined) ?? '', 'hex') };
    });
}

const recordBatchLines = lines('record-batches.jsonl');

export const goldenLines = recordBatchLines.filter(
  (line) => line['category'] !== 'corrupt',
) as unknown as GoldenLine[];

export const corruptLines = recordBatchLines.filter(
  (line) => line['category'] === 'corrupt',
) as unknown as CorruptLine[];

/** The bytes of one golden line. */
export function goldenBytes(name: string): Buffer {
  const line = recordBatchLines.find((candidate) => candidate['name'] === name);
  if (line === undefined) throw new Error(`no golden batch is called ${name}`);
  return Buffer.from(line['bytes'] as Buffer);
}

/** What a real broker's log files hold, by their path in the data folder. */
export function goldenLogFiles(): { file: string; bytes: Buffer; batches: GoldenBatch[] }[] {
  const archive = gunzipSync(readFileSync(new URL('log-segments/log-dir.tar.gz', folder)));
  const files = untar(archive);
  return lines('log-segments/expected-batches.jsonl').map((line) => {
    const file = String(line['file']);
    const bytes = files.get(file) ?? files.get(`log-dir/${file}`);
    if (bytes === undefined) throw new Error(`${file} is not in the archive`);
    return { file, bytes, batches: line['batches'] as GoldenBatch[] };
  });
}

/** Regular files of a ustar archive, by path: 512-byte headers, each followed by the content padded to 512. */
function untar(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0;) {
    const text = (from: number, length: number): string =>
      archive.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const sizeInBytes = Number.parseInt(text(124, 12), 8);
    const path = [text(345, 155), text(0, 100)].filter((part) => part !== '').join('/');
    files.set(path.replace(/^\.\//, ''), archive.subarray(at + 512, at + 512 + sizeInBytes));
    at += 512 + Math.ceil(sizeInBytes / 512) * 512;
  }
  return files;
}

/** A decoded batch in the shape of the golden files, with only the fields that the golden batch has. */
export function inGoldenShape(batch: RecordBatch, like: GoldenBatch): object {
  const all: Json = {
    ...readable(batch),
    countOrNull: batch.recordCount,
    isCompressed: batch.compression !== 'none',
    records: [...batch.records()].map((record, index) => goldenRecord(record, like.records[index])),
  };
  return Object.fromEntries(Object.keys(like).map((key) => [key, all[key]]));
}

function readable(batch: RecordBatch): Json {
  // A batch of format 2 has accessors, which a spread does not copy.
  const names: (keyof RecordBatch)[] = [
    'magic',
    'sizeInBytes',
    'baseOffset',
    'lastOffset',
    'nextOffset',
    'compression',
    'crc',
    'timestampType',
    'maxTimestamp',
    'partitionLeaderEpoch',
    'producerId',
    'producerEpoch',
    'baseSequence',
    'lastSequence',
    'isTransactional',
    'isControlBatch',
    'deleteHorizonMs',
  ];
  return Object.fromEntries(names.map((name) => [name, batch[name]]));
}

function goldenRecord(record: LogRecord, like: GoldenRecord | undefined): object {
  const all: Json = {
    ...record,
    key: record.key?.toString('hex') ?? null,
    value: record.value?.toString('hex') ?? null,
    headers: record.headers.map(({ key, value }) => ({
      key,
      value: value === null ? null : Buffer.from(value).toString('hex'),
    })),
    control: like?.control,
  };
  return Object.fromEntries(Object.keys(like ?? record).map((key) => [key, all[key]]));
}
