// One partition that this broker holds a replica of: who leads it, how far it is committed, and its log. The only place
// that moves a high watermark. Kafka: cluster.Partition.
import { type AppendResult, LogError, type PartitionLog, type SlabLease } from '@ottla/log';
import type { PartitionImage } from '@ottla/metadata';
import { ErrorCode, type Uuid } from '@ottla/protocol';
import type { TopicConfig } from '../config/topic-config.ts';

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

/** What moved and may end a wait: the log's end, the high watermark, leadership. */
export type PartitionListener = (partition: Partition) => void;

/** Who the partition's fetches see: {@link Partition.readEnd}. */
export type FetchIsolation = 'log-end' | 'high-watermark' | 'committed';

const NO_BROKERS: readonly number[] = [];

/** Live object: its fields are the present state. Used as a key of the purgatory. */
export class Partition implements PartitionIdentity {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly id: number;
  readonly #brokerId: number;
  readonly #onMoved: PartitionListener;
  #config: TopicConfig;
  #log: PartitionLog | undefined;
  #unlisten: (() => void) | undefined;
  #leader = -1;
  #leaderEpoch = -1;
  #partitionEpoch = -1;
  #isr: readonly number[] = NO_BROKERS;
  #replicas: readonly number[] = NO_BROKERS;
  #isOffline = false;
  #isDeleted = false;
  /** Offset at which the present leader epoch began here; undefined while another leads. */
  #epochStartOffset: number | undefined;

  /** @param onMoved called whenever something moved that requests may wait for */
  constructor(
    identity: PartitionIdentity,
    brokerId: number,
    config: TopicConfig,
    onMoved: PartitionListener,
  ) {
    this.topic = identity.topic;
    this.topicId = identity.topicId;
    this.id = identity.id;
    this.#brokerId = brokerId;
    this.#config = config;
    this.#onMoved = onMoved;
  }

  /** `topic-partition`, the name of its folder. */
  get name(): string {
    return `${this.topic}-${this.id}`;
  }
  /** Whether requests to the leader are served here: elected, and the log is open. */
  get isLeader(): boolean {
    return this.#epochStartOffset !== undefined && !this.#isOffline;
  }
  /** Broker that leads, or −1. */
  get leader(): number {
    return this.#leader;
  }
  get leaderEpoch(): number {
    return this.#leaderEpoch;
  }
  get partitionEpoch(): number {
    return this.#partitionEpoch;
  }
  /** First offset of the present leader epoch; undefined when this broker does not lead. */
  get epochStartOffset(): number | undefined {
    return this.#epochStartOffset;
  }
  get isr(): readonly number[] {
    return this.#isr;
  }
  get replicas(): readonly number[] {
    return this.#replicas;
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
    if (currentLeaderEpoch >= 0 && currentLeaderEpoch !== this.#leaderEpoch)
      return currentLeaderEpoch < this.#leaderEpoch
        ? ErrorCode.FENCED_LEADER_EPOCH
        : ErrorCode.UNKNOWN_LEADER_EPOCH;
    return this.isLeader ? ErrorCode.NONE : ErrorCode.NOT_LEADER_OR_FOLLOWER;
  }

  /** Whether enough replicas are in sync for acks=all. Kafka: never more than there are replicas. */
  get hasMinInSync(): boolean {
    return this.#isr.length >= Math.min(this.#config.minInsyncReplicas, this.#replicas.length);
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
      leaderEpoch: this.#leaderEpoch,
      leader: this,
      origin: append.origin ?? 'client',
      lease: append.lease,
    });
  }

  /** Whether this broker leads the partition in this epoch, with an open log. */
  leads(leaderEpoch: number): boolean {
    return this.isLeader && this.#leaderEpoch === leaderEpoch;
  }

  // ---- what Replicas does with it ----

  /** The log is open from here on. */
  open(log: PartitionLog): void {
    this.#log = log;
    this.#unlisten = log.onEnd(() => this.#onEnd());
  }

  /** New effective settings, from the next append on. */
  configure(config: TopicConfig): void {
    this.#config = config;
    this.#log?.configure(config);
  }

  /**
   * Takes over what the metadata says. Leads from here on if it says so and the log is open.
   *
   * @returns whether it began to lead a new leader epoch, or ceased to lead one
   */
  update(image: PartitionImage): 'elected' | 'resigned' | 'unchanged' {
    const wasLeader = this.#epochStartOffset !== undefined;
    const isNewEpoch = image.leaderEpoch !== this.#leaderEpoch;
    this.#leader = image.leader;
    this.#leaderEpoch = image.leaderEpoch;
    this.#partitionEpoch = image.partitionEpoch;
    this.#isr = image.isr;
    this.#replicas = image.replicas;
    if (image.leader !== this.#brokerId || this.#log === undefined) {
      this.#epochStartOffset = undefined;
      this.#onMoved(this);
      return wasLeader ? 'resigned' : 'unchanged';
    }
    if (!wasLeader || isNewEpoch) this.#epochStartOffset = this.#log.logEndOffset;
    this.#advanceHighWatermark();
    this.#onMoved(this);
    return !wasLeader || isNewEpoch ? 'elected' : 'unchanged';
  }

  /** Its directory failed: KAFKA_STORAGE_ERROR from here on. */
  goOffline(): void {
    this.#isOffline = true;
    this.#epochStartOffset = undefined;
    this.#onMoved(this);
  }

  /** Its topic was deleted, or the replica moved away. */
  remove(): void {
    this.#isDeleted = true;
    this.#epochStartOffset = undefined;
    this.#unlisten?.();
    this.#onMoved(this);
  }

  #onEnd(): void {
    this.#advanceHighWatermark();
    this.#onMoved(this);
  }

  /** Alone in sync, this broker's end is everybody's. With others the slowest of them decides, when they fetch. */
  #advanceHighWatermark(): void {
    if (this.#epochStartOffset === undefined) return;
    if (this.#isr.every((id) => id === this.#brokerId))
      this.#log!.advanceHighWatermark(this.#log!.logEndOffset);
  }
}
