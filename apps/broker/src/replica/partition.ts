// One partition that this broker holds a replica of: who leads it, how far it is committed, and its log. The only place
// that moves a high watermark. Kafka: cluster.Partition.
import {
  type AppendResult,
  type FollowerAppendOptions,
  LogError,
  type PartitionLog,
  type SlabLease,
} from '@ottla/log';
import { type PartitionImage, replicaDirectory } from '@ottla/metadata';
import { ErrorCode, type Uuid } from '@ottla/protocol';
import type { TopicConfig } from '../config/topic-config.ts';
import {
  type BrokerDirectory,
  type FollowerFetch,
  type FollowerProgress,
  type IsrAnswer,
  type IsrOutcome,
  type IsrProposal,
  LeaderState,
} from './leader-state.ts';

/** Names a partition for good: a topic that is deleted and created again has another id. */
export interface PartitionIdentity {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly id: number;
}

/** How a batch comes to the leader's log. */
export interface PartitionAppend {
  /** Default `client`. */
  readonly origin?: 'client' | 'coordinator';
  /** The memory behind the bytes, so that the tail cache keeps them without a copy. */
  readonly lease?: SlabLease;
}

/** What a partition needs of its broker. */
export interface PartitionHost {
  readonly brokerId: number;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** Of this broker's present registration. */
  readonly brokerEpoch: () => number;
  readonly brokers: BrokerDirectory;
  /** `replica.lag.time.max.ms` */
  readonly lagMaxMs: number;
  /** Something moved that may end a wait: the log's end, the high or low watermark, leadership. */
  moved(partition: Partition): void;
  /** The controller is to be asked for another ISR; answer with `isrAnswered`. */
  propose(partition: Partition, proposal: IsrProposal): void;
  /** As a follower it has all that the leader calls committed. Often called. */
  caughtUp(partition: Partition): void;
  /** The log was cut; what the metadata wanted meanwhile can be done now, by `update`. */
  rewritten(partition: Partition): void;
}

/** Whom to fetch from. */
export interface Following {
  readonly leader: number;
  readonly leaderEpoch: number;
}

/** Who the partition's fetches see: {@link Partition.readEnd}. */
export type FetchIsolation = 'log-end' | 'high-watermark' | 'committed';

const NO_BROKERS: readonly number[] = [];
const UNKNOWN = -1;

/** Live object: its fields are the present state. Used as a key of the purgatory. */
export class Partition implements PartitionIdentity {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly id: number;
  readonly #host: PartitionHost;
  #config: TopicConfig;
  #log: PartitionLog | undefined;
  #unlisten: (() => void) | undefined;
  #image: PartitionImage | undefined;
  #isOffline = false;
  #isDeleted = false;
  /** Nothing is fetched into its log now. */
  #isLeftAlone = false;
  /** Cuts of the log under way: it begins no leader epoch meanwhile. */
  #rewrites = 0;
  /** Undefined while another leads. */
  #leading: LeaderState | undefined;
  #ledSince = UNKNOWN;

  constructor(identity: PartitionIdentity, config: TopicConfig, host: PartitionHost) {
    this.topic = identity.topic;
    this.topicId = identity.topicId;
    this.id = identity.id;
    this.#host = host;
    this.#config = config;
  }

  /** `topic-partition`, the name of its folder. */
  get name(): string {
    return `${this.topic}-${this.id}`;
  }
  /** Whether requests to the leader are served here: elected, and the log is open. */
  get isLeader(): boolean {
    return this.#leading !== undefined && !this.#isOffline;
  }
  /** Broker that leads, or −1. */
  get leader(): number {
    return this.#image?.leader ?? UNKNOWN;
  }
  get leaderEpoch(): number {
    return this.#image?.leaderEpoch ?? UNKNOWN;
  }
  get partitionEpoch(): number {
    return this.#leading?.partitionEpoch ?? this.#image?.partitionEpoch ?? UNKNOWN;
  }
  /** First offset of the present leader epoch; undefined when this broker does not lead. */
  get epochStartOffset(): number | undefined {
    return this.#leading?.epochStartOffset;
  }
  /** Leader epoch since which this broker has led without a break, −1 when it does not: what it took in since is all there. */
  get ledSince(): number {
    return this.#leading === undefined ? UNKNOWN : this.#ledSince;
  }
  get isr(): readonly number[] {
    return this.#leading?.isr ?? this.#image?.isr ?? NO_BROKERS;
  }
  get replicas(): readonly number[] {
    return this.#image?.replicas ?? NO_BROKERS;
  }
  /** Who may lead if the ISR is lost (KIP-966). */
  get elr(): readonly number[] {
    return this.#image?.elr ?? NO_BROKERS;
  }
  /** The directory in which the metadata says this replica is; undefined for a broker without one. */
  get directoryId(): Uuid | undefined {
    return this.#image && replicaDirectory(this.#image, this.#host.brokerId);
  }
  /** Whom this replica is to fetch from; undefined when it leads, nobody does, or there is no log to fetch into. */
  get following(): Following | undefined {
    const { leader, leaderEpoch } = this;
    const hasLog = this.#log !== undefined && !this.#isOffline && !this.#isDeleted;
    if (!hasLog || this.#isLeftAlone || leader < 0 || leader === this.#host.brokerId)
      return undefined;
    return { leader, leaderEpoch };
  }
  /** Whether the log cannot be used because its directory failed. */
  get isOffline(): boolean {
    return this.#isOffline;
  }
  get isDeleted(): boolean {
    return this.#isDeleted;
  }
  get config(): TopicConfig {
    return this.#config;
  }
  /** Undefined while it is being opened, and when its directory failed. */
  get log(): PartitionLog | undefined {
    return this.#log;
  }
  /** Offsets of a log that is not open are 0. */
  get logStartOffset(): number {
    return this.#log?.logStartOffset ?? 0;
  }
  /** Exclusive. */
  get logEndOffset(): number {
    return this.#log?.logEndOffset ?? 0;
  }
  /** Exclusive. */
  get highWatermark(): number {
    return this.#log?.highWatermark ?? 0;
  }
  /** Exclusive; what read_committed may see. */
  get lastStableOffset(): number {
    return this.#log?.lastStableOffset ?? 0;
  }

  /** Exclusive end of what a fetch of this isolation may see. */
  readEnd(isolation: FetchIsolation): number {
    if (isolation === 'high-watermark') return this.highWatermark;
    return isolation === 'committed' ? this.lastStableOffset : this.logEndOffset;
  }

  /**
   * Whether the partition serves a request for its leader.
   *
   * @param currentLeaderEpoch what the client believes, −1 when it does not say
   * @returns `ErrorCode.NONE` or the code to answer
   */
  checkLeader(currentLeaderEpoch: number): number {
    if (this.#isDeleted) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    if (this.#isOffline) return ErrorCode.KAFKA_STORAGE_ERROR;
    const { leaderEpoch } = this;
    if (currentLeaderEpoch >= 0 && currentLeaderEpoch !== leaderEpoch)
      return currentLeaderEpoch < leaderEpoch
        ? ErrorCode.FENCED_LEADER_EPOCH
        : ErrorCode.UNKNOWN_LEADER_EPOCH;
    return this.isLeader ? ErrorCode.NONE : ErrorCode.NOT_LEADER_OR_FOLLOWER;
  }

  /** As `checkLeader`, for who may as well read from a follower (KIP-392). */
  checkReplica(currentLeaderEpoch: number): number {
    const code = this.checkLeader(currentLeaderEpoch);
    const isFollower = code === ErrorCode.NOT_LEADER_OR_FOLLOWER && this.following !== undefined;
    return isFollower ? ErrorCode.NONE : code;
  }

  /** Whether enough replicas are in sync for acks=all; false where this broker does not lead. */
  get hasMinInSync(): boolean {
    return this.#leading?.hasMinInSync(this.#config.minInsyncReplicas) ?? false;
  }

  /** Whether replicas are out of sync; false where this broker does not lead. Those that a reassignment adds only count as they come. */
  get isUnderReplicated(): boolean {
    if (!this.isLeader || this.#image === undefined) return false;
    const { replicas, addingReplicas } = this.#image;
    return this.isr.length < replicas.filter((id) => !addingReplicas.includes(id)).length;
  }

  /** Whether acks=all would be refused with one replica in sync less; false where this broker does not lead. */
  get isAtMinInSync(): boolean {
    return this.#leading?.isAtMinInSync(this.#config.minInsyncReplicas) ?? false;
  }

  /**
   * Appends as the leader; resolves when the bytes are written, the high watermark may come later.
   *
   * @throws LogError as a rejection, also `NOT_LEADER_OR_FOLLOWER`'s place: check `checkLeader` first, in the same turn
   */
  append(records: Buffer, append: PartitionAppend = {}): Promise<AppendResult> {
    if (this.#log === undefined || this.#isOffline)
      return Promise.reject(new LogError('KAFKA_STORAGE_ERROR', `${this.name} is offline`));
    return this.#log.appendAsLeader(records, {
      leaderEpoch: this.leaderEpoch,
      leader: this,
      origin: append.origin ?? 'client',
      lease: append.lease,
    });
  }

  /** Whether this broker leads the partition in this epoch, with an open log. */
  leads(leaderEpoch: number): boolean {
    return this.isLeader && this.leaderEpoch === leaderEpoch;
  }

  // ---- as the leader, of its followers ----

  /** What is known of a follower; undefined for who is none, and where this broker does not lead. */
  progress(brokerId: number): FollowerProgress | undefined {
    return this.#leading?.progress(brokerId);
  }

  /** Records below are deleted on every living replica; −1 where this broker does not lead. */
  get lowWatermark(): number {
    return this.#leading?.lowWatermark(this.logStartOffset) ?? UNKNOWN;
  }

  /**
   * A follower fetched, and its fetch can be served: it has everything below the asked offset.
   *
   * @returns false when it is no follower, or an incarnation that has been replaced
   */
  followerFetched(fetch: Omit<FollowerFetch, 'leaderEndOffset' | 'nowMs'>): boolean {
    const leading = this.#leading;
    if (leading === undefined) return false;
    const { logStartOffset = UNKNOWN } = leading.progress(fetch.brokerId) ?? {};
    const leaderEndOffset = this.logEndOffset;
    if (!leading.fetched({ ...fetch, leaderEndOffset, nowMs: this.#host.nowMs() })) return false;
    this.#propose(leading.proposeExpansion(fetch.brokerId, this.#position()));
    // Also where this follower has nothing new: another one may have ceased to count by time.
    const hasMoved = this.#advanceHighWatermark();
    if (hasMoved || logStartOffset !== fetch.logStartOffset) this.#host.moved(this);
    return true;
  }

  /** Puts out of the ISR who has not been caught up for too long. To be called now and then. */
  shrinkIsr(): void {
    this.#propose(this.#leading?.proposeShrinking(this.#position()));
  }

  /** Whether the proposal still waits for its answer. */
  isPending(proposal: IsrProposal): boolean {
    return this.#leading?.pending === proposal;
  }

  /** The controller answered a proposal. @returns `retry` when it is to be asked again */
  isrAnswered(proposal: IsrProposal, answer: IsrAnswer): IsrOutcome {
    const outcome = this.#leading?.answered(proposal, answer) ?? 'outdated';
    if (outcome === 'committed' && this.#advanceHighWatermark()) this.#host.moved(this);
    return outcome;
  }

  #propose(proposal: IsrProposal | undefined): void {
    if (proposal !== undefined) this.#host.propose(this, proposal);
  }

  #position(): { logEndOffset: number; highWatermark: number; nowMs: number } {
    const { logEndOffset, highWatermark } = this;
    return { logEndOffset, highWatermark, nowMs: this.#host.nowMs() };
  }

  // ---- as a follower ----

  /** Whether this broker follows in this leader epoch. */
  follows(leaderEpoch: number): boolean {
    return this.following?.leaderEpoch === leaderEpoch;
  }

  /**
   * Appends what the leader of an epoch gave, and takes over how far it is committed and where the leader's log starts.
   * Resolves when it is written.
   *
   * @throws LogError as a rejection
   */
  async appendAsFollower(
    records: Buffer,
    { leaderEpoch, ...options }: FollowerAppendOptions & { readonly leaderEpoch: number },
    leader: { readonly highWatermark: number; readonly logStartOffset: number },
  ): Promise<void> {
    const log = this.#log;
    if (log === undefined || !this.follows(leaderEpoch)) return;
    if (records.length > 0)
      await log.appendAsFollower(records, { ...options, leaderEpochMax: leaderEpoch });
    // Another leader may be there by now, which tells of its own.
    if (!this.follows(leaderEpoch)) return;
    if (log.advanceHighWatermark(leader.highWatermark)) this.#host.moved(this);
    const { logStartOffset } = leader;
    if (logStartOffset > log.logStartOffset && logStartOffset <= log.highWatermark)
      await log.advanceLogStart(logStartOffset);
    if (log.logEndOffset >= leader.highWatermark) this.#host.caughtUp(this);
  }

  /** Whether the log is not fetched into, because it is not to grow as it is. */
  leaveAlone(isLeftAlone: boolean): void {
    this.#isLeftAlone = isLeftAlone;
  }

  /** Cuts the log as a follower. The partition does not begin to lead before that is done. */
  async rewrite(leaderEpoch: number, work: (log: PartitionLog) => Promise<void>): Promise<void> {
    const log = this.#log;
    if (log === undefined || !this.follows(leaderEpoch)) return;
    this.#rewrites += 1;
    try {
      await work(log);
    } finally {
      this.#rewrites -= 1;
      this.#host.rewritten(this);
    }
  }

  // ---- what Replicas does with it ----

  /**
   * The log is open from here on. In the place of another one, if there was one: that is fetched into no more until now, for it
   * would count as in sync by what it had.
   */
  open(log: PartitionLog): void {
    this.#unlisten?.();
    this.#log = log;
    this.#isLeftAlone = false;
    this.#unlisten = log.onEnd(() => this.#onEnd());
  }

  /** New effective settings, from the next append on. */
  configure(config: TopicConfig): void {
    this.#config = config;
    this.#log?.configure(config);
    // `min.insync.replicas` decides too.
    if (this.#advanceHighWatermark()) this.#host.moved(this);
  }

  /**
   * Takes over what the metadata says. Leads from here on if it says so, the log is open and not being cut.
   *
   * @returns whether it began to lead a new leader epoch, or ceased to lead one; `replaced`: another may have led in between
   */
  update(image: PartitionImage): 'elected' | 'resigned' | 'replaced' | 'unchanged' {
    const before = this.#leading;
    this.#image = image;
    const log = this.#log;
    if (image.leader !== this.#host.brokerId || log === undefined || this.#rewrites > 0) {
      this.#leading = undefined;
      this.#host.moved(this);
      return before === undefined ? 'unchanged' : 'resigned';
    }
    const isSameEpoch = before?.leaderEpoch === image.leaderEpoch;
    const isContinued = before?.leaderEpoch === image.leaderEpoch - 1;
    if (isSameEpoch) before.update(image);
    else this.#lead(image, log, isContinued ? before : undefined);
    this.#advanceHighWatermark();
    this.#host.moved(this);
    if (isSameEpoch) return 'unchanged';
    return before === undefined || isContinued ? 'elected' : 'replaced';
  }

  /** @param before of the leader epoch before, when this broker led that one too */
  #lead(image: PartitionImage, log: PartitionLog, before: LeaderState | undefined): void {
    if (before === undefined) this.#ledSince = image.leaderEpoch;
    this.#leading = before ?? new LeaderState(this.#host);
    log.assignLeaderEpoch(image.leaderEpoch);
    this.#leading.elected(image, log.nextOffset, this.#host.nowMs());
  }

  /** Its directory failed: KAFKA_STORAGE_ERROR from here on. */
  goOffline(): void {
    this.#isOffline = true;
    this.#leading = undefined;
    this.#host.moved(this);
  }

  /** Its topic was deleted, or the replica moved away. */
  remove(): void {
    this.#isDeleted = true;
    this.#leading = undefined;
    this.#unlisten?.();
    this.#host.moved(this);
  }

  #onEnd(): void {
    this.#advanceHighWatermark();
    this.#host.moved(this);
  }

  /** @returns whether it moved */
  #advanceHighWatermark(): boolean {
    const log = this.#log;
    if (log === undefined || this.#leading === undefined) return false;
    const committed = this.#leading.committedOffset(
      this.#config.minInsyncReplicas,
      log.logEndOffset,
      this.#host.nowMs(),
    );
    return committed !== undefined && log.advanceHighWatermark(committed);
  }
}
