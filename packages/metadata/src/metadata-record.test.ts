import { describe, expect, it } from 'vitest';
import { goldenFile } from '../test/support/log-file.ts';
import { decodeMetadataRecord, encodeMetadataRecord, METADATA_RECORD_TYPES } from './index.ts';

interface GoldenRecord {
  readonly name: string;
  readonly apiKey: number;
  readonly version: number;
  readonly variant: string;
  readonly hex: string;
}

/** Its timestamps are beyond 2^53−1 here, which no clock ever says. */
const isBeyondNumber = ({ name, variant }: GoldenRecord): boolean =>
  name === 'DelegationTokenRecord' && variant === 'filled';

const lines = goldenFile('records-kafka-metadata.jsonl')
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as GoldenRecord)
  .filter(({ name }) => (METADATA_RECORD_TYPES as readonly string[]).includes(name));
const golden = lines.filter((record) => !isBeyondNumber(record));

function frame({ apiKey, version, hex }: GoldenRecord): Buffer {
  return Buffer.concat([Buffer.from([1, apiKey, version]), Buffer.from(hex, 'hex')]);
}

describe('MetadataRecord', () => {
  it('knows the 26 kinds of Kafka 4.3, each in the golden data', () => {
    expect(METADATA_RECORD_TYPES).toHaveLength(26);
    expect(new Set(golden.map(({ name }) => name)).size).toBe(26);
  });

  it.each(golden.map((record) => [record.name, record.version, record.variant, record] as const))(
    'reads and writes %s version %i (%s) as Kafka does',
    (name, version, _variant, record) => {
      const decoded = decodeMetadataRecord(frame(record));

      expect(decoded).toMatchObject({ type: name, version });
      expect(encodeMetadataRecord(decoded).toString('hex')).toBe(frame(record).toString('hex'));
    },
  );

  it('refuses an int64 that a number cannot hold', () => {
    const record = lines.find(isBeyondNumber);

    expect(() => decodeMetadataRecord(frame(record as GoldenRecord))).toThrow(/beyond 2\^53-1/);
  });

  const refused: ReadonlyArray<readonly [string, number[], string, RegExp]> = [
    ['another frame version', [2, 2, 0], 'UNKNOWN_METADATA_RECORD', /frame version 2/],
    ['an unknown type', [1, 99, 0], 'UNKNOWN_METADATA_RECORD', /unknown type 99/],
    ['the removed type 6', [1, 6, 0], 'UNKNOWN_METADATA_RECORD', /unknown type 6/],
    ['a newer version', [1, 2, 1], 'UNSUPPORTED_METADATA_RECORD_VERSION', /TopicRecord version 1/],
    ['a body that is cut off', [1, 2, 0, 5, 97], 'CORRUPT_METADATA_RECORD', /metadata record/],
    ['bytes left over', [1, 20, 0, 0, 7], 'CORRUPT_METADATA_RECORD', /1 bytes left over/],
    ['nothing at all', [], 'CORRUPT_METADATA_RECORD', /metadata record/],
  ];
  it.each(refused)('refuses %s', (_what, bytes, code, message) => {
    const read = (): unknown => decodeMetadataRecord(Buffer.from(bytes));

    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ code }) as Error);
  });
});
