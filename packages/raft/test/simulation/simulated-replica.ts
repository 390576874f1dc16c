// One node of the simulation: the real core with a driver of its own, which performs effects in order on a simulated disk
// and network as `QuorumNode` does on real ones. A mutation makes it break one rule, to test the invariants.
import type {
  Answer,
  Effect,
  FetchDecision,
  FetchMessage,
  OutgoingMessage,
  VoteAnswer,
} from '../../src/messages.ts';
import { QuorumCore } from '../../src/quorum-core.ts';
import type { LogPosition, ReplicaKey, VoterSet } from '../../src/replica.ts';
import type { QuorumWorld } from './quorum-world.ts';
import { type Entry, SimulatedDisk } from './simulated-log.ts';

/** Rules that a replica can be told to break. */
export type Mutation =
  | 'forgets its vote'
  | 'answers before it persists'
  | 'counts what it has not synced'
  | 'fetches behind what it has not synced'
  | 'votes for any log'
  | 'believes before it agrees'
  | 'does not say its last epoch';

const TIMES = { electionTimeoutMs: 100, fetchTimeoutMs: 200 };
const FETCH_TIMEOUT_MS = 150;
const FETCH_WAIT_MS = 30;
const RETRY_MS = 15;
const ENTRIES_PER_FETCH = 8;

interface FetchAnswer {
  readonly answer: Answer;
  readonly decision: FetchDecision;
  readonly entries: readonly Entry[];
  readonly highWatermark: number;
  readonly snapshot: LogPosition | undefined;
}

/** An effect, or an answer that must wait for the effects before it. */
type Task = Effect | { readonly kind: 'answer'; readonly run: () => void };

export class SimulatedReplica {
  readonly disk: SimulatedDisk = new SimulatedDisk();
  readonly key: ReplicaKey;
  core: QuorumCore | undefined;
  readonly #world: QuorumWorld;
  readonly #voters: VoterSet;
  readonly #mutation: Mutation | undefined;
  /** Counts starts: what was under way in an earlier life means nothing. */
  #life = 0;
  #tasks: Task[] = [];
  #isPersisting = false;
  #fetchUnderWay = 0;
  #timerAtMs = Infinity;
  /** Epoch whose leader change record is in the log. */
  #appendEpoch = -1;

  constructor(world: QuorumWorld, key: ReplicaKey, voters: VoterSet, mutation?: Mutation) {
    this.#world = world;
    this.key = key;
    this.#voters = voters;
    this.#mutation = mutation;
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
        voters: this.#voters,
        election,
        log: this.disk,
        random: (bound) => random.below(Math.max(1, Math.round(bound * jitter))),
        times: TIMES,
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
    this.disk.crash((bound) => this.#world.random.below(bound));
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
      else if (task.kind === 'send') this.#send(task.to.id, task.message);
      else if (task.kind === 'startEpoch') this.#startEpoch(task.epoch);
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
    this.#append({ epoch, value: -epoch });
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

  #send(to: number, message: OutgoingMessage): void {
    const receiver = this.#world.replica(to);
    const life = this.#life;
    this.#world.transmit(this.key.id, to, () =>
      receiver.#receive(this.key.id, message, (answer) => {
        if (this.#life !== life || this.core === undefined) return;
        const { nowMs } = this.#world;
        if (message.kind === 'vote')
          this.core.handleVoteAnswer(to, message, answer as VoteAnswer, nowMs);
        else this.core.handleAnswer(answer, nowMs);
        this.#stepped();
      }),
    );
  }

  #receive(from: number, message: OutgoingMessage, answered: (answer: Answer) => void): void {
    if (this.core === undefined) return;
    const answer = this.#answer(this.core, message);
    this.#stepped(() => this.#world.transmit(this.key.id, from, () => answered(answer)));
  }

  #answer(core: QuorumCore, message: OutgoingMessage): Answer {
    const { nowMs } = this.#world;
    if (message.kind === 'beginEpoch') return core.handleBeginEpoch(message, nowMs);
    if (message.kind === 'endEpoch') return core.handleEndEpoch(message, nowMs);
    if (message.kind !== 'vote') throw new Error(`nobody sends ${message.kind} here`);
    if (this.#mutation !== 'votes for any log') return core.handleVote(message, nowMs);
    const log = { offset: Number.MAX_SAFE_INTEGER, epoch: message.epoch };
    return core.handleVote({ ...message, log }, nowMs);
  }

  // ---- replication ----

  #source(): number | undefined {
    const core = this.core!;
    if (core.role.role === 'follower') return core.role.leaderId;
    if (core.role.role !== 'unattached' || core.isVoter) return undefined;
    const others = core.voters.voters;
    return others[this.#world.random.below(others.length)]!.id;
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
      entries: decision.kind === 'read' ? this.disk.slice(decision.offset, ENTRIES_PER_FETCH) : [],
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
    const isStale = core.role.role !== 'follower' || core.epoch !== asked.epoch;
    if (isStale || decision.kind === 'error') {
      this.#stepped();
      this.#fetchDone(exchange, RETRY_MS);
      return;
    }
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
