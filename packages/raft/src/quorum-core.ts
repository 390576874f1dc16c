// KRaft for N voters as a machine without I/O: events and the time go in, effects come out; the driver performs them in
// order and persists before it sends. Reads its log through a view; never writes it. Kafka: KafkaRaftClient, QuorumState;
// KIP-595 (Raft by pulling), KIP-853 (voters with directories), KIP-996 (pre-vote).
import { FetchProgress } from './fetch-progress.ts';
import { majorityOffset } from './high-watermark.ts';
import { divergence } from './log-divergence.ts';
import { membershipMessage } from './membership.ts';
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
  REQUEST_TIMEOUT_MS,
} from './quorum-options.ts';
import {
  type ElectionState,
  KRAFT_VERSIONS,
  type ReplicaKey,
  type Voter,
  type VoterSet,
} from './replica.ts';
import { deadlineOf, follower, unattached } from './roles.ts';
import type { Candidate, Followed, Follower, Leader, Prospective, Role } from './roles.ts';
import { isUpToDate, mayVote, votedFor, wasVoter, wouldVote } from './vote-rules.ts';
import { VoterChanges } from './voter-changes.ts';

const CHECK_QUORUM_FACTOR = 1.5;

export class QuorumCore {
  readonly self: ReplicaKey;
  readonly #log: LogView;
  readonly #random: (boundExclusive: number) => number;
  readonly #times: QuorumTimes;
  readonly #options: QuorumCoreOptions;
  #role: Role;
  #highWatermark = -1;
  #effects: Effect[] = [];

  /** Starts unattached, or follower of the leader it knew. `start` makes it move. */
  constructor(options: QuorumCoreOptions, nowMs: number) {
    this.self = options.self;
    this.#options = options;
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
  /** By the newest voters record of the log, committed or not; by the configuration while there is none. */
  get voters(): VoterSet {
    return this.#log.voterHistory.last?.voters ?? this.#options.voters;
  }
  /** Level of `kraft.version`: 1 has the voters in the log. */
  get kraftVersion(): number {
    return this.#log.voterHistory.kraftVersion;
  }
  /** This node as it stands in a voters record that is up to date. */
  get selfAsVoter(): Voter {
    const endpoints = this.#options.endpoints ?? this.voters.get(this.self.id)?.endpoints ?? [];
    return { ...this.self, endpoints: [...endpoints], kraftVersions: KRAFT_VERSIONS };
  }
  get isVoter(): boolean {
    return this.voters.has(this.self);
  }
  get #mayStand(): boolean {
    return this.isVoter || wasVoter(this.self, this.#log.voterHistory, this.#highWatermark);
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
    const { epoch, leaderId } = this;
    return { epoch, leaderId, votedFor: votedFor(this.#role, this.self) };
  }

  /** Effects since the last call, in the order to perform them. */
  takeEffects(): Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Monotonic milliseconds at which `tick` has something to do; Infinity for never. */
  get deadlineMs(): number {
    return deadlineOf(this.#role);
  }

  /** A voter that is alone need not wait for anybody: it elects itself at once. */
  start(nowMs: number): void {
    // Where this node listens may not have been known when it was made (port 0).
    if (this.#role.role === 'follower')
      this.#role.membershipDeadlineMs = this.#membershipDeadline(nowMs);
    if (this.isVoter && this.voters.voters.length === 1) this.#becomeCandidate(nowMs);
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
        if (nowMs < role.fetchDeadlineMs || role.isTakingIn) this.#checkMembership(role, nowMs);
        // An observer asks around who leads now.
        else if (this.#mayStand) this.#becomeProspective(nowMs);
        else this.#becomeUnattached(role.epoch, nowMs);
        return;
      case 'unattached':
      case 'prospective':
      case 'candidate':
        // Nobody won. A leader that not enough voters take for gone may well be there, and need this one's fetches to commit.
        if (role.role === 'prospective' && role.leaderId !== undefined)
          this.#becomeFollower(role.epoch, role.leaderId, nowMs);
        else this.#becomeProspective(nowMs);
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
    const hasAll = isUpToDate(message.log, this.#log);
    const granted = message.preVote
      ? hasAll && wouldVote(this.#role, nowMs)
      : mayVote(this.#role, this.leaderId, message.from, hasAll);
    if (granted && !message.preVote) this.#vote(message.from, nowMs);
    return { ...this.#answer('NONE'), granted };
  }

  #vote(candidate: ReplicaKey, nowMs: number): void {
    const role = this.#role;
    if (
      (role.role === 'unattached' || role.role === 'prospective') &&
      role.votedFor?.id === candidate.id
    )
      return;
    this.#role = unattached(this.epoch, candidate, this.#electionDeadline(nowMs));
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
    const { voters } = this;
    const granted = voters.ids.filter((id) => role.granted.has(id));
    // The voters may have changed while it asked: an append was under way.
    if (!this.#mayStand) return this.#becomeUnattached(role.epoch, nowMs);
    if (granted.length >= voters.majority) {
      if (role.role === 'prospective') this.#becomeCandidate(nowMs);
      else this.#becomeLeader(role, nowMs);
      return;
    }
    const possible = voters.ids.filter((id) => !role.rejected.has(id)).length;
    if (role.role !== 'prospective' || possible >= voters.majority) return;
    // The others hear the leader, or are ahead: follow again rather than ask for ever.
    if (role.leaderId !== undefined) this.#becomeFollower(role.epoch, role.leaderId, nowMs);
    else this.#role = unattached(role.epoch, role.votedFor, this.#electionDeadline(nowMs));
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
    role.isTakingIn = false;
    return answer;
  }

  /** Takes in what any answer says about the leader. */
  handleAnswer(answer: Answer, nowMs: number): void {
    this.#learn(answer, nowMs);
  }

  /** Whether the answer changed this node's epoch or leader. */
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
    // That it calls itself the leader is no sign that it hears this node: only answers to fetches keep a leader.
    if (epoch === role.epoch && role.role === 'follower' && role.leaderId === leaderId)
      return false;
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
    const parting = divergence(message, this.#log);
    if (parting !== undefined) return parting;
    this.#progress(role, message, nowMs);
    return { kind: 'read', offset: message.fetchOffset };
  }

  #progress(role: Leader, message: FetchMessage, nowMs: number): void {
    if (message.from.id < 0) return;
    role.progress.note(message, this.voters, this.#log.endOffset, nowMs);
    if (!this.voters.has(message.from)) return;
    this.#updateCheckQuorum(role);
    this.#advance(role, nowMs);
  }

  /** As leader: a replica that is far behind fetches a piece of a snapshot. */
  handleSnapshotFetch(from: ReplicaKey, nowMs: number): void {
    const role = this.#role;
    if (role.role !== 'leader') return;
    role.progress.noteSnapshot(from, this.voters, nowMs);
    if (this.voters.has(from)) this.#updateCheckQuorum(role);
  }

  /** As leader: this node's own log is durable up to `endOffset` (exclusive). */
  handleDurable(endOffset: number, nowMs: number): void {
    const role = this.#role;
    if (role.role !== 'leader') return;
    role.progress.noteOwn(this.self, this.voters, endOffset, nowMs);
    this.#advance(role, nowMs);
  }

  #advance(role: Leader, nowMs: number): void {
    const next = majorityOffset(role.progress.endOffsets(this.voters), role.epochStartOffset);
    if (next === undefined) return;
    this.#raiseHighWatermark(next);
    role.changes.committed(this.#highWatermark);
    const { last } = this.#log.voterHistory;
    // It has led to the end of its own removal, and not longer.
    if (last !== undefined && last.offset < this.#highWatermark && !this.isVoter)
      this.resign(role.epoch, nowMs);
  }

  /**
   * As follower: the leader answered a fetch. Until `handleFetched` what it gave is on its way to the disk, and this node does
   * not stand: a slow disk of its own is no sign that the leader is gone.
   */
  handleHeard(leaderId: number, epoch: number, nowMs: number): void {
    const before = this.#role;
    if (before.epoch !== epoch || this.leaderId !== leaderId) return;
    // It was only slow: nobody needs to be asked any more.
    if (before.role === 'prospective') this.#becomeFollower(epoch, leaderId, nowMs);
    const role = this.#role;
    if (role.role !== 'follower') return;
    role.fetchDeadlineMs = this.#fetchDeadline(nowMs);
    role.hasFetched = true;
    role.isTakingIn = true;
  }

  /**
   * What the leader gave is in the log, or could not be taken.
   *
   * @param highWatermark the leader's; −1 when it says nothing about this log
   */
  handleFetched(leaderId: number, epoch: number, highWatermark: number, nowMs: number): void {
    const role = this.#role;
    if (role.role !== 'follower' || role.epoch !== epoch || role.leaderId !== leaderId) return;
    // A leader that has taken leave meanwhile is not waited for.
    if (role.isTakingIn) role.fetchDeadlineMs = this.#fetchDeadline(nowMs);
    role.isTakingIn = false;
    this.#raiseHighWatermark(Math.min(highWatermark, this.#log.endOffset));
  }

  #raiseHighWatermark(offset: number): void {
    if (offset <= this.#highWatermark) return;
    this.#highWatermark = offset;
    this.#effects.push({ kind: 'highWatermark', offset });
  }

  // ---- who votes ----

  /** As leader: what changes the voters; undefined in another role. */
  get changes(): VoterChanges | undefined {
    return this.#role.role === 'leader' ? this.#role.changes : undefined;
  }

  /** The record of an `appendQuorum` effect is in the log; `offset` is that of the batch's last record. */
  quorumAppended(epoch: number, offset: number, nowMs: number): void {
    const role = this.#role;
    if (role.role !== 'leader' || role.epoch !== epoch) return;
    role.changes.appended(offset);
    Object.assign(role, this.#leaderDeadlines(nowMs));
    this.#advance(role, nowMs);
  }

  /** The leader took in what this voter told of itself (UpdateRaftVoter). */
  handleVoterUpdated(epoch: number, nowMs: number): void {
    const role = this.#role;
    if (role.role !== 'follower' || role.epoch !== epoch) return;
    role.hasUpdatedLeader = true;
    role.fetchDeadlineMs = this.#fetchDeadline(nowMs);
  }

  #checkMembership(role: Follower, nowMs: number): void {
    role.membershipDeadlineMs = this.#membershipDeadline(nowMs);
    if (role.membershipDeadlineMs === Infinity) return;
    const message = membershipMessage({
      self: this.selfAsVoter,
      voters: this.voters,
      kraftVersion: this.kraftVersion,
      epoch: role.epoch,
      autoJoin: this.#options.autoJoin ?? false,
      hasUpdatedLeader: role.hasUpdatedLeader,
    });
    const to = this.voters.get(role.leaderId);
    if (message !== undefined && to !== undefined)
      this.#effects.push({ kind: 'send', to, message });
  }

  // ---- resignation ----

  /** Gives up leadership of `epoch`; does nothing in another role. */
  resign(epoch: number, nowMs: number): void {
    const role = this.#role;
    if (role.role !== 'leader' || role.epoch !== epoch) return;
    const successors = role.progress.successors(this.self, this.voters);
    role.changes.close();
    this.#role = { role: 'resigned', epoch, electionDeadlineMs: this.#resignedDeadline(nowMs) };
    this.#effects.push({ kind: 'leaderChanged', leaderId: undefined, epoch });
    for (const to of successors)
      this.#effects.push({
        kind: 'send',
        to,
        message: { kind: 'endEpoch', leaderId: this.self.id, epoch, successors },
      });
  }

  // ---- transitions ----

  /** The role that ends; what a leader's changes wait for is over. */
  #leave(): Role {
    if (this.#role.role === 'leader') this.#role.changes.close();
    return this.#role;
  }

  #initialRole({ epoch, leaderId, votedFor }: ElectionState, nowMs: number): Role {
    const soonerMs = epoch === 0 ? this.#times.electionTimeoutMs : 0; // nobody has led: nobody is waited for
    const electionDeadlineMs = this.#electionDeadline(nowMs) - soonerMs;
    // A leader that comes back voted for itself, and may have lost what was not acknowledged: it neither leads nor votes
    // in that epoch again.
    if (leaderId === this.self.id)
      return { role: 'resigned', epoch, electionDeadlineMs: this.#resignedDeadline(nowMs) };
    if (leaderId !== undefined) return this.#follower({ epoch, leaderId, votedFor }, nowMs);
    return unattached(epoch, votedFor, electionDeadlineMs);
  }

  #tickLeader(role: Leader, nowMs: number): void {
    role.changes.tick(nowMs);
    if (nowMs >= role.checkQuorumDeadlineMs) {
      this.resign(role.epoch, nowMs);
      return;
    }
    if (nowMs < role.beginDeadlineMs) return;
    role.beginDeadlineMs = nowMs + this.#times.fetchTimeoutMs / 2;
    for (const voter of this.voters.without(this.self.id)) {
      const lastFetchMs = role.progress.of(voter, this.voters)?.lastFetchMs ?? -1;
      if (lastFetchMs >= 0 && nowMs - lastFetchMs < this.#times.fetchTimeoutMs / 2) continue;
      this.#sendBegin(voter, role.epoch);
    }
  }

  #updateCheckQuorum(role: Leader): void {
    const heardMs = role.progress.majorityHeardMs(this.self, this.voters);
    if (heardMs >= 0)
      role.checkQuorumDeadlineMs = Math.max(
        role.checkQuorumDeadlineMs,
        heardMs + this.#times.fetchTimeoutMs * CHECK_QUORUM_FACTOR,
      );
  }

  /** Nobody is told of its epoch by a leader that is alone, and it needs nobody to stay. */
  #leaderDeadlines(nowMs: number): { beginDeadlineMs: number; checkQuorumDeadlineMs: number } {
    if (this.isVoter && this.voters.voters.length === 1)
      return { beginDeadlineMs: Infinity, checkQuorumDeadlineMs: Infinity };
    return {
      beginDeadlineMs: nowMs + this.#times.fetchTimeoutMs / 2,
      checkQuorumDeadlineMs: nowMs + this.#times.fetchTimeoutMs * CHECK_QUORUM_FACTOR,
    };
  }

  #becomeUnattached(epoch: number, nowMs: number): void {
    const before = this.#leave();
    const hadLeader = this.leaderId !== undefined;
    // Still the same time to wait as before, so that a stream of higher epochs cannot keep this node from standing.
    const deadline =
      before.role === 'leader' || before.role === 'follower' || before.role === 'resigned'
        ? this.#electionDeadline(nowMs)
        : before.electionDeadlineMs;
    const vote = epoch === before.epoch ? votedFor(before, this.self) : undefined;
    this.#role = unattached(epoch, vote, deadline);
    this.#persist();
    if (hadLeader || before.role === 'leader')
      this.#effects.push({ kind: 'leaderChanged', leaderId: undefined, epoch });
  }

  #becomeProspective(nowMs: number): void {
    if (!this.#mayStand) return;
    const before = this.#role;
    const role: Prospective = {
      role: 'prospective',
      epoch: before.epoch,
      leaderId: this.leaderId,
      votedFor: votedFor(before, this.self),
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
    const progress = new FetchProgress();
    const { epoch, granted } = candidate;
    const epochStartOffset = this.#log.endOffset;
    this.#role = {
      role: 'leader',
      epoch,
      epochStartOffset,
      granted,
      progress,
      changes: new VoterChanges({
        epoch,
        epochStartOffset,
        self: this.selfAsVoter,
        history: this.#log.voterHistory,
        staticVoters: this.#options.voters,
        progress,
        requestTimeoutMs: this.#times.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
        highWatermark: () => this.#highWatermark,
        emit: (effect) => this.#effects.push(effect),
      }),
      ...this.#leaderDeadlines(nowMs),
    };
    this.#persist();
    this.#effects.push({
      kind: 'startEpoch',
      epoch: candidate.epoch,
      granted: [...candidate.granted],
    });
    this.#effects.push({ kind: 'leaderChanged', leaderId: this.self.id, epoch: candidate.epoch });
    for (const voter of this.voters.without(this.self.id)) this.#sendBegin(voter, candidate.epoch);
  }

  #becomeFollower(epoch: number, leaderId: number, nowMs: number): void {
    const before = this.#leave();
    const vote = epoch === before.epoch ? votedFor(before, this.self) : undefined;
    this.#role = this.#follower({ epoch, leaderId, votedFor: vote }, nowMs);
    this.#persist();
    this.#effects.push({ kind: 'leaderChanged', leaderId, epoch });
  }

  #follower(of: Followed, nowMs: number): Follower {
    return follower(of, this.#fetchDeadline(nowMs), this.#membershipDeadline(nowMs));
  }

  #askForVotes(preVote: boolean): void {
    const log = { offset: this.#log.endOffset, epoch: this.#log.lastEpoch };
    for (const to of this.voters.without(this.self.id))
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

  #persist(): void {
    this.#effects.push({ kind: 'persist' });
  }

  #answer(error: QuorumError): Answer {
    return { error, epoch: this.epoch, leaderId: this.leaderId };
  }

  #electionDeadline(nowMs: number): number {
    return this.#mayStand ? this.#resignedDeadline(nowMs) : Infinity;
  }

  /** Also one that votes no more has to become an observer some time. */
  #resignedDeadline(nowMs: number): number {
    const { electionTimeoutMs } = this.#times;
    return nowMs + electionTimeoutMs + this.#random(electionTimeoutMs);
  }

  #fetchDeadline(nowMs: number): number {
    return nowMs + this.#times.fetchTimeoutMs;
  }

  /** Some rounds of fetches come first, so that this node knows the voters; never for one that is no controller. */
  #membershipDeadline(nowMs: number): number {
    const { endpoints = [] } = this.#options;
    return endpoints.length === 0 ? Infinity : nowMs + this.#times.fetchTimeoutMs;
  }
}
