// The producers of a log: what is new, what is a repetition, what is refused; and their snapshots.
import { Reader } from '@ottla/protocol';
import { producerSnapshot } from '@ottla/protocol/messages/producer-snapshot';
import { BatchAttribute, type BatchHeader, createBatchHeader } from '@ottla/protocol/records';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogError } from './errors.ts';
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts';
import { PRODUCER_BATCHES_KEPT, type ProducerBatch, ProducerState } from './producer-state.ts';

const INT32_MAX = 0x7fff_ffff;

interface Sent {
  readonly producerId?: number;
  readonly epoch?: number;
  readonly sequence: number;
  readonly records?: number;
  readonly baseOffset?: number;
  readonly timestamp?: number;
  readonly transactional?: boolean;
}

function header(sent: Sent): BatchHeader {
  const records = sent.records ?? 1;
  return {
    ...createBatchHeader(),
    baseOffset: sent.baseOffset ?? 0,
    producerId: sent.producerId ?? 7,
    producerEpoch: sent.epoch ?? 0,
    baseSequence: sent.sequence,
    recordCount: records,
    lastOffsetDelta: records - 1,
    maxTimestamp: sent.timestamp ?? 1_000,
    attributes: sent.transactional === true ? BatchAttribute.transactional : 0,
  };
}

/** An end-of-transaction marker. */
function marker(baseOffset: number, producerId = 7): BatchHeader {
  return {
    ...header({ sequence: -1, baseOffset, producerId }),
    attributes: BatchAttribute.control | BatchAttribute.transactional,
  };
}

/** A state that has taken these batches in, in order. */
function after(...sent: readonly Sent[]): ProducerState {
  const state = new ProducerState();
  for (const each of sent) state.update(header(each));
  return state;
}

function recordsOf(batches: readonly ProducerBatch[]): number {
  return batches.reduce((sum, { offsetDelta }) => sum + offsetDelta + 1, 0);
}

describe('ProducerState', () => {
  it('given any run of batches, when each is repeated, then exactly the last five are known as duplicates', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
        fc.constantFrom(0, INT32_MAX - 12),
        (sizes, firstSequence) => {
          const state = new ProducerState();
          const batches: BatchHeader[] = [];
          let sequence = firstSequence;
          let baseOffset = 0;
          for (const records of sizes) {
            const batch = header({ sequence, records, baseOffset });
            expect(() => state.check(batch, 'client', 0)).not.toThrow();
            state.update(batch);
            batches.push(batch);
            // Sequences go from 2^31−1 on to 0.
            sequence = (sequence + records) % (INT32_MAX + 1);
            baseOffset += records;
          }
          batches.forEach((batch, slot) => {
            const isKept = slot >= batches.length - PRODUCER_BATCHES_KEPT;
            const lastOffset = batch.baseOffset + batch.lastOffsetDelta;
            expect(state.findDuplicate(batch)?.lastOffset).toBe(isKept ? lastOffset : undefined);
          });
        },
      ),
    );
  });

  it('given a known producer, when any other than the next sequence comes, then it is out of order', () => {
    const state = after({ sequence: 0, records: 3 });
    for (const sequence of [0, 2, 4, 100])
      expect(() => state.check(header({ sequence }), 'client', 0)).toThrow(/sequence/);
    expect(() => state.check(header({ sequence: 3 }), 'client', 0)).not.toThrow();
  });

  describe('given a producer whose batch with a lost answer has more behind it than are remembered', () => {
    const run = (from: number) =>
      Array.from({ length: 9 }, (_, n) => ({
        sequence: (from + 2 * n) % (INT32_MAX + 1),
        records: 2,
        baseOffset: 100 + 2 * n,
      }));
    const errorOf = (state: ProducerState, sent: Sent, highWatermark: number) => {
      try {
        state.check(header(sent), 'client', highWatermark);
        return undefined;
      } catch (error) {
        return (error as LogError).code;
      }
    };

    it.each([0, INT32_MAX - 3])(
      'when it is sent again, then it is called a duplicate, for nothing is missing behind it (from %s on)',
      (from) => {
        const batches = run(from);
        const state = after(...batches);
        for (const sent of batches.slice(0, 4))
          expect(errorOf(state, sent, 118)).toBe('DUPLICATE_SEQUENCE_NUMBER');
        expect(errorOf(state, { sequence: (from + 18) % (INT32_MAX + 1) }, 118)).toBeUndefined();
        expect(errorOf(state, { sequence: from + 30 }, 118)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
      },
    );

    it('when it may not be replicated yet, then it is not called appended', () => {
      const batches = run(0);
      const state = after(...batches);
      // The oldest batch that is remembered begins at 108: what came before ends below that.
      expect(errorOf(state, batches[0]!, 107)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
      expect(errorOf(state, batches[0]!, 108)).toBe('DUPLICATE_SEQUENCE_NUMBER');
    });

    it('when this log does not know it from its beginning, then it is not called appended', () => {
      const [lost, ...known] = run(0);
      expect(errorOf(after(...known), lost!, 118)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
      const restarted = new ProducerState();
      const snapshot = encodeProducerSnapshot(after(...run(0)).entries());
      restarted.reset(decodeProducerSnapshot(snapshot), 118);
      expect(errorOf(restarted, lost!, 118)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
      // But the five that were remembered still are: their answers may have been cut off by the restart.
      for (const sent of run(0).slice(-PRODUCER_BATCHES_KEPT))
        expect(restarted.findDuplicate(header(sent))?.lastOffset).toBe(sent.baseOffset + 1);
    });

    it('when a replica has a gap, then only what came behind the gap is known', () => {
      const state = after(...run(0).filter((_, n) => n !== 1));
      expect(errorOf(state, { sequence: 0, records: 2 }, 118)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
      expect(errorOf(state, { sequence: 2, records: 2 }, 118)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
      expect(errorOf(state, { sequence: 4, records: 2 }, 118)).toBe('DUPLICATE_SEQUENCE_NUMBER');
    });

    it('when it has other bounds than what was sent then, and reaches into what is remembered, then it is refused', () => {
      const state = after(...run(0));
      expect(errorOf(state, { sequence: 6, records: 4 }, 118)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    });
  });

  it('given an unknown producer, when its first batch has any sequence, then it is taken: its state may have expired', () => {
    expect(() => new ProducerState().check(header({ sequence: 41 }), 'client', 0)).not.toThrow();
  });

  it('given an older epoch, when a client or a coordinator writes, then it is fenced; a replica is not', () => {
    const state = after({ sequence: 0, epoch: 3 });
    const stale = header({ sequence: 0, epoch: 2 });
    for (const origin of ['client', 'coordinator'] as const)
      expect(() => state.check(stale, origin, 0)).toThrow(
        expect.objectContaining({ code: 'INVALID_PRODUCER_EPOCH' }),
      );
    expect(() => state.check(stale, 'replica', 0)).not.toThrow();
  });

  it('given an open transaction, when a batch comes outside it, then it is refused, and a marker is not', () => {
    const state = after({ sequence: 0, transactional: true });
    for (const origin of ['client', 'coordinator'] as const)
      expect(() => state.check(header({ sequence: 1 }), origin, 0)).toThrow(
        expect.objectContaining({ code: 'INVALID_TXN_STATE' }),
      );
    expect(() =>
      state.check(header({ sequence: 1, transactional: true }), 'client', 0),
    ).not.toThrow();
    expect(() => state.check(marker(1), 'coordinator', 0)).not.toThrow();
  });

  it('given offsets of a transaction, when a coordinator writes again without a sequence, then it is taken', () => {
    const state = after({ sequence: -1, transactional: true });
    const next = header({ sequence: -1, transactional: true });
    expect(() => state.check(next, 'coordinator', 0)).not.toThrow();
  });

  it('given a newer epoch, when it starts with 0, then it goes on and the batches of the old epoch are forgotten', () => {
    const state = after({ sequence: 0, epoch: 3 });
    expect(() => state.check(header({ sequence: 1, epoch: 4 }), 'client', 0)).toThrow(
      expect.objectContaining({ code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }),
    );
    const next = header({ sequence: 0, epoch: 4, baseOffset: 1 });
    expect(() => state.check(next, 'client', 0)).not.toThrow();
    expect(state.findDuplicate(next)).toBeUndefined();
    state.update(next);
    expect(state.findDuplicate(header({ sequence: 0, epoch: 3 }))).toBeUndefined();
    expect(state.get(7)?.batches).toHaveLength(1);
  });

  it('given another producer, when it uses the same sequences, then it is no duplicate', () => {
    const state = after({ sequence: 0 });
    expect(state.findDuplicate(header({ sequence: 0, producerId: 8 }))).toBeUndefined();
  });

  it('given open transactions, when the oldest ends, then the first undecided offset moves to the next', () => {
    const state = after(
      { producerId: 1, sequence: 0, baseOffset: 10, transactional: true },
      { producerId: 2, sequence: 0, baseOffset: 20, transactional: true },
      { producerId: 1, sequence: 1, baseOffset: 30, transactional: true },
    );
    expect(state.firstUndecidedOffset).toBe(10);
    expect(state.update(marker(40, 1), { isCommit: false, coordinatorEpoch: 5 })).toEqual({
      producerId: 1,
      firstOffset: 10,
      lastOffset: 40,
      lastStableOffset: 20,
    });
    expect(state.firstUndecidedOffset).toBe(20);
    expect(state.update(marker(41, 2), { isCommit: true, coordinatorEpoch: 5 })).toBeUndefined();
    expect(state.firstUndecidedOffset).toBeUndefined();
    // A marker without a transaction aborts nothing.
    expect(state.update(marker(42, 2), { isCommit: false, coordinatorEpoch: 5 })).toBeUndefined();
  });

  it('given producers of different age, then those that are quiet are the old ones without an open transaction', () => {
    const state = after(
      { producerId: 1, sequence: 0, timestamp: 100 },
      { producerId: 2, sequence: 0, timestamp: 300 },
      { producerId: 3, sequence: 0, timestamp: 100, transactional: true },
    );
    expect([...state.quietSince(200)]).toEqual([1]);
    state.forget(1);
    expect(Array.from(state.entries(), (entry) => entry.producerId)).toEqual([2, 3]);
  });
});

describe('producer snapshots', () => {
  const sent = fc.record({
    producerId: fc.nat(20),
    epoch: fc.nat(100),
    sequence: fc.nat(INT32_MAX),
    records: fc.integer({ min: 1, max: 500 }),
    baseOffset: fc.nat({ max: Number.MAX_SAFE_INTEGER - 1000 }),
    timestamp: fc.nat({ max: 4_000_000_000_000 }),
    transactional: fc.boolean(),
  });

  it('given any producers, when written and read, then each keeps its epoch, remembered batches and open transaction', () => {
    fc.assert(
      fc.property(fc.array(sent, { maxLength: 15 }), (batches) => {
        const state = after(...batches);
        const read = decodeProducerSnapshot(encodeProducerSnapshot(state.entries()));
        const expected = Array.from(state.entries(), (entry) => ({
          ...entry,
          // Of those before the remembered ones nothing is known any more.
          unbrokenRecords: Math.min(entry.unbrokenRecords, recordsOf(entry.batches)),
        }));
        expect(read).toEqual(expected);
        const again = new ProducerState();
        again.reset(read, 0);
        expect(again.firstUndecidedOffset).toBe(state.firstUndecidedOffset);
      }),
    );
  });

  it('given several batches of a producer, then the newest comes last: it is the one that counts for Apache Kafka', () => {
    const bytes = encodeProducerSnapshot(
      after(
        { sequence: 0 },
        { sequence: 1, baseOffset: 1 },
        { sequence: 2, baseOffset: 2 },
      ).entries(),
    );
    const { producerEntries } = producerSnapshot.decode(new Reader(bytes.subarray(2)), 1);
    expect(producerEntries.map(({ lastSequence }) => lastSequence)).toEqual([0, 1, 2]);
  });

  it('given a snapshot with any one bit flipped or any tail missing, when read, then it is refused', () => {
    const bytes = encodeProducerSnapshot(after({ sequence: 4, records: 2 }).entries());
    const refused = expect.objectContaining({ code: 'CORRUPT_MESSAGE' });
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const damaged = Buffer.from(bytes);
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      expect(() => decodeProducerSnapshot(damaged), `bit ${bit}`).toThrow(refused);
    }
    for (let length = 0; length < bytes.length; length += 1)
      expect(() => decodeProducerSnapshot(bytes.subarray(0, length)), `${length}`).toThrow(refused);
  });
});
