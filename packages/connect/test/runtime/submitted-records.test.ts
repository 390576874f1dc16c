import { describe, expect, it } from 'vitest';
import { SubmittedRecords } from '../../src/runtime/task/submitted-records.ts';

describe('SubmittedRecords', () => {
  it('given records acknowledged out of order, when asked, then the longest acknowledged prefix counts', () => {
    const submitted = new SubmittedRecords();
    const runs = Array.from({ length: 300 }, (_, at) => submitted.submit({ file: 'a' }, { at }));
    const acknowledge = (from: number, to: number): void => {
      for (const run of runs.slice(from, to)) run.pending -= 1;
    };

    acknowledge(200, 300);
    expect(submitted.takeCommittable()).toEqual([]);
    acknowledge(0, 150);
    expect(submitted.takeCommittable()).toEqual([{ partition: { file: 'a' }, offset: { at: 99 } }]);
    acknowledge(150, 199);
    expect(submitted.takeCommittable()).toEqual([]);
    acknowledge(199, 200);
    expect(submitted.takeCommittable()).toEqual([
      { partition: { file: 'a' }, offset: { at: 299 } },
    ]);
    expect(submitted.takeCommittable()).toEqual([]);
    expect(submitted.pendingCount()).toBe(0);
  });

  it('given two partitions, when one waits, then the other goes on; equal partitions are one', () => {
    const submitted = new SubmittedRecords();
    submitted.submit({ file: 'slow' }, { at: 1 });
    submitted.submit({ file: 'b', n: 1 }, { at: 1 }).pending -= 1;
    submitted.submit({ n: 1, file: 'b' }, { at: 2 }).pending -= 1;

    expect(submitted.takeCommittable().map(({ offset }) => offset)).toEqual([{ at: 2 }]);
    expect(submitted.pendingCount()).toBe(1);
  });

  it('given a record that was taken back, when later ones are acknowledged, then it holds nothing up', () => {
    const submitted = new SubmittedRecords();
    const partition = { file: 'a' };
    submitted.takeBack(partition, submitted.submit(partition, { at: 1 }));
    submitted.submit(partition, { at: 2 }).pending -= 1;

    expect(submitted.takeCommittable()).toEqual([{ partition, offset: { at: 2 } }]);
  });

  it('given a run that was acknowledged before more came, when asked between or after, then no record is passed over', () => {
    const submitted = new SubmittedRecords();
    const partition = { file: 'a' };
    const first = submitted.submit(partition, { at: 1 });
    first.pending -= 1;
    const second = submitted.submit(partition, { at: 2 });
    expect(submitted.takeCommittable()).toEqual([]);
    second.pending -= 1;
    expect(submitted.takeCommittable()).toEqual([{ partition, offset: { at: 2 } }]);

    submitted.submit(partition, { at: 3 });
    expect(submitted.takeCommittable()).toEqual([]);
  });

  it('given a record taken back from a run, when the rest is acknowledged, then its offset is not committed', () => {
    const submitted = new SubmittedRecords();
    const partition = { file: 'a' };
    const run = submitted.submit(partition, { at: 1 });
    submitted.takeBack(partition, submitted.submit(partition, { at: 2 }));
    run.pending -= 1;
    expect(submitted.takeCommittable()).toEqual([{ partition, offset: { at: 1 } }]);
  });
});
