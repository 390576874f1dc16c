// Drives the membership machine: performs its effects on the cluster and the consumer, and feeds the outcomes back.
import type { Timer } from '@ottla/platform';
import type { JoinGroupResponse } from '@ottla/protocol/messages/join-group';
import type { Cluster } from '../connection/cluster.ts';
import { BrokerError, isRetriable, KafkaError, UsageError } from '../errors.ts';
import { backoffMs } from '../retry.ts';
import type { Assignor } from './assignor.ts';
import type { Assignment, TopicPartition } from './consumer-protocol.ts';
import { type GroupRequestSettings, GroupRequests, MemberIdRequired } from './group-requests.ts';
import { LeaderTask } from './leader-task.ts';
import { commonProtocol, MembershipMachine } from './membership-machine.ts';
import type {
  MembershipEffect,
  MembershipEvent,
  MemberGeneration,
  RequestFailure,
} from './membership-types.ts';

/** What the member needs of the consumer around it. */
export interface MemberHost {
  /** Resolves when the user's code is between two records; it gets no other until `releaseUser`. */
  waitForUser(): Promise<void>;
  releaseUser(): void;
  /** Commit what is done, tell the listener, stop reading them. Must not reject. */
  giveUp(partitions: readonly TopicPartition[], isLost: boolean): Promise<void>;
  /** Tell the listener and read them. Must not reject. */
  adopt(added: readonly TopicPartition[]): Promise<void>;
  /** A topic of the assignment that the subscription does not name: whether it is wanted (a pattern's). */
  wants(topic: string): boolean;
  /** The user's assignor or the membership itself failed for good. */
  onError(error: unknown): void;
}

/** Times in milliseconds. */
export interface GroupMemberSettings extends GroupRequestSettings {
  readonly heartbeatIntervalMs: number;
  readonly assignors: readonly Assignor[];
  readonly rackId: string | null;
}

/** How long a member that closes waits until the coordinator knows. */
const LEAVE_MS_MAX = 5_000;

export class GroupMember {
  readonly #cluster: Cluster;
  readonly #settings: GroupMemberSettings;
  readonly #host: MemberHost;
  readonly #machine: MembershipMachine;
  readonly #requests: GroupRequests;
  readonly #leaderTask: LeaderTask;
  #joined: JoinGroupResponse | undefined;
  #assignment: Assignment | undefined;
  #topics: readonly string[] = [];
  #timer: Timer | undefined;
  #timerAtMs = Infinity;
  /** Effects under way, for `ended`. */
  readonly #running = new Set<Promise<unknown>>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #over = new AbortController();
  #onClosed: (() => void) | undefined;

  constructor(cluster: Cluster, settings: GroupMemberSettings, host: MemberHost) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#host = host;
    this.#requests = new GroupRequests(cluster, settings);
    this.#leaderTask = new LeaderTask(cluster);
    this.#machine = new MembershipMachine({
      protocol: commonProtocol(settings.assignors),
      isStatic: settings.groupInstanceId !== null,
      heartbeatIntervalMs: settings.heartbeatIntervalMs,
      sessionTimeoutMs: settings.sessionTimeoutMs,
      backoffMs: (failures) => backoffMs(cluster.options, Math.min(failures, 10)),
    });
  }

  get generation(): MemberGeneration {
    const { memberId, generationId } = this.#machine;
    return { memberId, generationId };
  }

  /** Whether it is in a generation and no rebalance is under way. */
  get isStable(): boolean {
    return this.#machine.state === 'stable';
  }

  /** The topics that the leader's assignment depends on; empty on a follower. */
  get watchedTopics(): readonly string[] {
    return this.#leaderTask.topics;
  }

  start(topics: readonly string[]): void {
    this.#topics = topics;
    this.#apply({ type: 'start', topics });
  }

  subscribe(topics: readonly string[]): void {
    this.#topics = topics;
    this.#apply({ type: 'topicsChanged', topics });
  }

  rejoin(reason: string): void {
    this.#apply({ type: 'rejoin', reason });
  }

  /** Metadata is newer: the leader shares anew when a topic grew. */
  metadataChanged(): void {
    if (this.isStable && this.#leaderTask.isOutdated())
      this.rejoin('the partitions of the topics have changed');
  }

  /** The coordinator refused a commit of this generation. */
  commitRefused(of: MemberGeneration, error: unknown): void {
    this.#apply({ type: 'commitRefused', ...of, ...failureOf(error) });
  }

  userStalled(): void {
    this.#apply({ type: 'userStalled' });
  }

  userBack(): void {
    if (this.#machine.state === 'left') this.#apply({ type: 'userBack' });
  }

  /** Gives the partitions back and leaves the group. */
  async close(): Promise<void> {
    if (this.#machine.state === 'failed' || this.#machine.state === 'closed') return;
    await new Promise<void>((resolve) => {
      this.#onClosed = resolve;
      this.#apply({ type: 'close' });
    });
    this.#timer?.cancel();
    this.#over.abort();
  }

  /** Resolves when nothing of it runs any more; a join under way ends when the connections are closed. */
  async ended(): Promise<void> {
    this.#timer?.cancel();
    await Promise.allSettled(this.#running);
  }

  #apply(event: MembershipEvent): void {
    const effects = this.#machine.step(event, this.#now());
    for (const effect of effects) this.#perform(effect);
    this.#setTimer();
  }

  #perform(effect: MembershipEffect): void {
    switch (effect.type) {
      case 'join':
        this.#answer(effect.attempt, this.#join(effect));
        break;
      case 'sync':
        this.#answer(effect.attempt, this.#sync(effect.attempt));
        break;
      case 'heartbeat':
        this.#run(this.#heartbeat(effect));
        break;
      case 'leave':
        this.#run(this.#leave(effect.memberId, effect.reason));
        break;
      case 'forgetCoordinator':
        this.#cluster.forgetCoordinator(this.#settings.groupId);
        break;
      case 'waitForUser':
        this.#run(this.#waitForUser());
        break;
      case 'giveUp':
        this.#run(this.#giveUp(effect.partitions, effect.isLost));
        break;
      case 'adopt':
        this.#run(this.#adopt(effect));
        break;
      case 'fail':
        this.#host.onError(effect.error);
        break;
      case 'closed':
        // A leave that was sent just before goes out first, if there is anybody to take it.
        void Promise.race([
          Promise.allSettled(this.#leaving),
          this.#cluster.options.platform.timers.sleep(LEAVE_MS_MAX, this.#over.signal),
        ])
          .catch(() => undefined)
          .then(() => this.#onClosed?.());
        break;
    }
  }

  async #join(effect: Extract<MembershipEffect, { type: 'join' }>): Promise<void> {
    const { memberId, generationId, owned, topics, reason } = effect;
    const subscriptions = await Promise.all(
      this.#settings.assignors.map(
        async (assignor) =>
          [
            assignor.name,
            {
              topics,
              ownedPartitions: owned,
              generationId,
              userData: (await assignor.subscriptionUserData?.(topics)) ?? null,
              rackId: this.#settings.rackId,
            },
          ] as const,
      ),
    );
    const joined = await this.#requests.join(memberId, subscriptions, reason);
    this.#joined = joined;
    this.#apply({
      type: 'joined',
      attempt: effect.attempt,
      memberId: joined.memberId,
      generationId: joined.generationId,
    });
  }

  async #sync(attempt: number): Promise<void> {
    const joined = this.#joined!;
    const isLeader = joined.leader === joined.memberId;
    const shares = isLeader
      ? await this.#leaderTask.share(joined, this.#assignor(joined), this.#settings.assignors)
      : this.#leaderTask.isFollower();
    const assignment = await this.#requests.sync(joined, shares);
    this.#assignment = assignment;
    this.#learnTopics(assignment.partitions);
    this.#apply({ type: 'synced', attempt, partitions: assignment.partitions });
  }

  /** A pattern's topics that the leader knew of before this member did. */
  #learnTopics(partitions: readonly TopicPartition[]): void {
    const known = new Set(this.#topics);
    const learnt = new Set(
      partitions
        .map(({ topic }) => topic)
        .filter((topic) => !known.has(topic) && this.#host.wants(topic)),
    );
    if (learnt.size === 0) return;
    this.#topics = [...this.#topics, ...learnt];
    this.#apply({ type: 'topicsChanged', topics: this.#topics, isJoined: true });
  }

  async #heartbeat(generation: MemberGeneration): Promise<void> {
    let failure: RequestFailure | undefined;
    try {
      await this.#requests.heartbeat(generation);
    } catch (error) {
      failure = failureOf(error);
    }
    const { memberId, generationId } = generation;
    this.#apply({ type: 'heartbeatAnswered', memberId, generationId, failure });
  }

  /** Best effort: a member that cannot say so leaves by its session's end. */
  #leave(memberId: string, reason: string): Promise<void> {
    const { logger } = this.#cluster.options;
    const leaving: Promise<void> = this.#requests
      .leave(memberId, reason)
      .catch((error: unknown) =>
        logger.info('the group was not told that this member leaves', { error: String(error) }),
      )
      .finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
    return leaving;
  }

  async #waitForUser(): Promise<void> {
    await this.#host.waitForUser();
    this.#apply({ type: 'userAtRest' });
    const { state } = this.#machine;
    if (state !== 'givingUp' && state !== 'adopting') this.#host.releaseUser();
  }

  async #giveUp(partitions: readonly TopicPartition[], isLost: boolean): Promise<void> {
    await this.#host.giveUp(partitions, isLost);
    this.#host.releaseUser();
    this.#apply({ type: 'gaveUp', partitions });
  }

  async #adopt(effect: Extract<MembershipEffect, { type: 'adopt' }>): Promise<void> {
    if (effect.revoked.length > 0) await this.#host.giveUp(effect.revoked, false);
    const assignor = this.#assignor(this.#joined!);
    try {
      await assignor.onAssignment?.(
        effect.assigned,
        this.#assignment?.userData ?? null,
        this.#machine.generationId,
      );
    } catch (error) {
      this.#host.onError(error);
    }
    await this.#host.adopt(effect.added);
    this.#host.releaseUser();
    this.#apply({ type: 'adopted' });
    // What changed while the shares went round.
    this.metadataChanged();
  }

  #assignor(joined: JoinGroupResponse): Assignor {
    const name = joined.protocolName;
    const found = this.#settings.assignors.find((assignor) => assignor.name === name);
    if (found === undefined)
      throw new UsageError(`the group shares by '${name}', which this consumer does not have`);
    return found;
  }

  /** Tells the machine when a join or sync fails. */
  #answer(attempt: number, request: Promise<void>): void {
    this.#run(
      request.catch((error: unknown) =>
        this.#apply({ type: 'requestFailed', attempt, ...failureOf(error) }),
      ),
    );
  }

  #run(effect: Promise<unknown>): void {
    const running = effect
      .catch((error: unknown) => this.#host.onError(error))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  #setTimer(): void {
    const atMs = this.#machine.nextWakeMs;
    if (atMs === this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAtMs = atMs;
    if (atMs === Infinity) return;
    this.#timer = this.#cluster.options.platform.timers.set(Math.max(0, atMs - this.#now()), () => {
      this.#timerAtMs = Infinity;
      this.#apply({ type: 'timer' });
    });
  }

  #now(): number {
    return this.#cluster.options.platform.clock.monotonicMs();
  }
}

function failureOf(error: unknown): RequestFailure {
  return {
    code: error instanceof BrokerError ? error.code : error instanceof KafkaError ? error.code : '',
    isRetriable: isRetriable(error),
    error,
    ...(error instanceof MemberIdRequired ? { memberId: error.memberId } : {}),
  };
}
