// What the leader of a partition knows of its followers, and what follows from it: how far the partition is committed, who
// is in sync, which change of the ISR to ask the controller for. Pure: the clock and the cluster come in, proposals go out.
// While a change is under way the larger ISR counts (the maximal ISR, KIP-497). Kafka: cluster.Partition, Replica.
import type { PartitionImage } from '@ottla/metadata';
import { ErrorCode } from '@ottla/protocol';

/** What the metadata says of a broker that is registered. */
export interface BrokerStatus {
  readonly brokerEpoch: number;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
}

/** A broker's status, or undefined when it is not registered. */
export type BrokerDirectory = (brokerId: number) => BrokerStatus | undefined;

/** A fetch of a follower that the leader could serve. */
export interface FollowerFetch {
  readonly brokerId: number;
  /** Of the follower's registration; −1 when it does not say. */
  readonly brokerEpoch: number;
  /** The follower has everything below (exclusive). */
  readonly fetchOffset: number;
  /** Where the follower's log starts. */
  readonly logStartOffset: number;
  /** The leader's end when it read (exclusive). */
  readonly leaderEndOffset: number;
  readonly nowMs: number;
}

/** One broker of a proposed ISR. */
export interface ProposedMember {
  readonly brokerId: number;
  /** −1 when the leader does not know it. */
  readonly brokerEpoch: number;
}

/** An ISR that the controller is asked for. Compared by identity: an answer to another one is out of date. */
export interface IsrProposal {
  readonly kind: 'expand' | 'shrink';
  /** Brokers that come in or go out. */
  readonly moved: readonly number[];
  readonly isr: readonly ProposedMember[];
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
}

/** What the controller answered for one partition. */
export interface IsrAnswer {
  readonly errorCode: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly isr: readonly number[];
}

/** What became of a proposal. `waiting`: nothing is sure, the metadata will tell. */
export type IsrOutcome = 'committed' | 'reverted' | 'retry' | 'waiting' | 'outdated';

/** Of one follower, as the leader knows it. Offsets are −1 and times −Infinity while nothing is known. */
export interface FollowerProgress {
  /** Exclusive. */
  readonly logEndOffset: number;
  readonly logStartOffset: number;
  /** Last time at which it had everything that the leader had; monotonic milliseconds. */
  readonly caughtUpMs: number;
  /** Undefined before its first fetch. */
  readonly brokerEpoch: number | undefined;
}

/** How the leader's log stands. */
export interface LeaderPosition {
  /** Exclusive. */
  readonly logEndOffset: number;
  /** Exclusive. */
  readonly highWatermark: number;
  readonly nowMs: number;
}

const UNKNOWN = -1;

interface Follower {
  logEndOffset: number;
  logStartOffset: number;
  caughtUpMs: number;
  brokerEpoch: number | undefined;
  fetchedMs: number;
  /** The leader's end at the last fetch. */
  leaderEndAtFetch: number;
}

export interface LeaderStateOptions {
  /** The leader. */
  readonly brokerId: number;
  /** Of its present registration. */
  readonly brokerEpoch: () => number;
  readonly brokers: BrokerDirectory;
  /** `replica.lag.time.max.ms`: who was not caught up for longer is out of sync. */
  readonly lagMaxMs: number;
}

/** Of one partition while this broker leads it. */
export class LeaderState {
  readonly #options: LeaderStateOptions;
  readonly #followers = new Map<number, Follower>();
  #epochStartOffset = 0;
  #leaderEpoch = UNKNOWN;
  #partitionEpoch = UNKNOWN;
  #isr: readonly number[] = [];
  #pending: IsrProposal | undefined;

  constructor(options: LeaderStateOptions) {
    this.#options = options;
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch;
  }
  /** May be ahead of the metadata: the answer to AlterPartition tells it first. */
  get partitionEpoch(): number {
    return this.#partitionEpoch;
  }
  /** First offset of this leader epoch. */
  get epochStartOffset(): number {
    return this.#epochStartOffset;
  }
  /** As the controller has committed it, as far as is known. */
  get isr(): readonly number[] {
    return this.#isr;
  }
  /** The change under way. */
  get pending(): IsrProposal | undefined {
    return this.#pending;
  }

  /** Whether a broker counts as in sync for what is committed: the ISR, and who is about to join it. */
  isInMaximalIsr(brokerId: number): boolean {
    if (this.#isr.includes(brokerId)) return true;
    const pending = this.#pending;
    return pending?.kind === 'expand' && pending.isr.some((member) => member.brokerId === brokerId);
  }

  /** Undefined for who is no follower. */
  progress(brokerId: number): FollowerProgress | undefined {
    return this.#followers.get(brokerId);
  }

  /** Begins to lead a leader epoch, whose first offset is `epochStartOffset`; anew when it led the one before. */
  elected(image: PartitionImage, epochStartOffset: number, nowMs: number): void {
    const isReelection = this.#leaderEpoch !== UNKNOWN;
    this.#leaderEpoch = image.leaderEpoch;
    this.#epochStartOffset = epochStartOffset;
    this.#takeAssignment(image);
    for (const [id, follower] of this.#followers) {
      const isInSync = image.isr.includes(id);
      // Nobody in sync is put out before it had its time; nobody else holds anything back before it was heard of.
      follower.caughtUpMs = isInSync ? nowMs : -Infinity;
      if (!isReelection) continue;
      follower.fetchedMs = isInSync ? nowMs : -Infinity;
      follower.leaderEndAtFetch = epochStartOffset;
    }
  }

  /**
   * Takes over newer metadata of the same leader epoch. What the controller's answer has told already is left alone: a
   * change that was asked for since then may yet be made, so its larger ISR must go on counting.
   */
  update(image: PartitionImage): void {
    if (image.partitionEpoch > this.#partitionEpoch) this.#takeAssignment(image);
  }

  #takeAssignment({ replicas, isr, partitionEpoch }: PartitionImage): void {
    for (const id of this.#followers.keys()) if (!replicas.includes(id)) this.#followers.delete(id);
    for (const id of replicas) {
      if (id === this.#options.brokerId || this.#followers.has(id)) continue;
      this.#followers.set(id, newFollower());
    }
    this.#isr = isr;
    this.#partitionEpoch = partitionEpoch;
    this.#pending = undefined;
  }

  /** @returns false when the fetch is from an incarnation that has been replaced, or from no follower: do not serve it */
  fetched(fetch: FollowerFetch): boolean {
    const follower = this.#followers.get(fetch.brokerId);
    if (follower === undefined) return false;
    const status = this.#options.brokers(fetch.brokerId);
    const isAlive = status !== undefined && !status.fenced;
    if (fetch.brokerEpoch !== UNKNOWN && isAlive && status.brokerEpoch > fetch.brokerEpoch)
      return false;
    if (fetch.fetchOffset >= fetch.leaderEndOffset)
      follower.caughtUpMs = Math.max(follower.caughtUpMs, fetch.nowMs);
    else if (fetch.fetchOffset >= follower.leaderEndAtFetch)
      follower.caughtUpMs = Math.max(follower.caughtUpMs, follower.fetchedMs);
    follower.logEndOffset = fetch.fetchOffset;
    follower.logStartOffset = fetch.logStartOffset;
    follower.leaderEndAtFetch = Math.max(fetch.leaderEndOffset, follower.leaderEndAtFetch);
    follower.fetchedMs = fetch.nowMs;
    follower.brokerEpoch = fetch.brokerEpoch;
    return true;
  }

  /**
   * How far the partition is committed: everybody in the maximal ISR, and everybody who has caught up and may join it, has
   * everything below. Never to be moved back to.
   *
   * @param minIsr members of the ISR without which nothing is committed
   * @returns an exclusive offset, or undefined when too few are in sync
   */
  committedOffset(minIsr: number, logEndOffset: number, nowMs: number): number | undefined {
    if (this.#isr.length < this.#effectiveMinIsr(minIsr)) return undefined;
    let committed = logEndOffset;
    for (const [id, follower] of this.#followers) {
      if (follower.logEndOffset >= committed) continue;
      const counts =
        this.isInMaximalIsr(id) ||
        (this.#isCaughtUp(follower, logEndOffset, nowMs) && this.#isEligible(id, follower));
      if (counts) committed = follower.logEndOffset;
    }
    return committed;
  }

  /** Whether enough replicas are in sync for a write with acks=all. */
  hasMinInSync(minIsr: number): boolean {
    return this.#isr.length >= this.#effectiveMinIsr(minIsr);
  }

  /** Whether one replica less would be too few. */
  isAtMinInSync(minIsr: number): boolean {
    return this.#isr.length === this.#effectiveMinIsr(minIsr);
  }

  #effectiveMinIsr(minIsr: number): number {
    return Math.min(minIsr, this.#followers.size + 1);
  }

  /** Where the last of the living replicas' logs starts: records below are deleted everywhere (KIP-107). */
  lowWatermark(logStartOffset: number): number {
    let low = logStartOffset;
    for (const [id, follower] of this.#followers) {
      const status = this.#options.brokers(id);
      if (status !== undefined && !status.fenced) low = Math.min(low, follower.logStartOffset);
    }
    return low;
  }

  // ---- changes of the ISR ----

  /** Whether a follower may join now: it has all that is committed and all that was here before this leader. */
  proposeExpansion(brokerId: number, position: LeaderPosition): IsrProposal | undefined {
    const follower = this.#followers.get(brokerId);
    if (this.#pending !== undefined || follower === undefined) return undefined;
    if (this.#isr.includes(brokerId) || !this.#isEligible(brokerId, follower)) return undefined;
    const { logEndOffset } = follower;
    if (logEndOffset < position.highWatermark || logEndOffset < this.#epochStartOffset)
      return undefined;
    return this.#propose('expand', [brokerId], [...this.#isr, brokerId]);
  }

  /** Puts out of the ISR who was not caught up for too long. */
  proposeShrinking({ logEndOffset, nowMs }: LeaderPosition): IsrProposal | undefined {
    if (this.#pending !== undefined) return undefined;
    const kept = this.#isr.filter((id) => {
      if (id === this.#options.brokerId) return true;
      const follower = this.#followers.get(id);
      return follower !== undefined && this.#isCaughtUp(follower, logEndOffset, nowMs);
    });
    const gone = this.#isr.filter((id) => !kept.includes(id));
    return gone.length === 0 ? undefined : this.#propose('shrink', gone, kept);
  }

  #propose(
    kind: IsrProposal['kind'],
    moved: readonly number[],
    isr: readonly number[],
  ): IsrProposal {
    const members = isr.map((brokerId) => ({
      brokerId,
      brokerEpoch:
        brokerId === this.#options.brokerId
          ? this.#options.brokerEpoch()
          : (this.#followers.get(brokerId)?.brokerEpoch ?? UNKNOWN),
    }));
    this.#pending = {
      kind,
      moved,
      isr: members,
      leaderEpoch: this.#leaderEpoch,
      partitionEpoch: this.#partitionEpoch,
    };
    return this.#pending;
  }

  /** The controller answered. With `retry` the same proposal is to be sent again. */
  answered(proposal: IsrProposal, answer: IsrAnswer): IsrOutcome {
    if (this.#pending !== proposal) return 'outdated';
    if (answer.errorCode !== ErrorCode.NONE) return this.#refused(answer.errorCode);
    if (answer.leaderEpoch !== this.#leaderEpoch || answer.partitionEpoch < this.#partitionEpoch)
      return 'outdated';
    this.#isr = answer.isr;
    this.#partitionEpoch = answer.partitionEpoch;
    this.#pending = undefined;
    return 'committed';
  }

  #refused(errorCode: number): IsrOutcome {
    // The controller says that this partition epoch is the present one and that nothing was changed.
    if (
      errorCode === ErrorCode.INELIGIBLE_REPLICA ||
      errorCode === ErrorCode.OPERATION_NOT_ATTEMPTED
    ) {
      this.#pending = undefined;
      return 'reverted';
    }
    // Otherwise it may have been: the larger ISR counts until the metadata says which it is.
    return AWAITS_METADATA.has(errorCode) ? 'waiting' : 'retry';
  }

  #isCaughtUp(follower: Follower, logEndOffset: number, nowMs: number): boolean {
    if (follower.logEndOffset === logEndOffset) return true;
    return nowMs - follower.caughtUpMs <= this.#options.lagMaxMs;
  }

  /** Alive, not about to stop, and the incarnation that was heard last is the one that is registered (KIP-841, KIP-903). */
  #isEligible(brokerId: number, { brokerEpoch }: Follower): boolean {
    const status = this.#options.brokers(brokerId);
    if (status === undefined || status.fenced || status.inControlledShutdown) return false;
    return brokerEpoch === UNKNOWN || brokerEpoch === status.brokerEpoch;
  }
}

/** After these the leader does not know what the ISR is; it waits for the metadata. */
const AWAITS_METADATA: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.INVALID_UPDATE_VERSION,
  ErrorCode.INVALID_REQUEST,
  ErrorCode.NEW_LEADER_ELECTED,
]);

function newFollower(): Follower {
  return {
    logEndOffset: UNKNOWN,
    logStartOffset: UNKNOWN,
    caughtUpMs: -Infinity,
    brokerEpoch: undefined,
    fetchedMs: -Infinity,
    leaderEndAtFetch: UNKNOWN,
  };
}
