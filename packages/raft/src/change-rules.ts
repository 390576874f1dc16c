// When a leader may change the voters (KIP-853): one change at a time, each committed before the next, none before a record
// of the leader's own epoch is committed. With those, any majority of the old voters meets any of the new ones.
import type { VoterHistory } from './voter-history.ts';

/** What a leader looks at before it changes the voters. */
export interface ChangeState {
  readonly history: VoterHistory;
  /** Exclusive. */
  readonly highWatermark: number;
  readonly epochStartOffset: number;
  /** Another change was asked for and is not done. */
  readonly isChanging: boolean;
}

/** Why the voters may not be changed now, in words; undefined when they may. */
export function notNow(state: ChangeState): string | undefined {
  if (state.isChanging) return 'an earlier change of the voters is under way';
  if (!isEpochCommitted(state)) return 'the leader has committed nothing of its epoch yet';
  return undefined;
}

/** Raft's known trap with changes of one server: a leader's first change before its first commit can part the quorum. */
export function isEpochCommitted({ highWatermark, epochStartOffset }: ChangeState): boolean {
  return highWatermark > epochStartOffset;
}

/** Whether the newest voters record is committed. */
export function areVotersCommitted({ history, highWatermark }: ChangeState): boolean {
  return history.last !== undefined && history.last.offset < highWatermark;
}
