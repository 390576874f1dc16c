// The follower's half of a fetch session (KIP-227): a request names only the partitions whose position changed since the
// last, and those that are not wanted any more. Pure. Kafka: FetchSessionHandler.
import { ErrorCode, type Uuid } from '@ottla/protocol';
import type { FetchPartition, FetchTopic, ForgottenTopic } from '@ottla/protocol/messages/fetch';
import type { FetchPosition } from './follower-state.ts';

/** One partition that is wanted. */
export interface WantedReplica {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly id: number;
}

/** The session's part of a request. */
export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly topics: FetchTopic[];
  readonly forgottenTopicsData: ForgottenTopic[];
}

const NO_SESSION = 0;
const EPOCH_INITIAL = 0;
const EPOCH_MAX = 2 ** 31 - 1;
const UUID_ZERO = 'AAAAAAAAAAAAAAAAAAAAAA';
/** What a follower of a partition says of its high watermark: nothing. */
const HIGH_WATERMARK_NOT_SAID = 2n ** 63n - 1n;

/** Of one connection. */
export class ReplicaSession<Replica extends WantedReplica> {
  readonly #partitionBytesMax: number;
  #sessionId = NO_SESSION;
  #epoch = EPOCH_INITIAL;
  /** What the leader remembers. */
  #known = new Map<Replica, FetchPosition>();

  /** @param partitionBytesMax `replica.fetch.max.bytes` */
  constructor(partitionBytesMax: number) {
    this.#partitionBytesMax = partitionBytesMax;
  }

  /** Whether the next request begins a session. */
  get isFull(): boolean {
    return this.#epoch === EPOCH_INITIAL;
  }

  /** Whether the leader remembers a partition that is not wanted any more. */
  hasForgotten(wanted: ReadonlyMap<Replica, FetchPosition>): boolean {
    for (const replica of this.#known.keys()) if (!wanted.has(replica)) return true;
    return false;
  }

  /** The next request. */
  next(wanted: ReadonlyMap<Replica, FetchPosition>): SessionRequest {
    const { isFull } = this;
    const topics = new Map<Uuid, FetchTopic>();
    for (const [replica, position] of wanted) {
      if (!isFull && isSame(this.#known.get(replica), position)) continue;
      const { topic, topicId } = replica;
      const entry = topics.get(topicId) ?? { topic, topicId, partitions: [] };
      topics.set(topicId, entry);
      entry.partitions.push(this.#partition(replica.id, position));
    }
    const forgottenTopicsData = isFull ? [] : this.#forgotten(wanted);
    this.#known = new Map(wanted);
    return {
      sessionId: this.#sessionId,
      sessionEpoch: this.#epoch,
      topics: [...topics.values()],
      forgottenTopicsData,
    };
  }

  /** The leader answered. @returns whether the answer counts; otherwise everything is to be asked anew */
  answered(errorCode: number, sessionId: number): boolean {
    if (errorCode !== ErrorCode.NONE) {
      // A session that is known, but not at this epoch, is ended by the next full request.
      if (errorCode !== ErrorCode.INVALID_FETCH_SESSION_EPOCH) this.#sessionId = NO_SESSION;
      this.#begin();
      return false;
    }
    this.#sessionId = sessionId;
    if (sessionId === NO_SESSION) this.#begin();
    else this.#epoch = this.#epoch === EPOCH_MAX ? 1 : this.#epoch + 1;
    return true;
  }

  /** The connection ended: the leader may or may not have seen the last request. */
  lost(): void {
    this.#begin();
  }

  #begin(): void {
    this.#epoch = EPOCH_INITIAL;
    this.#known = new Map();
  }

  #forgotten(wanted: ReadonlyMap<Replica, FetchPosition>): ForgottenTopic[] {
    const topics = new Map<Uuid, ForgottenTopic>();
    for (const replica of this.#known.keys()) {
      if (wanted.has(replica)) continue;
      const { topic, topicId } = replica;
      const entry = topics.get(topicId) ?? { topic, topicId, partitions: [] };
      topics.set(topicId, entry);
      entry.partitions.push(replica.id);
    }
    return [...topics.values()];
  }

  #partition(partition: number, position: FetchPosition): FetchPartition {
    return {
      partition,
      currentLeaderEpoch: position.leaderEpoch,
      fetchOffset: position.fetchOffset,
      lastFetchedEpoch: position.lastFetchedEpoch,
      logStartOffset: position.logStartOffset,
      partitionMaxBytes: this.#partitionBytesMax,
      replicaDirectoryId: UUID_ZERO,
      highWatermark: HIGH_WATERMARK_NOT_SAID,
    };
  }
}

function isSame(before: FetchPosition | undefined, now: FetchPosition): boolean {
  return (
    before !== undefined &&
    before.fetchOffset === now.fetchOffset &&
    before.leaderEpoch === now.leaderEpoch &&
    before.lastFetchedEpoch === now.lastFetchedEpoch &&
    before.logStartOffset === now.logStartOffset
  );
}
