import { describe, expect, it } from 'vitest';
import { SubmittedRecords } from '../../src/runtime/task/submitted-records.ts';

describe('SubmittedRecords', () => {
  it('given records acknowledged out of order, when asked, then the longest acknowledged prefix counts', () => {
    const submitted = new SubmittedRecords();
    const [first, second, third] = [1, 2, 3].map((at) => submitted.submit({ file: 'a' }, { at }));

    third!.isAcknowledged = true;
    expect(submitted.takeCommittable()).toEqual([]);
    first!.isAcknowledged = true;
    expect(submitted.takeCommittable()).toEqual([{ partition: { file: 'a' }, offset: { at: 1 } }]);
    second!.isAcknowledged = true;
    expect(submitted.takeCommittable()).toEqual([{ partition: { file: 'a' }, offset: { at: 3 } }]);
    expect(submitted.takeCommittable()).toEqual([]);
    expect(submitted.pendingCount()).toBe(0);
  });

  it('given two partitions, when one waits, then the other goes on; equal partitions are one', () => {
    const submitted = new SubmittedRecords();
    submitted.submit({ file: 'slow' }, { at: 1 });
    submitted.submit({ file: 'b', n: 1 }, { at: 1 }).isAcknowledged = true;
    submitted.submit({ n: 1, file: 'b' }, { at: 2 }).isAcknowledged = true;

    expect(submitted.takeCommittable().map(({ offset }) => offset)).toEqual([{ at: 2 }]);
    expect(submitted.pendingCount()).toBe(1);
  });

  it('given a record that was taken back, when later ones are acknowledged, then it holds nothing up', () => {
    const submitted = new SubmittedRecords();
    const partition = { file: 'a' };
    submitted.takeBack(partition, submitted.submit(partition, { at: 1 }));
    submitted.submit(partition, { at: 2 }).isAcknowledged = true;

    expect(submitted.takeCommittable()).toEqual([{ partition, offset: { at: 2 } }]);
  });
});
