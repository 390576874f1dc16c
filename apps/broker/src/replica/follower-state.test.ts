// What a follower makes of its leader's answers, case by case.
import { LeaderEpochs } from '@ottla/log';
import { ErrorCode } from '@ottla/protocol';
import { describe, expect, it } from 'vitest';
import { type FetchAnswer, type FollowerLog, FollowerState } from './follower-state.ts';

const NO_DIVERGENCE = { epoch: -1, endOffset: -1 };
/** Epoch 1 wrote 0 to 9, epoch 4 wrote 10 to 19. */
const EPOCHS = [
  { epoch: 1, startOffset: 0 },
  { epoch: 4, startOffset: 10 },
];

function log(change: Partial<FollowerLog> = {}, entries = EPOCHS): FollowerLog {
  const epochs = new LeaderEpochs(entries);
  const logEndOffset = change.logEndOffset ?? 20;
  return {
    logStartOffset: 0,
    logEndOffset,
    highWatermark: 8,
    latestEpoch: epochs.latest?.epoch ?? -1,
    endOffsetForEpoch: (epoch) => epochs.endOffsetFor(epoch, logEndOffset),
    ...change,
  };
}

function follower(): FollowerState {
  return new FollowerState(5, { pauseMs: 20, pauseMsMax: 1000 });
}

function answer(change: Partial<FetchAnswer> = {}): FetchAnswer {
  return {
    errorCode: ErrorCode.NONE,
    highWatermark: 12,
    logStartOffset: 3,
    divergingEpoch: NO_DIVERGENCE,
    ...change,
  };
}

describe('a follower', () => {
  it('asks from its end, with the epoch of its last record, and appends up to the epoch it asked in', () => {
    const state = follower();
    const asked = state.position(log(), 0)!;
    expect(asked).toEqual({
      leaderEpoch: 5,
      fetchOffset: 20,
      lastFetchedEpoch: 4,
      logStartOffset: 0,
    });
    expect(state.answered(asked, answer(), log(), 0)).toEqual({
      kind: 'append',
      leaderEpoch: 5,
      highWatermark: 12,
      logStartOffset: 3,
    });
    expect(state.position(log(), 0)).toBeUndefined();
    state.done();
    expect(state.position(log(), 0)).toBeDefined();
  });

  it.each([
    ['an epoch that both have', { epoch: 4, endOffset: 15 }, 15],
    ['an epoch that both have, longer at the leader', { epoch: 4, endOffset: 99 }, 20],
    ['an epoch that the follower does not have', { epoch: 3, endOffset: 14 }, 10],
    ['an epoch that ended earlier', { epoch: 1, endOffset: 9 }, 9],
  ])('given that the logs part in %s, cuts there', (_, divergingEpoch, offset) => {
    const state = follower();
    const asked = state.position(log(), 0)!;
    expect(state.answered(asked, answer({ divergingEpoch }), log(), 0)).toEqual({
      kind: 'truncate',
      offset,
      isBelowHighWatermark: false,
    });
  });

  it('given that committed records are to go, says so', () => {
    const state = follower();
    const divergingEpoch = { epoch: 1, endOffset: 5 };
    const step = state.answered(state.position(log(), 0)!, answer({ divergingEpoch }), log(), 0);
    expect(step).toMatchObject({ kind: 'truncate', offset: 5, isBelowHighWatermark: true });
  });

  it('given a log without epochs, keeps what is committed and nothing else', () => {
    expect(follower().begin(log({}, []))).toMatchObject({ kind: 'truncate', offset: 8 });
    expect(follower().begin(log())).toEqual({ kind: 'ignore' });
  });

  it('given an offset out of range, asks where the leader’s log is, and cuts, starts anew or goes on', () => {
    const outOfRange = answer({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE });
    for (const [start, end, step] of [
      [0, 15, { kind: 'truncate', offset: 15 }],
      [30, 40, { kind: 'restart', offset: 30 }],
      [5, 40, { kind: 'ignore' }],
    ] as const) {
      const state = follower();
      const asked = state.position(log(), 0)!;
      expect(state.answered(asked, outOfRange, log(), 0)).toEqual({ kind: 'ask-offsets' });
      expect(state.position(log(), 0)).toBeUndefined();
      expect(state.leaderOffsets(start, end, log())).toMatchObject(step);
    }
  });

  it('given refusals, asks after pauses that double up to the bound, and at once after a success', () => {
    const state = follower();
    const refusal = answer({ errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH });
    const pauses: number[] = [];
    let nowMs = 0;
    for (let n = 0; n < 8; n += 1) {
      expect(state.answered(state.position(log(), nowMs)!, refusal, log(), nowMs).kind).toBe(
        'pause',
      );
      pauses.push(state.readyAtMs - nowMs);
      expect(state.position(log(), state.readyAtMs - 1)).toBeUndefined();
      nowMs = state.readyAtMs;
    }
    expect(pauses).toEqual([20, 40, 80, 160, 320, 640, 1000, 1000]);
    state.answered(state.position(log(), nowMs)!, answer(), log(), nowMs);
    state.done();
    state.answered(state.position(log(), nowMs)!, refusal, log(), nowMs);
    expect(state.readyAtMs - nowMs).toBe(20);
  });

  it('given a leader of a newer epoch, waits for the metadata', () => {
    const state = follower();
    const fenced = answer({ errorCode: ErrorCode.FENCED_LEADER_EPOCH });
    expect(state.answered(state.position(log(), 0)!, fenced, log(), 0)).toEqual({ kind: 'stop' });
    expect(state.position(log(), 1e9)).toBeUndefined();
  });

  it('takes no notice of answers to what it does not ask any more', () => {
    const state = follower();
    const asked = state.position(log(), 0)!;
    for (const now of [log({ logEndOffset: 19 }), log({ latestEpoch: 5 })])
      expect(state.answered(asked, answer(), now, 0)).toEqual({ kind: 'ignore' });
  });
});
