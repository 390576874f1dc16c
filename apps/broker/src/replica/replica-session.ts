// The follower's half of a fetch session (KIP-227): a request names only the partitions whose position changed since the
// last, and those that are not wanted any more. Pure. Kafka: FetchSessionHandler.
import { ErrorCode, type Uuid } from '@ottla/protocol';
import type { FetchPartition, FetchTopic, ForgottenTopic } from '@ottla/protocol/messages/fetch';
import type { FetchPosition } from './follower-state.ts';

/** One partition that is wanted. */
export interface WantedReplica {
  /** The same for the same partition, whatever object stands for it: one that is followed anew is not forgotten. */
  readonly name: string;
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

interface Known<Replica> {
  readonly replica: Replica;
  readonly position: FetchPosition;
}

/** Of one connection. */
export class ReplicaSession<Replica extends WantedReplica> {
  readonly #partitionBytesMax: number;
  #sessionId = NO_SESSION;
  #epoch = EPOCH_INITIAL;
  /** What the leader remembers. */
  #known = new Map<string, Known<Replica>>();

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
    return this.#forgotten(wanted).length > 0;
  }

  /** The next request. */
  next(wanted: ReadonlyMap<Replica, FetchPosition>): SessionRequest {
    const { isFull } = this;
    const topics = new Map<Uuid, FetchTopic>();
    const forgotten = isFull ? [] : this.#forgotten(wanted);
    for (const [replica, position] of wanted) {
      if (!isFull && isSame(this.#known.get(replica.name)?.position, position)) continue;
      const { topic, topicId } = replica;
      const entry = topics.get(topicId) ?? { topic, topicId, partitions: [] };
      topics.set(topicId, entry);
      entry.partitions.push(this.#partition(replica.id, position));
    }
    this.#known = new Map();
    for (const [replica, position] of wanted) this.#known.set(replica.name, { replica, position });
    return {
      sessionId: this.#sessionId,
      sessionEpoch: this.#epoch,
      topics: [...topics.values()],
      forgottenTopicsData: byTopic(forgotten),
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

  #forgotten(wanted: ReadonlyMap<Replica, FetchPosition>): Replica[] {
    const names = new Set<string>();
    for (const { name } of wanted.keys()) names.add(name);
    const forgotten: Replica[] = [];
    for (const [name, { replica }] of this.#known) if (!names.has(name)) forgotten.push(replica);
    return forgotten;
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

function byTopic(replicas: readonly WantedReplica[]): ForgottenTopic[] {
  const topics = new Map<Uuid, ForgottenTopic>();
  for (const { topic, topicId, id } of replicas) {
    const entry = topics.get(topicId) ?? { topic, topicId, partitions: [] };
    topics.set(topicId, entry);
    entry.partitions.push(id);
  }
  return [...topics.values()];
}
