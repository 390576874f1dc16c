// Each anomaly, planted in a history that is sound without it, is found and named; and nothing else is.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ANOMALY_KINDS, type AnomalyKind } from './anomaly.ts';
import { checkHistory } from './history-checker.ts';
import {
  formatOperation,
  type Operation,
  type OffsetOf,
  parseOperation,
  type PartitionName,
  type ReadRecord,
} from './operation.ts';

let at = 0;
const now = (): number => (at += 1);

const sent = (value: string, process = 'producer-1', partition = 0): Operation => ({
  at: now(),
  process,
  op: 'send',
  type: 'invoke',
  topic: 'orders',
  partition,
  value,
});
const acked = (value: string, offset: number, process = 'producer-1'): Operation => ({
  at: now(),
  process,
  op: 'send',
  type: 'ok',
  value,
  offset,
});
const ended = (value: string, type: 'fail' | 'info', process = 'producer-1'): Operation => ({
  at: now(),
  process,
  op: 'send',
  type,
  value,
});
const read = (process: string, ...values: readonly [number, string][]): Operation => ({
  at: now(),
  process,
  op: 'poll',
  type: 'ok',
  records: values.map(([offset, value]): ReadRecord => ['orders', 0, offset, value]),
});
const readInGroup = (process: string, ...values: readonly [number, string][]): Operation => {
  const operation = read(process, ...values);
  return operation.op === 'poll' ? { ...operation, group: 'billing' } : operation;
};
const assigned = (process: string, generation: number, partitions: number[]): Operation => ({
  at: now(),
  process,
  op: 'assign',
  type: 'ok',
  group: 'billing',
  generation,
  partitions: partitions.map((partition): PartitionName => ['orders', partition]),
});
const commit = (process: string, offset: number, type: 'ok' | 'info' = 'ok'): Operation[] => [
  {
    at: now(),
    process,
    op: 'commit',
    type: 'invoke',
    group: 'billing',
    offsets: at0(offset),
  },
  { at: now(), process, op: 'commit', type, group: 'billing' },
];
const committed = (process: string, offset: number): Operation[] => [
  { at: now(), process, op: 'committed', type: 'invoke', group: 'billing' },
  {
    at: now(),
    process,
    op: 'committed',
    type: 'ok',
    group: 'billing',
    offsets: at0(offset),
  },
];
const at0 = (offset: number): OffsetOf[] => [['orders', 0, offset]];

/** a, b and c at 0, 1 and 2, acknowledged. */
const abc = (): Operation[] =>
  ['a', 'b', 'c'].flatMap((value, offset) => [sent(value), acked(value, offset)]);
const readAbc = (process = 'reader'): Operation => read(process, [0, 'a'], [1, 'b'], [2, 'c']);

interface Plant {
  readonly kind: AnomalyKind;
  readonly when: string;
  readonly history: () => Operation[];
}

const PLANTED: readonly Plant[] = [
  {
    kind: 'lost-write',
    when: 'an acknowledged record is missing before others that were read',
    history: () => [...abc(), read('reader', [0, 'a'], [2, 'c'])],
  },
  {
    kind: 'unseen',
    when: 'the end of the log is gone',
    history: () => [...abc(), read('reader', [0, 'a'], [1, 'b'])],
  },
  {
    kind: 'duplicate',
    when: 'a retry was written a second time',
    history: () => [...abc(), read('reader', [0, 'a'], [1, 'b'], [2, 'c'], [3, 'b'])],
  },
  {
    kind: 'duplicate',
    when: 'a record stands elsewhere than its answer says',
    history: () => [sent('a'), acked('a', 5), read('reader', [0, 'a'])],
  },
  {
    kind: 'inconsistent-offset',
    when: 'two readers are handed different records at one offset',
    history: () => [
      sent('a', 'p1'),
      sent('b', 'p2'),
      ended('a', 'info', 'p1'),
      ended('b', 'info', 'p2'),
      read('reader-1', [0, 'a']),
      read('reader-2', [0, 'b']),
    ],
  },
  {
    kind: 'inconsistent-offset',
    when: 'two records were acknowledged at one offset',
    history: () => [
      sent('a', 'p1'),
      sent('b', 'p2'),
      acked('a', 0, 'p1'),
      acked('b', 0, 'p2'),
      read('reader-1', [0, 'a']),
      read('reader-2', [0, 'b']),
    ],
  },
  {
    kind: 'reorder',
    when: 'what one producer sent stands the other way round',
    history: () => [
      sent('a'),
      sent('b'),
      acked('a', 1),
      acked('b', 0),
      read('reader', [0, 'b'], [1, 'a']),
    ],
  },
  {
    kind: 'stale-append',
    when: 'a record stands before what was acknowledged before it was sent',
    history: () => [
      sent('a', 'p1'),
      acked('a', 1, 'p1'),
      sent('b', 'p2'),
      acked('b', 0, 'p2'),
      read('reader', [0, 'b'], [1, 'a']),
    ],
  },
  {
    kind: 'phantom',
    when: 'a record is read that nobody sent',
    history: () => [...abc(), read('reader', [0, 'a'], [1, 'b'], [2, 'c'], [3, 'x'])],
  },
  {
    kind: 'phantom',
    when: "another partition's record is read",
    history: () => [...abc(), readAbc(), sent('d', 'p2', 1), read('reader-2', [3, 'd'])],
  },
  {
    kind: 'failed-write-seen',
    when: 'a record is read whose sender was told that it was refused',
    history: () => [sent('a'), ended('a', 'fail'), read('reader', [0, 'a'])],
  },
  {
    kind: 'nonmonotonic-poll',
    when: 'a reader is handed the same record again',
    history: () => [...abc(), readAbc(), read('reader', [2, 'c'])],
  },
  {
    kind: 'skipped-offset',
    when: 'one reader goes over a record that another has read',
    history: () => [...abc(), readAbc(), read('reader-2', [0, 'a'], [2, 'c'])],
  },
  {
    kind: 'two-owners',
    when: 'two members have a partition in one generation',
    history: () => [assigned('m1', 4, [0, 1]), assigned('m2', 4, [1, 2])],
  },
  {
    kind: 'unread-committed',
    when: 'a group has committed beyond what it was handed',
    history: () => [
      ...abc(),
      readAbc(),
      assigned('m1', 1, [0]),
      readInGroup('m1', [0, 'a']),
      ...commit('m1', 3),
    ],
  },
  {
    kind: 'committed-went-back',
    when: 'an acknowledged commit is not there any more',
    history: () => [...commit('m1', 7), ...committed('admin', 3)],
  },
  {
    kind: 'committed-went-back',
    when: 'the next owner commits less than the one before',
    history: () => [...commit('m1', 7), ...commit('m2', 5)],
  },
  {
    kind: 'committed-went-back',
    when: 'the group has forgotten its offsets',
    history: () => [...commit('m1', 7), ...committed('admin', -1)],
  },
];

describe('HistoryChecker', () => {
  it.each(PLANTED)('given $when, then it finds: $kind', ({ kind, history }) => {
    const verdict = checkHistory(history());

    expect(Object.keys(verdict.counts)).toEqual([kind]);
    expect(verdict.isClean).toBe(false);
  });

  it('has a planted history for every kind', () => {
    const planted = new Set<string>(PLANTED.map(({ kind }) => kind));
    expect(ANOMALY_KINDS.filter((kind) => !planted.has(kind))).toEqual([]);
  });

  it('given a sound history with failures and retries, then it finds nothing', () => {
    const verdict = checkHistory([
      ...abc(),
      sent('d'),
      ended('d', 'info'),
      sent('e'),
      ended('e', 'fail'),
      sent('f'),
      assigned('m1', 1, [0]),
      assigned('m2', 1, [1]),
      readInGroup('m1', [0, 'a'], [1, 'b']),
      ...commit('m1', 1),
      ...committed('admin', 1),
      // m1 dies with 1 committed; m2 goes on from there. A lost answer may hide a commit.
      assigned('m2', 2, [0, 1]),
      readInGroup('m2', [1, 'b'], [2, 'c']),
      ...commit('m2', 3, 'info'),
      ...committed('admin', 1),
      // The log has a gap (a control record) before "d", which was written although its answer was lost.
      readAbc('final'),
      read('final', [4, 'd']),
    ]);

    expect(verdict.anomalies).toEqual([]);
    expect(verdict).toMatchObject({ sent: 6, acknowledged: 3, failed: 1, unknown: 2, commits: 1 });
  });

  it('given commits that overlap, then either may be the last', () => {
    const [first1, last1] = commit('m1', 7);
    const [first2, last2] = commit('m2', 5);
    const verdict = checkHistory([first1!, first2!, last1!, last2!]);

    expect(verdict.anomalies).toEqual([]);
  });

  it('given a member that keeps a partition over a rebalance, then its reading goes on', () => {
    const verdict = checkHistory([
      ...abc(),
      readAbc(),
      assigned('m1', 1, [0]),
      readInGroup('m1', [0, 'a'], [1, 'b']),
      assigned('m1', 2, [0]),
      readInGroup('m1', [1, 'b']),
    ]);

    expect(verdict.counts).toEqual({ 'nonmonotonic-poll': 1 });
  });

  it('given an acknowledgement that does not say where, then the record counts as acknowledged', () => {
    const known = parseOperation('{"op":"send","type":"ok","at":9,"process":"p","value":"a"}');

    expect(checkHistory([sent('a'), known, read('reader', [0, 'a'])]).anomalies).toEqual([]);
    const lost = checkHistory([
      sent('a'),
      known,
      sent('b'),
      acked('b', 1),
      read('reader', [1, 'b']),
    ]);
    expect(lost.counts).toEqual({ unseen: 1 });
  });

  it('given values that are not unique, then it refuses the history', () => {
    expect(() => checkHistory([sent('a'), sent('a')])).toThrow('values must be unique');
  });
});

describe('history files', () => {
  it('given an operation, when written and read, then it is the same', () => {
    for (const operation of [...abc(), readAbc(), ...commit('m1', 7), ...committed('m1', 7)])
      expect(parseOperation(formatOperation(operation))).toEqual(operation);
  });

  const send = '{"op":"send","at":1,"process":"p","value":"v"';
  it.each(['', 'x', '{}', `${send},"type":"lost"}`, `${send},"type":"ok","offset":-1}`])(
    'given %j, then it is refused',
    (line) => expect(() => parseOperation(line)).toThrow(/^no /),
  );

  it('given the files of two processes, when checked by the command, then the verdict is printed and is the exit code', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'history-'));
    try {
      const files = [abc(), [read('reader', [0, 'a'], [2, 'c'])]].map((operations, index) => {
        const file = path.join(folder, `${index}.ndjson`);
        writeFileSync(file, operations.map((each) => `${formatOperation(each)}\n`).join(''));
        return file;
      });
      const main = path.join(import.meta.dirname, 'main.ts');
      const { status, stdout } = spawnSync(process.execPath, [main, 'check', ...files], {
        encoding: 'utf8',
      });

      expect(stdout).toContain('ANOMALIES: 1 lost-write');
      expect(status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
