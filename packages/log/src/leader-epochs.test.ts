// Leader epochs against the plainest model there is: one epoch written beside every offset.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeaderEpochs } from './leader-epochs.ts';

/** Each epoch is higher than the one before by `step` and writes `records` records. */
const reigns = fc.array(
  fc.record({ step: fc.integer({ min: 1, max: 3 }), records: fc.integer({ min: 1, max: 5 }) }),
  { maxLength: 12 },
);

/** The epoch of every offset from 0 on. */
function written(history: readonly { step: number; records: number }[]): number[] {
  let epoch = -1;
  return history.flatMap(({ step, records }) => {
    epoch += step;
    return Array.from<number>({ length: records }).fill(epoch);
  });
}

function epochsOf(log: readonly number[]): LeaderEpochs {
  const epochs = new LeaderEpochs();
  log.forEach((epoch, offset) => epochs.assign(epoch, offset));
  return epochs;
}

/** What the model says: the largest epoch ≤ `epoch` that wrote something, and where the next one starts. */
function modelEnd(log: readonly number[], epoch: number): { epoch: number; endOffset: number } {
  const unknown = { epoch: -1, endOffset: -1 };
  const latest = log.at(-1);
  if (latest === undefined || epoch < 0 || epoch > latest) return unknown;
  const floor = log.findLast((each) => each <= epoch);
  const next = log.findIndex((each) => each > epoch);
  return { epoch: floor ?? epoch, endOffset: next < 0 ? log.length : next };
}

describe('LeaderEpochs', () => {
  it('given any history, when asked where an epoch ends, then it answers as a scan of every record does', () => {
    fc.assert(
      fc.property(reigns, fc.integer({ min: -1, max: 40 }), (history, epoch) => {
        const log = written(history);
        expect(epochsOf(log).endOffsetFor(epoch, log.length)).toEqual(modelEnd(log, epoch));
      }),
    );
  });

  it('given any history, when asked who wrote an offset, then it is the epoch of that record', () => {
    fc.assert(
      fc.property(reigns, (history) => {
        const log = written(history);
        const epochs = epochsOf(log);
        log.forEach((epoch, offset) => expect(epochs.epochAt(offset)).toBe(epoch));
      }),
    );
  });

  it('given any history, when the end is cut off, then it is as if the rest had never been written', () => {
    fc.assert(
      fc.property(reigns, fc.nat(60), (history, end) => {
        const log = written(history);
        const epochs = epochsOf(log);
        epochs.truncateFromEnd(end);
        expect(epochs.entries).toEqual(epochsOf(log.slice(0, end)).entries);
      }),
    );
  });

  it('given any history, when the start moves up, then the offsets that stay keep their epochs', () => {
    fc.assert(
      fc.property(reigns, fc.nat(60), (history, start) => {
        const log = written(history);
        const epochs = epochsOf(log);
        epochs.truncateFromStart(start);
        for (let offset = start; offset < log.length; offset += 1)
          expect(epochs.epochAt(offset)).toBe(log[offset]);
        expect(epochs.entries.every((entry) => entry.startOffset >= start)).toBe(true);
        // The newest epoch is never forgotten, even when the log is empty: elections need it.
        expect(epochs.latest?.epoch).toBe(log.at(-1));
      }),
    );
  });

  it('given entries that a new one contradicts, when it is assigned, then they are gone', () => {
    const epochs = new LeaderEpochs([
      { epoch: 1, startOffset: 0 },
      { epoch: 4, startOffset: 10 },
      { epoch: 6, startOffset: 20 },
    ]);
    epochs.assign(5, 10);
    expect(epochs.entries).toEqual([
      { epoch: 1, startOffset: 0 },
      { epoch: 5, startOffset: 10 },
    ]);
  });

  it('given nothing new, when the same epoch writes on, then the file need not be written', () => {
    const epochs = new LeaderEpochs([{ epoch: 3, startOffset: 7 }]);
    epochs.assign(3, 8);
    epochs.assign(-1, 9);
    epochs.truncateFromEnd(100);
    expect(epochs.takeDirty()).toBe(false);
    epochs.assign(4, 9);
    expect([epochs.takeDirty(), epochs.takeDirty()]).toEqual([true, false]);
  });
});
