// One member of a classic group, as a machine without I/O: an event and the time go in, what must be done comes out.
// Kafka: AbstractCoordinator, ConsumerCoordinator; KIP-62 (heartbeats beside processing), KIP-345 (static members),
// KIP-394 (member id first), KIP-429 (cooperative: give back only what moves, then join once more).
//
//   idle ──start──▶ joining ──joined──▶ syncing ──synced──▶ settling ──userAtRest──▶ adopting ──adopted──▶ stable
//                    ▲  ▲ │ ▲             │                                                                  │
//              timer │  │ └─┼─ retriable ─┴─▶ waiting (a back-off)              rebalance, rejoin, topics changed,
//                    └──│───┼─────────────────┘                                            or fenced
//                       │   └──gaveUp── givingUp ◀──userAtRest── yielding ◀──────────────────────┘
//                       └── userBack ── left ◀── userStalled (from any state with a generation)
//
// `failed` and `closed` end it. In `yielding` and `settling` the member waits until the user's code is between two records:
// nothing is taken from under a handler that works. Heartbeats go out in every state that has a generation, except while a
// join is under way, which the coordinator takes as a sign of life.
import type { RebalanceProtocol } from './assignor.ts';
import type { TopicPartition } from './consumer-protocol.ts';
import {
  difference,
  type MembershipEffect,
  type MembershipEvent,
  type MembershipSettings,
  type MembershipState,
  type RequestFailure,
} from './membership-types.ts';

const NO_GENERATION = -1;

/** See the drawing. Feed it events with `step` and do what it returns, in order. */
export class MembershipMachine {
  readonly #settings: MembershipSettings;
  #state: MembershipState = 'idle';
  #memberId = '';
  #generationId = NO_GENERATION;
  #owned: readonly TopicPartition[] = [];
  #topics: readonly string[] = [];
  /** What the answer to Sync gave, until it is adopted. */
  #assigned: readonly TopicPartition[] = [];
  /** Answers to earlier requests are void. */
  #attempt = 0;
  #failures = 0;
  /** Why to join again as soon as the present step is over. */
  #rejoinReason: string | undefined;
  #isClosing = false;
  #retryAtMs = Infinity;
  #nextHeartbeatMs = Infinity;
  #heartbeatUnderWay = false;
  #sessionEndMs = Infinity;

  constructor(settings: MembershipSettings) {
    this.#settings = settings;
  }

  get state(): MembershipState {
    return this.#state;
  }
  get memberId(): string {
    return this.#memberId;
  }
  get generationId(): number {
    return this.#generationId;
  }
  get owned(): readonly TopicPartition[] {
    return this.#owned;
  }
  /** When to step with `timer`; Infinity for never. */
  get nextWakeMs(): number {
    return Math.min(this.#retryAtMs, this.#heartbeatUnderWay ? Infinity : this.#nextHeartbeatMs);
  }

  /** @param nowMs monotonic */
  step(event: MembershipEvent, nowMs: number): MembershipEffect[] {
    if (this.#state === 'closed' || this.#state === 'failed') return [];
    switch (event.type) {
      case 'start':
        this.#topics = event.topics;
        return this.#state === 'idle' ? this.#join() : [];
      case 'topicsChanged':
        this.#topics = event.topics;
        return event.isJoined === true ? [] : this.#rejoin('the subscription has changed', nowMs);
      case 'rejoin':
        return this.#rejoin(event.reason, nowMs);
      case 'timer':
        return this.#timer(nowMs);
      case 'joined':
        return event.attempt === this.#attempt ? this.#joined(event, nowMs) : [];
      case 'synced':
        return event.attempt === this.#attempt ? this.#synced(event.partitions, nowMs) : [];
      case 'requestFailed':
        return event.attempt === this.#attempt ? this.#requestFailed(event, nowMs) : [];
      case 'heartbeatAnswered':
        return this.#heartbeatAnswered(event, nowMs);
      case 'commitRefused':
        return this.#isCurrent(event) ? this.#refused(event, nowMs) : [];
      case 'userAtRest':
        return this.#userAtRest();
      case 'gaveUp':
        return this.#gaveUp(event.partitions);
      case 'adopted':
        return this.#adopted(nowMs);
      case 'userStalled':
        return this.#userStalled();
      case 'userBack':
        return this.#state === 'left' ? this.#yield() : [];
      case 'close':
        return this.#close();
    }
  }

  // ---- joining ----

  #join(reason = this.#rejoinReason ?? ''): MembershipEffect[] {
    this.#state = 'joining';
    this.#rejoinReason = undefined;
    this.#retryAtMs = Infinity;
    this.#stopHeartbeats();
    this.#attempt += 1;
    return [
      {
        type: 'join',
        attempt: this.#attempt,
        memberId: this.#memberId,
        generationId: this.#generationId,
        owned: this.#owned,
        topics: this.#topics,
        reason,
      },
    ];
  }

  #joined(joined: Extract<MembershipEvent, { type: 'joined' }>, nowMs: number): MembershipEffect[] {
    this.#state = 'syncing';
    this.#memberId = joined.memberId;
    this.#generationId = joined.generationId;
    this.#startHeartbeats(nowMs);
    this.#attempt += 1;
    return [{ type: 'sync', attempt: this.#attempt }];
  }

  #synced(partitions: readonly TopicPartition[], _nowMs: number): MembershipEffect[] {
    this.#failures = 0;
    if (partitions.some(({ topic }) => !this.#topics.includes(topic))) {
      // The subscription changed since the join: this share is of no use, and what it leaves out is not ours any more.
      this.#rejoinReason = 'the assignment does not match the subscription';
      return this.#yield();
    }
    this.#assigned = partitions;
    this.#state = 'settling';
    return [{ type: 'waitForUser' }];
  }

  #adopted(nowMs: number): MembershipEffect[] {
    if (this.#state !== 'adopting') return [];
    if (this.#isClosing) return this.#leaveAtEnd();
    const hasLost = this.#generationId === NO_GENERATION;
    if (hasLost) return this.#yield();
    this.#state = 'stable';
    return this.#rejoinReason === undefined ? [] : this.#rejoin(this.#rejoinReason, nowMs);
  }

  // ---- giving up ----

  #rejoin(reason: string, _nowMs: number): MembershipEffect[] {
    switch (this.#state) {
      case 'stable':
        this.#rejoinReason = reason;
        return this.#yield();
      case 'syncing':
      case 'settling':
      case 'adopting':
      case 'joining':
        // What is under way is finished first: its answer may already be on the way.
        this.#rejoinReason = reason;
        return [];
      case 'idle':
      case 'waiting':
      case 'yielding':
      case 'givingUp':
      case 'left':
      case 'failed':
      case 'closed':
        return [];
    }
  }

  #yield(): MembershipEffect[] {
    this.#state = 'yielding';
    this.#attempt += 1;
    this.#retryAtMs = Infinity;
    return [{ type: 'waitForUser' }];
  }

  #userAtRest(): MembershipEffect[] {
    if (this.#state === 'yielding') {
      this.#state = 'givingUp';
      return [this.#giveUp()];
    }
    if (this.#state !== 'settling') return [];
    if (this.#generationId === NO_GENERATION) {
      this.#state = 'givingUp';
      return [this.#giveUp()];
    }
    this.#state = 'adopting';
    const revoked = difference(this.#owned, this.#assigned);
    const added = difference(this.#assigned, this.#owned);
    // Cooperative: what was taken from us goes to its new owner in a rebalance that begins now.
    if (revoked.length > 0) this.#rejoinReason = 'partitions were revoked';
    this.#owned = this.#assigned;
    return [{ type: 'adopt', assigned: this.#assigned, added, revoked }];
  }

  #giveUp(): MembershipEffect {
    const isLost = this.#generationId === NO_GENERATION;
    const isAll = isLost || this.#isClosing || this.#settings.protocol === 'eager';
    const partitions = isAll
      ? this.#owned
      : this.#owned.filter(({ topic }) => !this.#topics.includes(topic));
    return { type: 'giveUp', partitions, isLost };
  }

  #gaveUp(partitions: readonly TopicPartition[]): MembershipEffect[] {
    this.#owned = difference(this.#owned, partitions);
    if (this.#isClosing) return this.#leaveAtEnd();
    if (this.#state !== 'givingUp') return [];
    // The generation was lost while the listener worked: the rest is gone too.
    if (this.#generationId === NO_GENERATION && this.#owned.length > 0) return [this.#giveUp()];
    return this.#join();
  }

  #userStalled(): MembershipEffect[] {
    switch (this.#state) {
      case 'idle':
      case 'left':
      case 'failed':
      case 'closed':
      // The listener works, not the user's loop; the coordinator's rebalance timeout watches it.
      case 'givingUp':
      case 'adopting':
        return [];
      case 'joining':
      case 'waiting':
      case 'syncing':
      case 'settling':
      case 'stable':
      case 'yielding': {
        const leave = this.#leave('the poll interval has passed');
        this.#state = 'left';
        this.#attempt += 1;
        this.#retryAtMs = Infinity;
        this.#reset(true);
        return leave;
      }
    }
  }

  // ---- what goes wrong ----

  #requestFailed(failure: RequestFailure, nowMs: number): MembershipEffect[] {
    const { code } = failure;
    if (code === 'MEMBER_ID_REQUIRED') {
      this.#memberId = failure.memberId ?? '';
      return this.#join();
    }
    if (isFencing(code)) return this.#refused(failure, nowMs);
    if (code === 'REBALANCE_IN_PROGRESS') return this.#join('the group is rebalancing');
    if (!failure.isRetriable) return this.#fail(failure.error);
    this.#failures += 1;
    this.#state = 'waiting';
    this.#stopHeartbeats();
    this.#retryAtMs = nowMs + this.#settings.backoffMs(this.#failures);
    return [{ type: 'forgetCoordinator' }];
  }

  /** The coordinator does not know this member in this generation (or not at all). */
  #refused(failure: RequestFailure, nowMs: number): MembershipEffect[] {
    const { code } = failure;
    if (code === 'REBALANCE_IN_PROGRESS') return this.#rejoin('the group is rebalancing', nowMs);
    if (code === 'FENCED_INSTANCE_ID') return this.#fail(failure.error);
    if (!isFencing(code)) return [];
    const hadPartitions = this.#owned.length > 0;
    this.#reset(code === 'UNKNOWN_MEMBER_ID');
    switch (this.#state) {
      case 'joining':
      case 'syncing':
      case 'stable':
      case 'waiting':
        return hadPartitions ? this.#yield() : this.#join();
      // Seen when the user is at rest, or the listener is done.
      case 'yielding':
      case 'settling':
      case 'givingUp':
      case 'adopting':
      case 'idle':
      case 'left':
      case 'failed':
      case 'closed':
        return [];
    }
  }

  #fail(error: unknown): MembershipEffect[] {
    this.#reset(true);
    this.#state = 'failed';
    const partitions = this.#owned;
    this.#owned = [];
    return [
      { type: 'giveUp', partitions, isLost: true },
      { type: 'fail', error },
    ];
  }

  #reset(forgetsMemberId: boolean): void {
    this.#generationId = NO_GENERATION;
    if (forgetsMemberId) this.#memberId = '';
    this.#stopHeartbeats();
  }

  // ---- heartbeats ----

  #timer(nowMs: number): MembershipEffect[] {
    const effects: MembershipEffect[] = [];
    if (nowMs >= this.#retryAtMs && this.#state === 'waiting') effects.push(...this.#join());
    if (nowMs >= this.#nextHeartbeatMs && !this.#heartbeatUnderWay) {
      this.#heartbeatUnderWay = true;
      // Nobody answered for a whole session: perhaps the coordinator is another one now.
      if (nowMs >= this.#sessionEndMs) {
        this.#sessionEndMs = nowMs + this.#settings.sessionTimeoutMs;
        effects.push({ type: 'forgetCoordinator' });
      }
      effects.push({
        type: 'heartbeat',
        memberId: this.#memberId,
        generationId: this.#generationId,
      });
    }
    return effects;
  }

  #heartbeatAnswered(
    answer: Extract<MembershipEvent, { type: 'heartbeatAnswered' }>,
    nowMs: number,
  ): MembershipEffect[] {
    if (!this.#isCurrent(answer) || this.#nextHeartbeatMs === Infinity) return [];
    this.#heartbeatUnderWay = false;
    if (answer.failure === undefined || answer.failure.code === 'REBALANCE_IN_PROGRESS')
      this.#sessionEndMs = nowMs + this.#settings.sessionTimeoutMs;
    this.#nextHeartbeatMs = nowMs + this.#settings.heartbeatIntervalMs;
    if (answer.failure === undefined) return [];
    const { code, isRetriable, error } = answer.failure;
    if (code === 'REBALANCE_IN_PROGRESS' || isFencing(code))
      return this.#refused(answer.failure, nowMs);
    if (!isRetriable) return this.#fail(error);
    this.#nextHeartbeatMs = nowMs + this.#settings.backoffMs(1);
    return [{ type: 'forgetCoordinator' }];
  }

  #startHeartbeats(nowMs: number): void {
    this.#heartbeatUnderWay = false;
    this.#nextHeartbeatMs = nowMs + this.#settings.heartbeatIntervalMs;
    this.#sessionEndMs = nowMs + this.#settings.sessionTimeoutMs;
  }

  #stopHeartbeats(): void {
    this.#heartbeatUnderWay = false;
    this.#nextHeartbeatMs = Infinity;
  }

  #isCurrent(of: { readonly memberId: string; readonly generationId: number }): boolean {
    return of.memberId === this.#memberId && of.generationId === this.#generationId;
  }

  // ---- the end ----

  #close(): MembershipEffect[] {
    this.#isClosing = true;
    this.#retryAtMs = Infinity;
    switch (this.#state) {
      case 'givingUp':
      case 'adopting':
        // The listener works; `gaveUp` or `adopted` goes on.
        return [];
      case 'idle':
      case 'left':
      case 'failed':
      case 'closed':
      case 'joining':
      case 'waiting':
      case 'syncing':
      case 'settling':
      case 'stable':
      case 'yielding':
        return this.#leaveAtEnd();
    }
  }

  #leaveAtEnd(): MembershipEffect[] {
    if (this.#owned.length > 0) {
      this.#attempt += 1;
      this.#state = 'givingUp';
      return [this.#giveUp()];
    }
    const leave = this.#leave('the consumer is being closed');
    this.#stopHeartbeats();
    this.#attempt += 1;
    this.#state = 'closed';
    return [...leave, { type: 'closed' }];
  }

  /** A static member keeps its place until its session ends. */
  #leave(reason: string): MembershipEffect[] {
    if (this.#settings.isStatic || this.#memberId === '') return [];
    return [{ type: 'leave', memberId: this.#memberId, reason }];
  }
}

function isFencing(code: string): boolean {
  return (
    code === 'UNKNOWN_MEMBER_ID' || code === 'ILLEGAL_GENERATION' || code === 'FENCED_INSTANCE_ID'
  );
}

/** The furthest protocol that all the assignors can do. */
export function commonProtocol(
  assignors: readonly { readonly rebalanceProtocol?: RebalanceProtocol }[],
): RebalanceProtocol {
  return assignors.every(({ rebalanceProtocol }) => rebalanceProtocol === 'cooperative')
    ? 'cooperative'
    : 'eager';
}
