// One node of the simulation: the real core with a driver of its own, which performs effects in order on a simulated disk
// and network as `QuorumNode` does on real ones. A mutation makes it break one rule, to test the invariants.
import type {
  AddVoterMessage,
  Answer,
  BeginEpochMessage,
  Effect,
  EndEpochMessage,
  FetchDecision,
  FetchMessage,
  OutgoingMessage,
  RemoveVoterMessage,
  UpdateVoterMessage,
  VoteAnswer,
  VoteMessage,
  VoterChangeAnswer,
} from '../../src/messages.ts';
import { QuorumCore } from '../../src/quorum-core.ts';
import {
  KRAFT_VERSIONS,
  type LogPosition,
  type QuorumEndpoint,
  type ReplicaKey,
  sameReplica,
  sameVoter,
  type Voter,
  VoterSet,
} from '../../src/replica.ts';
import type { VoterChanges } from '../../src/voter-changes.ts';
import type { QuorumRecord } from '../../src/voter-history.ts';
import type { QuorumWorld } from './quorum-world.ts';
import { type Entry, SimulatedDisk, type SnapshotId } from './simulated-log.ts';

/** Rules that a replica can be told to break. */
export type Mutation =
  | 'forgets its vote'
  | 'answers before it persists'
  | 'counts what it has not synced'
  | 'fetches behind what it has not synced'
  | 'votes for any log'
  | 'believes before it agrees'
  | 'does not say its last epoch';

const TIMES = { electionTimeoutMs: 100, fetchTimeoutMs: 200, requestTimeoutMs: 150 };
const FETCH_TIMEOUT_MS = 150;
const FETCH_WAIT_MS = 30;
const RETRY_MS = 15;

interface FetchAnswer {
  readonly answer: Answer;
  readonly decision: FetchDecision;
  readonly entries: readonly Entry[];
  readonly highWatermark: number;
  readonly snapshot: SnapshotId | undefined;
}

type ElectionMessage = VoteMessage | BeginEpochMessage | EndEpochMessage;
type ChangeMessage = AddVoterMessage | RemoveVoterMessage | UpdateVoterMessage;

/** What formatting wrote, and whether the node may join by itself. */
export interface ReplicaSettings {
  /** `controller.quorum.voters`; a quorum whose voters are in the log has none. */
  readonly staticVoters?: VoterSet;
  readonly formatted?: QuorumRecord;
  readonly autoJoin?: boolean;
  readonly mutation?: Mutation | undefined;
}

/** An effect, or an answer that must wait for the effects before it. */
type Task = Effect | { readonly kind: 'answer'; readonly run: () => void };

export class SimulatedReplica {
  disk: SimulatedDisk;
  key: ReplicaKey;
  core: QuorumCore | undefined;
  readonly #world: QuorumWorld;
  readonly #settings: ReplicaSettings;
  readonly #mutation: Mutation | undefined;
  readonly #changeRequests = new Map<number, (answer: VoterChangeAnswer) => void>();
  #lastRequest = 0;
  /** Where it is reached; a dynamic quorum knows it from the log. */
  #port = 9093;
  /** Counts starts: what was under way in an earlier life means nothing. */
  #life = 0;
  #tasks: Task[] = [];
  #isPersisting = false;
  #fetchUnderWay = 0;
  #timerAtMs = Infinity;
  /** Epoch whose leader change record is in the log. */
  #appendEpoch = -1;

  constructor(world: QuorumWorld, key: ReplicaKey, settings: ReplicaSettings) {
    this.#world = world;
    this.key = key;
    this.#settings = settings;
    this.#mutation = settings.mutation;
    this.disk = new SimulatedDisk(settings.formatted);
  }

  get isLeader(): boolean {
    return this.core?.role.role === 'leader' && this.#appendEpoch === this.core.epoch;
  }

  start(): void {
    if (this.core !== undefined) return;
    const { nowMs, random, jitter } = this.#world;
    this.#life += 1;
    this.#appendEpoch = -1;
    this.#timerAtMs = Infinity;
    const election =
      this.#mutation === 'forgets its vote'
        ? { ...this.disk.election, votedFor: undefined }
        : this.disk.election;
    this.core = new QuorumCore(
      {
        self: this.key,
        voters: this.#settings.staticVoters ?? new VoterSet([]),
        election,
        log: this.disk,
        random: (bound) => random.below(Math.max(1, Math.round(bound * jitter))),
        times: TIMES,
        ...(this.#settings.staticVoters === undefined ? { endpoints: this.#endpoints } : {}),
        autoJoin: this.#settings.autoJoin ?? false,
      },
      nowMs,
    );
    this.core.start(nowMs);
    this.#stepped();
  }

  crash(): void {
    if (this.core === undefined) return;
    this.#life += 1;
    this.core = undefined;
    this.#tasks = [];
    this.#isPersisting = false;
    this.#fetchUnderWay = 0;
    this.#changeRequests.clear();
    this.disk.crash((bound) => this.#world.random.below(bound));
  }

  get #endpoints(): QuorumEndpoint[] {
    return [{ name: 'CONTROLLER', host: `node-${this.key.id}`, port: this.#port }];
  }

  get asVoter(): Voter {
    return { ...this.key, endpoints: this.#endpoints, kraftVersions: KRAFT_VERSIONS };
  }

  /** While it is down: it will be reached elsewhere. */
  move(): void {
    if (this.core === undefined) this.#port += 1;
  }

  /** While it is down: its disk is replaced by an empty one, which is another replica. */
  replaceDisk(directoryId: string): void {
    if (this.core !== undefined) throw new Error('it is up');
    this.key = { id: this.key.id, directoryId };
    this.disk = new SimulatedDisk({});
  }

  /** Asks this node, if it leads, to change the voters. */
  changeVoters(ask: (changes: VoterChanges, request: number) => void): void {
    this.#change(ask, () => {});
  }

  #change(
    ask: (changes: VoterChanges, request: number) => void,
    answered: (answer: VoterChangeAnswer) => void,
  ): void {
    const changes = this.core?.changes;
    if (changes === undefined) return answered({ error: 'NOT_LEADER_OR_FOLLOWER', message: null });
    const request = ++this.#lastRequest;
    this.#changeRequests.set(request, answered);
    ask(changes, request);
    this.#stepped();
  }

  /** A client's record, if this node leads. */
  append(value: number): void {
    if (this.isLeader) this.#append({ epoch: this.core!.epoch, value });
  }

  resign(): void {
    this.core?.resign(this.core.epoch, this.#world.nowMs);
    this.#stepped();
  }

  snapshot(): void {
    const offset = (this.core?.highWatermark ?? -1) - 2;
    if (offset > this.disk.startOffset && offset <= this.disk.syncedEnd)
      this.disk.takeSnapshot(offset);
  }

  /** Runs `action` after `delayMs`, unless this node crashed in between. */
  #later(delayMs: number, action: (core: QuorumCore) => void): void {
    const life = this.#life;
    this.#world.after(delayMs, () => {
      if (this.#life === life && this.core !== undefined) action(this.core);
    });
  }

  // ---- effects ----

  /** Takes over what the core wants done; `answer` follows once that is done. */
  #stepped(answer?: () => void): void {
    if (this.core === undefined) return;
    const tasks: Task[] = this.core.takeEffects();
    if (answer !== undefined) tasks.push({ kind: 'answer', run: answer });
    if (this.#mutation === 'answers before it persists')
      tasks.sort((a, b) => Number(a.kind === 'persist') - Number(b.kind === 'persist'));
    this.#tasks.push(...tasks);
    this.#perform();
    this.#setTimer();
    this.#fetch();
  }

  #perform(): void {
    while (!this.#isPersisting) {
      const task = this.#tasks.shift();
      if (task === undefined) return;
      if (task.kind === 'answer') task.run();
      else if (task.kind === 'persist') this.#persist();
      else if (task.kind === 'send') this.#send(task.to, task.message);
      else if (task.kind === 'startEpoch') this.#startEpoch(task.epoch);
      else if (task.kind === 'askVersions') this.#askVersions(task.voter);
      else if (task.kind === 'appendQuorum') this.#appendQuorum(task.epoch, task.record);
      else if (task.kind === 'voterChange') {
        this.#changeRequests.get(task.request)?.(task.answer);
        this.#changeRequests.delete(task.request);
      }
    }
  }

  #persist(): void {
    this.#isPersisting = true;
    const state = this.core!.electionState;
    this.#later(this.#world.random.below(4), () => {
      this.disk.election = state;
      this.#isPersisting = false;
      this.#perform();
    });
  }

  #startEpoch(epoch: number): void {
    if (this.core!.epoch !== epoch || this.core!.role.role !== 'leader') return;
    this.#appendEpoch = epoch;
    const { core, disk, asVoter } = this;
    const voters = disk.voterHistory.last?.voters;
    const isDue =
      voters?.has(this.key) === true &&
      (disk.voterHistory.last!.offset < 0 || !sameVoter(voters.get(this.key.id)!, asVoter));
    const quorum = isDue && { kraftVersion: core!.kraftVersion, voters: voters.with(asVoter) };
    this.#append({ epoch, value: -epoch, ...(quorum === false ? {} : { quorum }) });
  }

  #appendQuorum(epoch: number, quorum: QuorumRecord): void {
    const core = this.core!;
    if (core.epoch !== epoch || core.role.role !== 'leader') return;
    this.#append({ epoch, value: this.#world.nextValue(), quorum });
    core.quorumAppended(epoch, this.disk.endOffset - 1, this.#world.nowMs);
    this.#setTimer();
    this.#tasks.push(...core.takeEffects());
  }

  #askVersions(voter: Voter): void {
    const { id } = voter;
    const receiver = this.#world.replica(id);
    let isAnswered = false;
    const answer = (known: { range?: typeof KRAFT_VERSIONS; failure?: string }): void => {
      if (isAnswered) return;
      isAnswered = true;
      this.core?.changes?.handleVersions(id, known, this.#world.nowMs);
      this.#stepped();
    };
    const life = this.#life;
    this.#world.transmit(this.key.id, id, () => {
      if (receiver.core === undefined) return;
      this.#world.transmit(id, this.key.id, () => {
        if (this.#life === life) answer({ range: KRAFT_VERSIONS });
      });
    });
    this.#later(FETCH_TIMEOUT_MS, () => answer({ failure: 'no answer' }));
  }

  #append(entry: Entry): void {
    this.disk.append([entry]);
    const end = this.disk.endOffset;
    const count = (): void => {
      if (this.core?.epoch === entry.epoch) this.core.handleDurable(end, this.#world.nowMs);
    };
    if (this.#mutation === 'counts what it has not synced') count();
    this.#sync(end, () => {
      count();
      this.#stepped();
    });
  }

  #sync(end: number, done: () => void): void {
    const { generation } = this.disk;
    this.#later(this.#world.random.below(6), () => {
      if (this.disk.generation === generation)
        this.disk.syncedEnd = Math.max(this.disk.syncedEnd, end);
      done();
    });
  }

  #setTimer(): void {
    const { deadlineMs } = this.core!;
    if (deadlineMs === Infinity || deadlineMs >= this.#timerAtMs) return;
    this.#timerAtMs = deadlineMs;
    this.#later(Math.max(0, deadlineMs - this.#world.nowMs), (core) => {
      if (this.#timerAtMs !== deadlineMs) return;
      this.#timerAtMs = Infinity;
      core.tick(this.#world.nowMs);
      this.#stepped();
    });
  }

  // ---- messages ----

  #send(to: ReplicaKey, message: OutgoingMessage): void {
    const isChange =
      message.kind === 'addVoter' ||
      message.kind === 'removeVoter' ||
      message.kind === 'updateVoter';
    if (isChange) this.#sendChange(to.id, message);
    else this.#sendElection(to, message);
  }

  #sendChange(to: number, message: ChangeMessage): void {
    const receiver = this.#world.replica(to);
    const life = this.#life;
    const { nowMs } = this.#world;
    const answered = (answer: VoterChangeAnswer): void =>
      this.#world.transmit(to, this.key.id, () => {
        if (this.#life !== life || message.kind !== 'updateVoter') return;
        if (answer.error === 'NONE')
          this.core?.handleVoterUpdated(message.epoch, this.#world.nowMs);
        this.#stepped();
      });
    this.#world.transmit(this.key.id, to, () => {
      if (message.kind === 'updateVoter' && receiver.core?.epoch !== message.epoch) return;
      receiver.#change((changes, request) => {
        if (message.kind === 'addVoter') changes.add(request, message.voter, false, nowMs);
        else if (message.kind === 'removeVoter') changes.remove(request, message.key, nowMs);
        else changes.update(request, message.voter, nowMs);
      }, answered);
    });
  }

  #sendElection(to: ReplicaKey, message: ElectionMessage): void {
    const receiver = this.#world.replica(to.id);
    const life = this.#life;
    this.#world.transmit(this.key.id, to.id, () =>
      receiver.#receive(this.key.id, to, message, (answer) => {
        if (this.#life !== life || this.core === undefined) return;
        const { nowMs } = this.#world;
        if (message.kind === 'vote')
          this.core.handleVoteAnswer(to.id, message, answer as VoteAnswer, nowMs);
        else this.core.handleAnswer(answer, nowMs);
        this.#stepped();
      }),
    );
  }

  #receive(
    from: number,
    to: ReplicaKey,
    message: ElectionMessage,
    answered: (answer: Answer) => void,
  ): void {
    if (this.core === undefined) return;
    const { epoch, leaderId } = this.core;
    const answer = sameReplica(to, this.key)
      ? this.#answer(this.core, message)
      : { error: 'INVALID_VOTER_KEY' as const, epoch, leaderId, granted: false };
    this.#stepped(() => this.#world.transmit(this.key.id, from, () => answered(answer)));
  }

  #answer(core: QuorumCore, message: ElectionMessage): Answer {
    const { nowMs } = this.#world;
    if (message.kind === 'beginEpoch') return core.handleBeginEpoch(message, nowMs);
    if (message.kind === 'endEpoch') return core.handleEndEpoch(message, nowMs);
    if (this.#mutation !== 'votes for any log') return core.handleVote(message, nowMs);
    const log = { offset: Number.MAX_SAFE_INTEGER, epoch: message.epoch };
    return core.handleVote({ ...message, log }, nowMs);
  }

  // ---- replication ----

  #source(): number | undefined {
    const core = this.core!;
    if (core.role.role === 'follower') return core.role.leaderId;
    if (this.#settings.staticVoters !== undefined) {
      if (core.role.role !== 'unattached' || core.isVoter) return undefined;
      const others = core.voters.voters;
      return others[this.#world.random.below(others.length)]!.id;
    }
    // Whom it knows to vote may be gone: it asks any node, as it would ask the bootstrap servers.
    if (core.role.role !== 'unattached' && core.role.role !== 'prospective') return undefined;
    const others = this.#world.replicas.filter((replica) => replica !== this);
    return others[this.#world.random.below(others.length)]!.key.id;
  }

  #fetch(): void {
    if (this.#fetchUnderWay !== 0) return;
    const to = this.#source();
    if (to === undefined) return;
    const core = this.core!;
    const exchange = this.#world.nextExchange();
    this.#fetchUnderWay = exchange;
    const message: FetchMessage = {
      kind: 'fetch',
      from: this.key,
      epoch: core.epoch,
      fetchOffset: this.disk.endOffset,
      lastFetchedEpoch:
        this.#mutation === 'does not say its last epoch' ? core.epoch : this.disk.lastEpoch,
    };
    const life = this.#life;
    const source = this.#world.replica(to);
    this.#world.transmit(this.key.id, to, () =>
      source.#answerFetch(message, true, (answer) =>
        this.#world.transmit(to, this.key.id, () => {
          if (this.#life !== life || this.#fetchUnderWay !== exchange) return;
          this.#fetched(to, message, answer);
        }),
      ),
    );
    this.#later(FETCH_TIMEOUT_MS, () => this.#fetchDone(exchange, RETRY_MS));
  }

  #fetchDone(exchange: number, waitMs: number): void {
    if (this.#fetchUnderWay !== exchange) return;
    if (waitMs === 0) {
      this.#fetchUnderWay = 0;
      this.#fetch();
    } else this.#later(waitMs, () => this.#fetchDone(exchange, 0));
  }

  #answerFetch(
    message: FetchMessage,
    mayWait: boolean,
    reply: (answer: FetchAnswer) => void,
  ): void {
    const { core } = this;
    if (core === undefined) return;
    const decision = core.handleFetch(message, this.#world.nowMs);
    this.#stepped();
    if (mayWait && decision.kind === 'read' && this.disk.endOffset <= message.fetchOffset) {
      this.#later(FETCH_WAIT_MS, () => this.#answerFetch(message, false, reply));
      return;
    }
    reply({
      answer: { error: 'NONE', epoch: core.epoch, leaderId: core.leaderId },
      decision,
      entries:
        decision.kind === 'read'
          ? this.disk.slice(decision.offset, this.#world.entriesPerFetch)
          : [],
      highWatermark: core.highWatermark,
      snapshot: this.disk.snapshot,
    });
  }

  #fetched(from: number, asked: FetchMessage, answer: FetchAnswer): void {
    const core = this.core!;
    // From here on no timeout: what came is synced before the next fetch says so.
    const exchange = this.#world.nextExchange();
    this.#fetchUnderWay = exchange;
    core.handleAnswer(answer.answer, this.#world.nowMs);
    const { decision } = answer;
    const isStale = core.leaderId !== from || core.epoch !== asked.epoch;
    if (isStale || decision.kind === 'error') {
      this.#stepped();
      this.#fetchDone(exchange, RETRY_MS);
      return;
    }
    core.handleHeard(from, asked.epoch, this.#world.nowMs);
    this.#stepped();
    if (decision.kind === 'read') this.disk.append(answer.entries);
    else if (decision.kind === 'snapshot' && answer.snapshot !== undefined) {
      this.#world.invariants.snapshotLoaded(this, answer.snapshot);
      this.disk.startAt(answer.snapshot);
    } else if (decision.kind === 'diverging') this.#cut(decision.diverging);
    const done = (): void => {
      // Only what continues this log says that its beginning is the leader's.
      const isKnown = decision.kind === 'read' || this.#mutation === 'believes before it agrees';
      const highWatermark = isKnown ? answer.highWatermark : -1;
      core.handleFetched(from, asked.epoch, highWatermark, this.#world.nowMs);
      this.#stepped();
      this.#fetchDone(exchange, 0);
    };
    if (answer.entries.length === 0) done();
    else if (this.#mutation === 'fetches behind what it has not synced') {
      this.#sync(this.disk.endOffset, () => {});
      done();
    } else this.#sync(this.disk.endOffset, done);
  }

  #cut(diverging: LogPosition): void {
    const own = this.disk.endOffsetForEpoch(diverging.epoch);
    this.disk.truncateTo(Math.min(diverging.offset, own?.offset ?? this.disk.startOffset));
  }
}
