// The leader's side of changes of the voters, for one leadership: checks, asks the new voter what it serves, appends the
// voters record, and answers when it is committed. Kafka: AddVoterHandler, RemoveVoterHandler, UpdateVoterHandler,
// LeaderState.maybeAppendUpgradedKRaftVersion (KIP-853).
//
//   add ─▶ asking ─▶ appending ─▶ committing ─▶ done          remove, upgrade: from appending on
//            └ what it serves       └ in the log                update: done once it is in the log
import { ZERO_UUID } from '@ottla/protocol';
import { areVotersCommitted, type ChangeState, notNow } from './change-rules.ts';
import type { FetchProgress } from './fetch-progress.ts';
import type { Effect, VersionsAnswer, VoterChangeAnswer } from './messages.ts';
import {
  KRAFT_VERSIONS,
  type ReplicaKey,
  type VersionRange,
  type Voter,
  VoterSet,
} from './replica.ts';
import type { VoterHistory } from './voter-history.ts';

const RECONFIGURABLE = 1;

interface Change {
  readonly kind: 'add' | 'remove' | 'update' | 'upgrade';
  /** Who is to be answered; undefined once it was. */
  request: number | undefined;
  readonly voter: Voter | undefined;
  readonly ackWhenCommitted: boolean;
  readonly deadlineMs: number;
  stage: 'asking' | 'appending' | 'committing';
  /** Offset of the voters record. */
  offset: number;
}

export interface VoterChangesOptions {
  readonly epoch: number;
  readonly epochStartOffset: number;
  readonly self: Voter;
  readonly history: VoterHistory;
  /** For `kraft.version` 0. */
  readonly staticVoters: VoterSet;
  readonly progress: FetchProgress;
  readonly requestTimeoutMs: number;
  /** Exclusive. */
  readonly highWatermark: () => number;
  readonly emit: (effect: Effect) => void;
}

export class VoterChanges {
  readonly #options: VoterChangesOptions;
  #change: Change | undefined;
  /** What static voters told of themselves since this leadership began: `kraft.version` 1 begins with it. */
  #told: VoterSet;

  constructor(options: VoterChangesOptions) {
    this.#options = options;
    this.#told = options.staticVoters.with(options.self);
  }

  /** Monotonic milliseconds at which `tick` has something to do; Infinity for never. */
  get deadlineMs(): number {
    return this.#change?.request === undefined && this.#change?.stage === 'appending'
      ? Infinity
      : (this.#change?.deadlineMs ?? Infinity);
  }

  get #voters(): VoterSet {
    return this.#options.history.last?.voters ?? this.#options.staticVoters;
  }

  get #state(): ChangeState {
    const { history, highWatermark, epochStartOffset } = this.#options;
    return {
      history,
      highWatermark: highWatermark(),
      epochStartOffset,
      isChanging: this.#change !== undefined,
    };
  }

  // ---- requests ----

  add(request: number, voter: Voter, ackWhenCommitted: boolean, nowMs: number): void {
    const refusal = this.#refusal(nowMs);
    if (refusal !== undefined) return this.#answer(request, refusal);
    if (this.#voters.get(voter.id) !== undefined)
      return this.#answer(request, {
        error: 'DUPLICATE_VOTER',
        message: `node ${voter.id} is a voter already`,
      });
    this.#begin({ kind: 'add', request, voter, ackWhenCommitted, stage: 'asking' }, nowMs);
    this.#options.emit({ kind: 'askVersions', voter });
  }

  /** The voter that was asked said what it serves, or did not answer. */
  handleVersions(voterId: number, { range, failure }: VersionsAnswer, nowMs: number): void {
    const change = this.#change;
    if (change?.stage !== 'asking' || change.voter?.id !== voterId) return;
    const { history, progress } = this.#options;
    const level = history.kraftVersion;
    if (failure !== undefined)
      return this.#end({
        error: 'REQUEST_TIMED_OUT',
        message: `node ${voterId} did not say what it serves: ${failure}`,
      });
    if (range === undefined || !serves(range, level))
      return this.#end({
        error: 'INVALID_REQUEST',
        message: `node ${voterId} does not serve kraft.version ${level}`,
      });
    if (!progress.isReady(change.voter, this.#voters, nowMs))
      return this.#end({
        error: 'REQUEST_TIMED_OUT',
        message:
          `node ${voterId} with directory ${change.voter.directoryId} has not caught up with the leader, or does not follow it any more: ` +
          'see that it runs, and that this is its directory',
      });
    this.#append(change, { voters: this.#voters.with({ ...change.voter, kraftVersions: range }) });
  }

  remove(request: number, key: ReplicaKey, nowMs: number): void {
    const refusal = this.#refusal(nowMs);
    if (refusal !== undefined) return this.#answer(request, refusal);
    const voter = this.#voters.get(key.id);
    if (voter?.directoryId !== key.directoryId || this.#voters.voters.length === 1)
      return this.#answer(request, {
        error: 'VOTER_NOT_FOUND',
        message: `node ${key.id} with directory ${key.directoryId} is not a voter that can be removed`,
      });
    const voters = new VoterSet(this.#voters.without(key.id));
    this.#append(
      this.#begin(
        { kind: 'remove', request, voter, ackWhenCommitted: true, stage: 'appending' },
        nowMs,
      ),
      { voters },
    );
  }

  update(request: number, voter: Voter, nowMs: number): void {
    const { history } = this.#options;
    const level = history.kraftVersion;
    const isInLog = level >= RECONFIGURABLE;
    this.#expire(nowMs);
    const message = notNow(this.#state);
    if (message !== undefined || (isInLog && !areVotersCommitted(this.#state)))
      return this.#answer(request, { error: 'REQUEST_TIMED_OUT', message: message ?? null });
    if (!serves(voter.kraftVersions ?? KRAFT_VERSIONS, level))
      return this.#answer(request, { error: 'INVALID_REQUEST', message: null });
    const isVoter = isInLog ? this.#voters.has(voter) : this.#told.get(voter.id) !== undefined;
    if (!isVoter) return this.#answer(request, { error: 'VOTER_NOT_FOUND', message: null });
    if (!isInLog) {
      this.#told = this.#told.with(voter);
      return this.#answer(request, { error: 'NONE', message: null });
    }
    const change = this.#begin(
      { kind: 'update', request, voter, ackWhenCommitted: false, stage: 'appending' },
      nowMs,
    );
    this.#append(change, { voters: this.#voters.with(voter) });
  }

  /**
   * Raises `kraft.version`, which brings the voters into the log.
   *
   * @param validateOnly says only whether it would be done
   * @returns why it is refused, in words; undefined when it is done, or was done before
   */
  upgrade(level: number, validateOnly: boolean, nowMs: number): string | undefined {
    const { history, staticVoters } = this.#options;
    const now = history.kraftVersion;
    if (level === now) return undefined;
    if (level < now) return `kraft.version is ${now} and cannot be lowered to ${level}`;
    this.#expire(nowMs);
    if (this.#change !== undefined) return notNow(this.#state);
    const told = this.#told;
    const silent = told.voters.find(({ directoryId }) => directoryId === ZERO_UUID);
    if (silent !== undefined)
      return `voter ${silent.id} has not told this leader its directory yet: try again`;
    const old = told.voters.find((voter) => !serves(voter.kraftVersions ?? KRAFT_VERSIONS, level));
    if (old !== undefined) return `voter ${old.id} does not serve kraft.version ${level}`;
    if (validateOnly) return undefined;
    const change = this.#begin(
      {
        kind: 'upgrade',
        request: undefined,
        voter: undefined,
        ackWhenCommitted: true,
        stage: 'appending',
      },
      nowMs,
    );
    this.#append(change, {
      kraftVersion: level,
      ...(told.equals(staticVoters) ? {} : { voters: told }),
    });
    return undefined;
  }

  // ---- what happens to the record ----

  /** The record that was asked for is in the log; `offset` is its last. */
  appended(offset: number): void {
    const change = this.#change;
    if (change?.stage !== 'appending') return;
    change.stage = 'committing';
    change.offset = offset;
    if (change.kind === 'update') this.#end(DONE);
    else if (!change.ackWhenCommitted) this.#tell(change, DONE);
  }

  /** The high watermark is `highWatermark` (exclusive). */
  committed(highWatermark: number): void {
    const change = this.#change;
    if (change?.stage === 'committing' && highWatermark > change.offset) this.#end(DONE);
  }

  tick(nowMs: number): void {
    this.#expire(nowMs);
  }

  /** The leadership is over. */
  close(): void {
    if (this.#change !== undefined)
      this.#end({
        error: 'NOT_LEADER_OR_FOLLOWER',
        message: 'the leader resigned or was replaced',
      });
  }

  // ----

  #refusal(nowMs: number): VoterChangeAnswer | undefined {
    this.#expire(nowMs);
    const state = this.#state;
    const message = notNow(state);
    if (message !== undefined) return { error: 'REQUEST_TIMED_OUT', message };
    const { kraftVersion } = this.#options.history;
    if (kraftVersion < RECONFIGURABLE)
      return {
        error: 'UNSUPPORTED_VERSION',
        message: `the voters cannot be changed while kraft.version is ${kraftVersion}`,
      };
    if (!areVotersCommitted(state))
      return {
        error: 'REQUEST_TIMED_OUT',
        message: 'the last change of the voters is not committed yet',
      };
    return undefined;
  }

  #begin(change: Omit<Change, 'deadlineMs' | 'offset'>, nowMs: number): Change {
    const deadlineMs = nowMs + this.#options.requestTimeoutMs;
    return (this.#change = { ...change, deadlineMs, offset: -1 });
  }

  #append(change: Change, record: { voters?: VoterSet; kraftVersion?: number }): void {
    change.stage = 'appending';
    this.#options.emit({ kind: 'appendQuorum', epoch: this.#options.epoch, record });
  }

  /** Who waited too long is told so. What is on its way into the log still keeps other changes away. */
  #expire(nowMs: number): void {
    const change = this.#change;
    if (change === undefined || nowMs < change.deadlineMs) return;
    const answer = { error: 'REQUEST_TIMED_OUT', message: 'not committed in time' } as const;
    if (change.stage === 'appending') this.#tell(change, answer);
    else this.#end(answer);
  }

  #end(answer: VoterChangeAnswer): void {
    const change = this.#change;
    this.#change = undefined;
    if (change !== undefined) this.#tell(change, answer);
  }

  #tell(change: Change, answer: VoterChangeAnswer): void {
    const { request } = change;
    change.request = undefined;
    if (request !== undefined) this.#answer(request, answer);
  }

  #answer(request: number, answer: VoterChangeAnswer): void {
    this.#options.emit({ kind: 'voterChange', request, answer });
  }
}

const DONE: VoterChangeAnswer = { error: 'NONE', message: null };

function serves({ min, max }: VersionRange, level: number): boolean {
  return min <= level && level <= max;
}
