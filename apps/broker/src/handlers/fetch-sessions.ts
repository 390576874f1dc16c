// Fetch sessions (KIP-227): the broker remembers what a client fetches, so that requests and responses name only what
// changed. A bounded cache; a session is worth the more the more partitions it has and the longer it is used.
// Kafka: FetchManager, FetchSession, FetchSessionCacheShard.
import type { Clock, Random } from '@ottla/platform';
import { ErrorCode } from '@ottla/protocol';
import type { FetchRequest } from '@ottla/protocol/messages/fetch';
import { FetchSession, wantedPartitions, type WantedPartition } from './fetch-session.ts';

/** Unused for so long, a session gives way to any other, in milliseconds. */
export const SESSION_EVICTION_MS = 120_000;

/** No session: in a request, none wanted or none yet; in a response, none given. */
export const NO_SESSION = 0;
const INITIAL_EPOCH = 0;
const FINAL_EPOCH = -1;
const SESSION_ID_MAX = 2 ** 31 - 1;

export interface FetchSessionsOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Pick<Random, 'below'>;
  /** `max.incremental.fetch.session.cache.slots`; 0 for none. */
  readonly slots: number;
}

/** What to read for a request, and how its response is made. */
export type FetchContext =
  | {
      readonly kind: 'sessionless' | 'full';
      readonly partitions: Iterable<WantedPartition>;
    }
  | {
      readonly kind: 'incremental';
      readonly session: FetchSession;
      /** What the session's epoch is unless another request came in between. */
      readonly epoch: number;
      readonly partitions: Iterable<WantedPartition>;
    }
  | { readonly kind: 'error'; readonly errorCode: number };

/** All sessions of a broker. */
export class FetchSessions {
  readonly #options: FetchSessionsOptions;
  /** Least recently used first. */
  readonly #sessions = new Map<number, FetchSession>();
  #evictions = 0;

  constructor(options: FetchSessionsOptions) {
    this.#options = options;
  }

  /** Sessions at present. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Partitions of all sessions. */
  get partitionCount(): number {
    let count = 0;
    for (const session of this.#sessions.values()) count += session.size;
    return count;
  }

  /** Sessions that gave way to others, since the start. */
  get evictions(): number {
    return this.#evictions;
  }

  /** Takes the request into its session, if it has one. */
  begin(request: FetchRequest, usesTopicIds: boolean): FetchContext {
    const { sessionId, sessionEpoch } = request;
    if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
      // A full request ends the session that it names.
      if (sessionId !== NO_SESSION) this.#sessions.delete(sessionId);
      const kind = sessionEpoch === FINAL_EPOCH ? 'sessionless' : 'full';
      return { kind, partitions: wantedPartitions(request.topics) };
    }
    const session = this.#sessions.get(sessionId);
    if (session === undefined)
      return { kind: 'error', errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
    if (session.epoch !== sessionEpoch)
      return { kind: 'error', errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH };
    if (session.usesTopicIds !== usesTopicIds)
      return { kind: 'error', errorCode: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR };
    session.update(request.topics, request.forgottenTopicsData);
    if (session.size === 0) {
      this.#sessions.delete(sessionId);
      return { kind: 'sessionless', partitions: [] };
    }
    session.advance();
    this.#touch(session);
    const { epoch } = session;
    return { kind: 'incremental', session, epoch, partitions: session.partitions() };
  }

  /**
   * Makes a session of a full request's partitions, when there is room or one is worth less.
   *
   * @param isPrivileged a follower's, which may take the place of any consumer's
   * @returns the session's id, `NO_SESSION` without one
   */
  create(
    partitions: Iterable<WantedPartition>,
    usesTopicIds: boolean,
    isPrivileged: boolean,
  ): number {
    const nowMs = this.#options.clock.nowMs();
    const session = new FetchSession({
      id: this.#newId(),
      usesTopicIds,
      isPrivileged,
      nowMs,
      partitions,
    });
    if (this.#sessions.size >= this.#options.slots && !this.#evictFor(session, nowMs))
      return NO_SESSION;
    this.#sessions.set(session.id, session);
    return session.id;
  }

  #newId(): number {
    let id: number;
    do id = 1 + this.#options.random.below(SESSION_ID_MAX);
    while (this.#sessions.has(id));
    return id;
  }

  #touch(session: FetchSession): void {
    session.lastUsedMs = this.#options.clock.nowMs();
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
  }

  /** @returns whether there is room now */
  #evictFor(newcomer: FetchSession, nowMs: number): boolean {
    const [oldest] = this.#sessions.values();
    if (oldest === undefined) return false;
    const victim =
      nowMs - oldest.lastUsedMs > SESSION_EVICTION_MS ? oldest : this.#leastWorth(newcomer, nowMs);
    if (victim === undefined) return false;
    this.#sessions.delete(victim.id);
    this.#evictions += 1;
    return true;
  }

  /** Only what has had its time, or belongs to a consumer when a follower asks, and is not worth more than the newcomer. */
  #leastWorth(newcomer: FetchSession, nowMs: number): FetchSession | undefined {
    let least: FetchSession | undefined;
    for (const session of this.#sessions.values()) {
      const hadItsTime = nowMs - session.createdMs > SESSION_EVICTION_MS;
      const mayGo = hadItsTime || (newcomer.isPrivileged && !session.isPrivileged);
      if (mayGo && (least === undefined || isWorthLess(session, least))) least = session;
    }
    return least === undefined || isWorthLess(newcomer, least) ? undefined : least;
  }
}

function isWorthLess(session: FetchSession, than: FetchSession): boolean {
  if (session.isPrivileged !== than.isPrivileged) return than.isPrivileged;
  return session.size < than.size;
}
