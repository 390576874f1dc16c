// The rules of the ISR one by one, where the histories of `replication-cores.test.ts` would only meet them by chance.
import type { PartitionImage } from '@ottla/metadata';
import { ErrorCode } from '@ottla/protocol';
import { describe, expect, it } from 'vitest';
import { type BrokerStatus, LeaderState } from './leader-state.ts';

const LEADER = 1;
const LAG_MAX_MS = 1000;

function image(isr: readonly number[], partitionEpoch = 0, leaderEpoch = 3): PartitionImage {
  return {
    replicas: [1, 2, 3],
    directories: [],
    isr,
    removingReplicas: [],
    addingReplicas: [],
    leader: LEADER,
    leaderRecoveryState: 0,
    leaderEpoch,
    partitionEpoch,
    elr: [],
    lastKnownElr: [],
  };
}

/** A leader elected at time 0 whose epoch starts at offset 10. */
function elected(isr: readonly number[]): {
  state: LeaderState;
  brokers: Map<number, BrokerStatus>;
} {
  const alive = (brokerEpoch: number): BrokerStatus => ({
    brokerEpoch,
    fenced: false,
    inControlledShutdown: false,
  });
  const brokers = new Map([1, 2, 3].map((id) => [id, alive(id * 100)]));
  const state = new LeaderState({
    brokerId: LEADER,
    brokerEpoch: () => 100,
    brokers: (id) => brokers.get(id),
    lagMaxMs: LAG_MAX_MS,
  });
  state.elected(image(isr), 10, 0);
  return { state, brokers };
}

function fetched(state: LeaderState, brokerId: number, fetchOffset: number, nowMs = 0): boolean {
  const brokerEpoch = brokerId * 100;
  return state.fetched({
    brokerId,
    brokerEpoch,
    fetchOffset,
    logStartOffset: 0,
    leaderEndOffset: 20,
    nowMs,
  });
}

const position = { logEndOffset: 20, highWatermark: 12, nowMs: 0 };

describe('the ISR of a leader', () => {
  it('commits what the slowest in sync has, and nothing before all of them were heard of', () => {
    const { state } = elected([1, 2, 3]);
    expect(state.committedOffset(1, 20, 0)).toBe(-1);
    fetched(state, 2, 20);
    fetched(state, 3, 15);
    expect(state.committedOffset(1, 20, 0)).toBe(15);
  });

  it('commits nothing while fewer are in sync than min.insync.replicas', () => {
    const { state } = elected([1]);
    expect(state.committedOffset(2, 20, 5000)).toBeUndefined();
    expect(state.hasMinInSync(2)).toBe(false);
    expect(state.committedOffset(1, 20, 5000)).toBe(20);
  });

  it('waits for who is outside but has caught up, so that it can join', () => {
    const { state } = elected([1, 2]);
    fetched(state, 2, 20);
    fetched(state, 3, 20);
    fetched(state, 3, 19, 100);
    expect(state.committedOffset(1, 21, 100)).toBe(19);
    expect(state.committedOffset(1, 21, 100 + LAG_MAX_MS + 1)).toBe(20);
  });

  it('takes in who reached the high watermark and the start of the leader epoch, not before', () => {
    const { state } = elected([1, 2]);
    fetched(state, 3, 11);
    expect(state.proposeExpansion(3, position)).toBeUndefined();
    fetched(state, 3, 9);
    expect(state.proposeExpansion(3, { ...position, highWatermark: 5 })).toBeUndefined();
    fetched(state, 3, 12);
    expect(state.proposeExpansion(3, position)?.isr).toEqual([
      { brokerId: 1, brokerEpoch: 100 },
      { brokerId: 2, brokerEpoch: -1 },
      { brokerId: 3, brokerEpoch: 300 },
    ]);
  });

  it('takes in nobody who is fenced, stopping, or of another incarnation (KIP-841, KIP-903)', () => {
    for (const change of [
      { fenced: true },
      { inControlledShutdown: true },
      { brokerEpoch: 301 },
    ] as const) {
      const { state, brokers } = elected([1, 2]);
      fetched(state, 3, 20);
      brokers.set(3, { ...brokers.get(3)!, ...change });
      expect(state.proposeExpansion(3, position)).toBeUndefined();
    }
  });

  it('refuses a fetch of an incarnation that has been replaced', () => {
    const { state, brokers } = elected([1, 2]);
    brokers.set(3, { ...brokers.get(3)!, brokerEpoch: 301 });
    expect(fetched(state, 3, 20)).toBe(false);
    expect(fetched(state, 9, 20)).toBe(false);
    expect(fetched(state, 2, 20)).toBe(true);
  });

  it('puts out who was not caught up for replica.lag.time.max.ms, the leader never', () => {
    const { state } = elected([1, 2, 3]);
    fetched(state, 2, 20, 500);
    const at = (nowMs: number): readonly number[] | undefined =>
      state.proposeShrinking({ ...position, nowMs })?.isr.map(({ brokerId }) => brokerId);
    expect(at(LAG_MAX_MS)).toBeUndefined();
    expect(at(LAG_MAX_MS + 1)).toEqual([1, 2]);
    expect(at(LAG_MAX_MS * 9)).toBeUndefined();
  });

  it('while it shrinks, goes on waiting for who is put out', () => {
    const { state } = elected([1, 2]);
    fetched(state, 2, 15);
    const proposal = state.proposeShrinking({ ...position, nowMs: 5000 })!;
    expect(state.committedOffset(1, 20, 5000)).toBe(15);
    const answer = { errorCode: 0, leaderEpoch: 3, partitionEpoch: 1, isr: [1] };
    expect(state.answered(proposal, answer)).toBe('committed');
    expect(state.committedOffset(1, 20, 5000)).toBe(20);
  });

  it('while it expands, counts who is about to join, also after the metadata repeats what is known', () => {
    const { state } = elected([1, 2]);
    fetched(state, 2, 20);
    fetched(state, 3, 14);
    state.proposeExpansion(3, position);
    expect(state.committedOffset(1, 20, LAG_MAX_MS * 9)).toBe(14);
    // The controller may yet grant it.
    state.update(image([1, 2], 0));
    expect(state.isInMaximalIsr(3)).toBe(true);
    state.update(image([1, 2], 1));
    expect(state.isInMaximalIsr(3)).toBe(false);
  });

  it.each([
    [ErrorCode.INELIGIBLE_REPLICA, 'reverted', false],
    [ErrorCode.OPERATION_NOT_ATTEMPTED, 'reverted', false],
    [ErrorCode.INVALID_UPDATE_VERSION, 'waiting', true],
    [ErrorCode.FENCED_LEADER_EPOCH, 'waiting', true],
    [ErrorCode.NEW_LEADER_ELECTED, 'waiting', true],
    [ErrorCode.UNKNOWN_SERVER_ERROR, 'retry', true],
  ] as const)('given the answer %i, it is %s', (errorCode, outcome, isPending) => {
    const { state } = elected([1, 2]);
    fetched(state, 3, 20);
    const proposal = state.proposeExpansion(3, position)!;
    const answer = { errorCode, leaderEpoch: 0, partitionEpoch: 0, isr: [] };
    expect(state.answered(proposal, answer)).toBe(outcome);
    expect(state.pending === proposal).toBe(isPending);
  });

  it('takes no notice of answers to another leader epoch or to a proposal that is past', () => {
    const { state } = elected([1, 2]);
    fetched(state, 3, 20);
    const proposal = state.proposeExpansion(3, position)!;
    const answer = { errorCode: 0, leaderEpoch: 2, partitionEpoch: 9, isr: [1, 2, 3] };
    expect(state.answered(proposal, answer)).toBe('outdated');
    state.elected(image([1, 2], 1, 4), 20, 0);
    expect(state.answered(proposal, { ...answer, leaderEpoch: 4 })).toBe('outdated');
    expect(state.isr).toEqual([1, 2]);
  });

  it('has a low watermark that only living replicas hold back', () => {
    const { state, brokers } = elected([1, 2]);
    fetched(state, 2, 20);
    expect(state.lowWatermark(7)).toBe(-1);
    brokers.delete(3);
    expect(state.lowWatermark(7)).toBe(0);
    brokers.delete(2);
    expect(state.lowWatermark(7)).toBe(7);
  });
});
