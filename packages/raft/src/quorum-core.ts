// KRaft for N voters as a machine without I/O: events and the time go in, effects come out; the driver performs them in
// order and persists before it sends. Reads its log through a view; never writes it. Kafka: KafkaRaftClient, QuorumState;
// KIP-595 (Raft by pulling), KIP-853 (voters with directories), KIP-996 (pre-vote).
import { majorityOffset } from './high-watermark.ts';
import type {
  Answer,
  BeginEpochMessage,
  Effect,
  EndEpochMessage,
  FetchDecision,
  FetchMessage,
  QuorumError,
  VoteAnswer,
  VoteMessage,
} from './messages.ts';
import {
  type LogView,
  QUORUM_TIMES_DEFAULT,
  type QuorumCoreOptions,
  type QuorumTimes,
} from './quorum-options.ts';
import {
  type ElectionState,
  type LogPosition,
  type ReplicaKey,
  sameReplica,
  type VoterSet,
} from './replica.ts';
import type { Candidate, Follower, Leader, Prospective, ReplicaProgress, Role } from './roles.ts';

const CHECK_QUORUM_FACTOR = 1.5;

export class QuorumCore {
  readonly self: ReplicaKey;
  readonly #log: LogView;
  readonly #random: (boundExclusive: number) => number;
  readonly #times: QuorumTimes;
  #voters: VoterSet;
  #role: Role;
  #highWatermark = -1;
  #effects: Effect[] = [];

  /** Starts unattached, or follower of the leader it knew. `start` makes it move. */
  constructor(options: QuorumCoreOptions, nowMs: number) {
    this.self = options.self;
    this.#voters = options.voters;
    this.#log = options.log;
    this.#random = options.random;
    this.#times = options.times ?? QUORUM_TIMES_DEFAULT;
    this.#role = this.#initialRole(options.election, nowMs);
  }

  get role(): Readonly<Role> {
    return this.#role;
  }
  get epoch(): number {
    return this.#role.epoch;
  }
  get voters(): VoterSet {
    return this.#voters;
  }
  get isVoter(): boolean {
    return this.#voters.has(this.self);
  }
  /** Exclusive; −1 while not known. */
  get highWatermark(): number {
    return this.#highWatermark;
  }
  get leaderId(): number | undefined {
    const role = this.#role;
    if (role.role === 'leader') return this.self.id;
    return role.role === 'follower' || role.role === 'prospective' ? role.leaderId : undefined;
  }

  /** What must be durable: read when performing a `persist`. */
  get electionState(): ElectionState {
    const role = this.#role;
    const votedFor =
      role.role === 'candidate' || role.role === 'resigned'
        ? this.self
        : role.role === 'unattached' || role.role === 'prospective' || role.role === 'follower'
          ? role.votedFor
          : undefined;
    return { epoch: role.epoch, leaderId: this.leaderId, votedFor };
  }

  /** Effects since the last call, in the order to perform them. */
  takeEffects(): Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Monotonic milliseconds at which `tick` has something to do; Infinity for never. */
  get deadlineMs(): number {
    const role = this.#role;
    switch (role.role) {
      case 'leader':
        return Math.min(role.beginDeadlineMs, role.checkQuorumDeadlineMs);
      case 'follower':
        return role.fetchDeadlineMs;
      case 'unattached':
      case 'prospective':
      case 'candidate':
      case 'resigned':
        return role.electionDeadlineMs;
    }
  }

  /** A voter that is alone need not wait for anybody: it elects itself at once. */
  start(nowMs: number): void {
    if (this.isVoter && this.#voters.voters.length === 1) this.#becomeCandidate(nowMs);
  }

  /** Call when the clock reaches `deadlineMs`, or earlier. */
  tick(nowMs: number): void {
    const role = this.#role;
    if (nowMs < this.deadlineMs) return;
    switch (role.role) {
      case 'leader':
        this.#tickLeader(role, nowMs);
        return;
      case 'follower':
        // An observer asks around who leads now.
        if (this.isVoter) this.#becomeProspective(nowMs);
        else this.#becomeUnattached(role.epoch, nowMs);
        return;
      case 'unattached':
        this.#becomeProspective(nowMs);
        return;
      case 'prospective':
      case 'candidate':
        // Nobody won: back off at random, then ask again.
        this.#becomeProspective(nowMs);
        return;
      case 'resigned':
        this.#becomeUnattached(role.epoch + 1, nowMs);
        return;
    }
  }

  // ---- votes ----

  handleVote(message: VoteMessage, nowMs: number): VoteAnswer {
    if (message.epoch < this.epoch)
      return { ...this.#answer('FENCED_LEADER_EPOCH'), granted: false };
    if (message.epoch > this.epoch) this.#becomeUnattached(message.epoch, nowMs);
    const isUpToDate = this.#isUpToDate(message.log);
    const granted = message.preVote
      ? this.#wouldVote(isUpToDate)
      : this.#mayVote(message.from, isUpToDate);
    if (granted && !message.preVote) this.#vote(message.from, nowMs);
    return { ...this.#answer('NONE'), granted };
  }

  #wouldVote(isUpToDate: boolean): boolean {
    const role = this.#role;
    // A follower that hears its leader does not help to unseat it; that is what the pre-vote is for.
    if (role.role === 'leader' || (role.role === 'follower' && role.hasFetched)) return false;
    return isUpToDate;
  }

  #mayVote(candidate: ReplicaKey, isUpToDate: boolean): boolean {
    const role = this.#role;
    if (role.role !== 'unattached' && role.role !== 'prospective') return false;
    if (this.leaderId !== undefined) return false;
    if (role.votedFor !== undefined) return sameReplica(role.votedFor, candidate);
    return isUpToDate;
  }

  #vote(candidate: ReplicaKey, nowMs: number): void {
    const role = this.#role;
    if (
      (role.role === 'unattached' || role.role === 'prospective') &&
      role.votedFor?.id === candidate.id
    )
      return;
    this.#role = {
      role: 'unattached',
      epoch: this.epoch,
      votedFor: candidate,
      electionDeadlineMs: this.#electionDeadline(nowMs),
    };
    this.#persist();
  }

  handleVoteAnswer(from: number, asked: VoteMessage, answer: VoteAnswer, nowMs: number): void {
    if (this.#learn(answer, nowMs)) return;
    const role = this.#role;
    if (role.epoch !== asked.epoch) return;
    if (role.role !== (asked.preVote ? 'prospective' : 'candidate')) return;
    const { granted, rejected } = role as Prospective | Candidate;
    const next = {
      ...(role as Prospective | Candidate),
      granted: answer.granted ? new Set([...granted, from]) : granted,
      rejected: answer.granted ? rejected : new Set([...rejected, from]),
    };
    this.#role = next;
    this.#count(next, nowMs);
  }

  #count(role: Prospective | Candidate, nowMs: number): void {
    if (role.granted.size >= this.#voters.majority) {
      if (role.role === 'prospective') this.#becomeCandidate(nowMs);
      else this.#becomeLeader(role, nowMs);
      return;
    }
    const possible = this.#voters.voters.length - role.rejected.size;
    if (role.role !== 'prospective' || possible >= this.#voters.majority) return;
    // The others hear the leader, or are ahead: follow again rather than ask for ever.
    if (role.leaderId !== undefined) this.#becomeFollower(role.epoch, role.leaderId, nowMs);
    else
      this.#role = {
        role: 'unattached',
        epoch: role.epoch,
        votedFor: role.votedFor,
        electionDeadlineMs: this.#electionDeadline(nowMs),
      };
  }

  // ---- who leads ----

  handleBeginEpoch(message: BeginEpochMessage | EndEpochMessage, nowMs: number): Answer {
    if (message.epoch < this.epoch) return this.#answer('FENCED_LEADER_EPOCH');
    const known = this.leaderId;
    if (message.epoch === this.epoch && known !== undefined && known !== message.leaderId)
      return this.#answer('INVALID_REQUEST');
    this.#follow(message.epoch, message.leaderId, nowMs);
    return this.#answer('NONE');
  }

  handleEndEpoch(message: EndEpochMessage, nowMs: number): Answer {
    const answer = this.handleBeginEpoch(message, nowMs);
    const role = this.#role;
    if (answer.error !== 'NONE' || role.role !== 'follower' || !this.isVoter) return answer;
    // Still its follower, so that its vote is not given twice, but one that helps others to stand. The first successor
    // stands now, the others a little later each, so that they do not split the votes.
    const place = message.successors.findIndex((key) => key.id === this.self.id);
    const waitMs =
      place <= 0 ? 0 : this.#random(this.#times.electionTimeoutMs) * Math.min(place, 4);
    role.fetchDeadlineMs = nowMs + waitMs;
    role.hasFetched = false;
    return answer;
  }

  /** Takes in what any answer says about the leader. */
  handleAnswer(answer: Answer, nowMs: number): void {
    this.#learn(answer, nowMs);
  }

  /** Returns whether the answer changed this node's epoch or leader. */
  #learn(answer: Answer, nowMs: number): boolean {
    if (answer.epoch < this.epoch) return false;
    if (answer.leaderId !== undefined && answer.leaderId !== this.self.id)
      return this.#follow(answer.epoch, answer.leaderId, nowMs);
    if (answer.epoch === this.epoch) return false;
    this.#becomeUnattached(answer.epoch, nowMs);
    return true;
  }

  #follow(epoch: number, leaderId: number, nowMs: number): boolean {
    const role = this.#role;
    if (epoch === role.epoch && role.role === 'follower' && role.leaderId === leaderId) {
      role.fetchDeadlineMs = this.#fetchDeadline(nowMs);
      return false;
    }
    if (epoch === role.epoch && (role.role === 'leader' || role.role === 'resigned')) return false;
    // Asking around whether the silent leader is really gone: an answer that names it again changes nothing.
    if (epoch === role.epoch && role.role === 'prospective' && role.leaderId === leaderId)
      return false;
    this.#becomeFollower(epoch, leaderId, nowMs);
    return true;
  }

  // ---- replication ----

  /** As leader: what to do with a fetch; notes how far the replica is. */
  handleFetch(message: FetchMessage, nowMs: number): FetchDecision {
    const role = this.#role;
    if (message.epoch > this.epoch)
      return { kind: 'error', ...this.#answer('UNKNOWN_LEADER_EPOCH') };
    if (message.epoch >= 0 && message.epoch < this.epoch)
      return { kind: 'error', ...this.#answer('FENCED_LEADER_EPOCH') };
    if (role.role !== 'leader') return { kind: 'error', ...this.#answer('NOT_LEADER_OR_FOLLOWER') };
    const parting = this.#parting(message);
    if (parting !== undefined) return parting;
    this.#progress(role, message, nowMs);
    return { kind: 'read', offset: message.fetchOffset };
  }

  #parting(message: FetchMessage): FetchDecision | undefined {
    const log = this.#log;
    if (message.fetchOffset < log.startOffset) return { kind: 'snapshot' };
    if (
      message.fetchOffset === 0 ||
      (message.fetchOffset === log.startOffset && message.lastFetchedEpoch <= 0)
    )
      return undefined;
    const end = log.endOffsetForEpoch(message.lastFetchedEpoch);
    if (end === undefined)
      return log.startOffset > 0
        ? { kind: 'snapshot' }
        : { kind: 'diverging', diverging: { epoch: 0, offset: 0 } };
    if (end.epoch === message.lastFetchedEpoch && end.offset >= message.fetchOffset)
      return undefined;
    return { kind: 'diverging', diverging: end };
  }

  #progress(role: Leader, message: FetchMessage, nowMs: number): void {
    const { id, directoryId } = message.from;
    const isVoter = this.#voters.has(message.from);
    const before = isVoter ? role.voters.get(id) : role.observers.get(`${id}:${directoryId}`);
    const end = this.#log.endOffset;
    const wasCaughtUp =
      before !== undefined &&
      before.leaderEndAtFetch >= 0 &&
      message.fetchOffset >= before.leaderEndAtFetch;
    const caughtUpMs =
      message.fetchOffset >= end
        ? nowMs
        : wasCaughtUp
          ? before.lastFetchMs
          : (before?.lastCaughtUpMs ?? -1);
    const progress: ReplicaProgress = {
      key: message.from,
      endOffset: message.fetchOffset,
      lastFetchMs: nowMs,
      lastCaughtUpMs: Math.max(caughtUpMs, before?.lastCaughtUpMs ?? -1),
      leaderEndAtFetch: end,
    };
    if (!isVoter) {
      if (id >= 0) role.observers.set(`${id}:${directoryId}`, progress);
      return;
    }
    role.voters.set(id, progress);
    this.#updateCheckQuorum(role);
    this.#advance(role);
  }

  /** As leader: this node's own log is durable up to `endOffset` (exclusive). */
  handleDurable(endOffset: number, nowMs: number): void {
    const role = this.#role;
    if (role.role !== 'leader') return;
    role.voters.set(this.self.id, {
      key: this.self,
      endOffset,
      lastFetchMs: nowMs,
      lastCaughtUpMs: nowMs,
      leaderEndAtFetch: endOffset,
    });
    this.#advance(role);
  }

  #advance(role: Leader): void {
    const offsets = this.#voters.ids.map((id) => role.voters.get(id)?.endOffset ?? -1);
    const next = majorityOffset(offsets, role.epochStartOffset);
    if (next !== undefined) this.#raiseHighWatermark(next);
  }

  /** As follower: the leader answered a fetch, and names its high watermark. */
  handleFetched(leaderId: number, epoch: number, highWatermark: number, nowMs: number): void {
    const role = this.#role;
    if (role.role !== 'follower' || role.epoch !== epoch || role.leaderId !== leaderId) return;
    role.fetchDeadlineMs = this.#fetchDeadline(nowMs);
    role.hasFetched = true;
    this.#raiseHighWatermark(Math.min(highWatermark, this.#log.endOffset));
  }

  #raiseHighWatermark(offset: number): void {
    if (offset <= this.#highWatermark) return;
    this.#highWatermark = offset;
    this.#effects.push({ kind: 'highWatermark', offset });
  }

  /** The voters changed by a record in the log. */
  setVoters(voters: VoterSet): void {
    this.#voters = voters;
  }

  /** Gives up leadership of `epoch`; does nothing in another role. */
  resign(epoch: number, nowMs: number): void {
    const role = this.#role;
    if (role.role !== 'leader' || role.epoch !== epoch) return;
    const successors = this.#voters
      .without(this.self.id)
      .toSorted(
        (a, b) =>
          (role.voters.get(b.id)?.endOffset ?? -1) - (role.voters.get(a.id)?.endOffset ?? -1),
      );
    this.#role = { role: 'resigned', epoch, electionDeadlineMs: this.#electionDeadline(nowMs) };
    this.#effects.push({ kind: 'leaderChanged', leaderId: undefined, epoch });
    for (const to of successors)
      this.#effects.push({
        kind: 'send',
        to,
        message: { kind: 'endEpoch', leaderId: this.self.id, epoch, successors },
      });
  }

  // ---- transitions ----

  #initialRole({ epoch, leaderId, votedFor }: ElectionState, nowMs: number): Role {
    const electionDeadlineMs = this.#electionDeadline(nowMs);
    // A leader that comes back voted for itself, and may have lost what was not acknowledged: it neither leads nor votes
    // in that epoch again.
    if (leaderId === this.self.id) return { role: 'resigned', epoch, electionDeadlineMs };
    if (leaderId !== undefined) return this.#follower(epoch, leaderId, votedFor, nowMs);
    return { role: 'unattached', epoch, votedFor, electionDeadlineMs };
  }

  #tickLeader(role: Leader, nowMs: number): void {
    if (nowMs >= role.checkQuorumDeadlineMs) {
      this.resign(role.epoch, nowMs);
      return;
    }
    role.beginDeadlineMs = nowMs + this.#times.fetchTimeoutMs / 2;
    for (const voter of this.#voters.without(this.self.id)) {
      const lastFetchMs = role.voters.get(voter.id)?.lastFetchMs ?? -1;
      if (lastFetchMs >= 0 && nowMs - lastFetchMs < this.#times.fetchTimeoutMs / 2) continue;
      this.#sendBegin(voter, role.epoch);
    }
  }

  #updateCheckQuorum(role: Leader): void {
    const others = this.#voters
      .without(this.self.id)
      .map((voter) => role.voters.get(voter.id)?.lastFetchMs ?? -1)
      .sort((a, b) => b - a);
    // With the leader's own, so many others make a majority; the oldest of the newest of them counts.
    const needed = this.#voters.majority - 1;
    const oldest = needed === 0 ? Infinity : others[needed - 1]!;
    if (oldest >= 0)
      role.checkQuorumDeadlineMs = Math.max(
        role.checkQuorumDeadlineMs,
        oldest + this.#times.fetchTimeoutMs * CHECK_QUORUM_FACTOR,
      );
  }

  #becomeUnattached(epoch: number, nowMs: number): void {
    const before = this.#role;
    const hadLeader = this.leaderId !== undefined;
    // Still the same time to wait as before, so that a stream of higher epochs cannot keep this node from standing.
    const deadline =
      before.role === 'leader' || before.role === 'follower' || before.role === 'resigned'
        ? this.#electionDeadline(nowMs)
        : before.electionDeadlineMs;
    const votedFor = epoch === before.epoch ? this.electionState.votedFor : undefined;
    this.#role = { role: 'unattached', epoch, votedFor, electionDeadlineMs: deadline };
    this.#persist();
    if (hadLeader || before.role === 'leader')
      this.#effects.push({ kind: 'leaderChanged', leaderId: undefined, epoch });
  }

  #becomeProspective(nowMs: number): void {
    if (!this.isVoter) return;
    const before = this.#role;
    const votedFor =
      before.role === 'unattached' || before.role === 'prospective' || before.role === 'follower'
        ? before.votedFor
        : before.role === 'candidate'
          ? this.self
          : undefined;
    const role: Prospective = {
      role: 'prospective',
      epoch: before.epoch,
      leaderId: this.leaderId,
      votedFor,
      granted: new Set([this.self.id]),
      rejected: new Set(),
      electionDeadlineMs: this.#electionDeadline(nowMs),
    };
    this.#role = role;
    this.#askForVotes(true);
    this.#count(role, nowMs);
  }

  #becomeCandidate(nowMs: number): void {
    const hadLeader = this.leaderId !== undefined;
    const role: Candidate = {
      role: 'candidate',
      epoch: this.epoch + 1,
      granted: new Set([this.self.id]),
      rejected: new Set(),
      electionDeadlineMs: this.#electionDeadline(nowMs),
    };
    this.#role = role;
    this.#persist();
    if (hadLeader)
      this.#effects.push({ kind: 'leaderChanged', leaderId: undefined, epoch: role.epoch });
    this.#askForVotes(false);
    this.#count(role, nowMs);
  }

  #becomeLeader(candidate: Candidate, nowMs: number): void {
    const others = this.#voters.voters.length > 1;
    this.#role = {
      role: 'leader',
      epoch: candidate.epoch,
      epochStartOffset: this.#log.endOffset,
      granted: candidate.granted,
      voters: new Map(),
      observers: new Map(),
      beginDeadlineMs: others ? nowMs + this.#times.fetchTimeoutMs / 2 : Infinity,
      checkQuorumDeadlineMs: others
        ? nowMs + this.#times.fetchTimeoutMs * CHECK_QUORUM_FACTOR
        : Infinity,
    };
    this.#persist();
    this.#effects.push({
      kind: 'startEpoch',
      epoch: candidate.epoch,
      granted: [...candidate.granted],
    });
    this.#effects.push({ kind: 'leaderChanged', leaderId: this.self.id, epoch: candidate.epoch });
    for (const voter of this.#voters.without(this.self.id)) this.#sendBegin(voter, candidate.epoch);
  }

  #becomeFollower(epoch: number, leaderId: number, nowMs: number): void {
    const before = this.#role;
    const keepsVote =
      epoch === before.epoch &&
      (before.role === 'unattached' || before.role === 'prospective' || before.role === 'follower');
    const votedFor = keepsVote
      ? before.votedFor
      : epoch === before.epoch && before.role === 'candidate'
        ? this.self
        : undefined;
    this.#role = this.#follower(epoch, leaderId, votedFor, nowMs);
    this.#persist();
    this.#effects.push({ kind: 'leaderChanged', leaderId, epoch });
  }

  #follower(
    epoch: number,
    leaderId: number,
    votedFor: ReplicaKey | undefined,
    nowMs: number,
  ): Follower {
    return {
      role: 'follower',
      epoch,
      leaderId,
      votedFor,
      fetchDeadlineMs: this.#fetchDeadline(nowMs),
      hasFetched: false,
    };
  }

  #askForVotes(preVote: boolean): void {
    const log = { offset: this.#log.endOffset, epoch: this.#log.lastEpoch };
    for (const to of this.#voters.without(this.self.id))
      this.#effects.push({
        kind: 'send',
        to,
        message: { kind: 'vote', from: this.self, epoch: this.epoch, log, preVote },
      });
  }

  #sendBegin(to: ReplicaKey, epoch: number): void {
    this.#effects.push({
      kind: 'send',
      to,
      message: { kind: 'beginEpoch', leaderId: this.self.id, epoch },
    });
  }

  #isUpToDate(other: LogPosition): boolean {
    const { lastEpoch, endOffset } = this.#log;
    return other.epoch > lastEpoch || (other.epoch === lastEpoch && other.offset >= endOffset);
  }

  #persist(): void {
    this.#effects.push({ kind: 'persist' });
  }

  #answer(error: QuorumError): Answer {
    return { error, epoch: this.epoch, leaderId: this.leaderId };
  }

  #electionDeadline(nowMs: number): number {
    if (!this.isVoter) return Infinity;
    const { electionTimeoutMs } = this.#times;
    return nowMs + electionTimeoutMs + this.#random(electionTimeoutMs);
  }

  #fetchDeadline(nowMs: number): number {
    return nowMs + this.#times.fetchTimeoutMs;
  }
}
