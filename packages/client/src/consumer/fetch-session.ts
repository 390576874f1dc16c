// A fetch session with one broker: the broker remembers what is fetched, and a request names only what changed. Pure.
// Kafka: FetchSessionHandler; KIP-227.
import { ZERO_UUID } from '@ottla/protocol';

/** One partition of a fetch. */
export interface FetchTarget {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  /** First offset wanted, inclusive. */
  readonly fetchOffset: number;
  /** Of the leader that is asked, as known; −1 when not. */
  readonly currentLeaderEpoch: number;
}

/** A partition that the session is to leave out from now on. */
export type ForgottenTarget = Pick<FetchTarget, 'topic' | 'topicId' | 'partition'>;

/** What the next request says. */
export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly send: readonly FetchTarget[];
  readonly forget: readonly ForgottenTarget[];
  /** Whether topics are named by id (version 13 and later). */
  readonly usesTopicIds: boolean;
}

const NO_SESSION = 0;
const EPOCH_INITIAL = 0;
const EPOCH_MAX = 0x7fff_ffff;

export class FetchSession {
  #sessionId = NO_SESSION;
  #epoch = EPOCH_INITIAL;
  #usesTopicIds = false;
  /** What the broker remembers. */
  #known = new Map<string, FetchTarget>();

  /** @param canUseTopicIds whether the broker's version names topics by id */
  next(wanted: readonly FetchTarget[], canUseTopicIds: boolean): SessionRequest {
    const usesTopicIds = canUseTopicIds && wanted.every(({ topicId }) => topicId !== ZERO_UUID);
    const byName = new Map(wanted.map((target) => [nameOf(target), target]));
    // Naming topics another way, or a topic that was made anew, needs a session of its own.
    const isBroken =
      usesTopicIds !== this.#usesTopicIds ||
      wanted.some(
        (target) => (this.#known.get(nameOf(target)) ?? target).topicId !== target.topicId,
      );
    if (isBroken) this.reset();
    this.#usesTopicIds = usesTopicIds;
    const before = this.#epoch === EPOCH_INITIAL ? new Map<string, FetchTarget>() : this.#known;
    this.#known = byName;
    return {
      sessionId: this.#sessionId,
      sessionEpoch: this.#epoch,
      send: wanted.filter((target) => hasChanged(before.get(nameOf(target)), target)),
      forget: [...before.values()].filter((target) => !byName.has(nameOf(target))),
      usesTopicIds,
    };
  }

  /** The broker answered without an error. @param sessionId 0 when it keeps no session */
  accepted(sessionId: number): void {
    this.#sessionId = sessionId;
    if (sessionId === NO_SESSION) this.#epoch = EPOCH_INITIAL;
    else this.#epoch = this.#epoch === EPOCH_MAX ? 1 : this.#epoch + 1;
  }

  /** The next request starts anew, and ends the session that there was. */
  reset(): void {
    this.#epoch = EPOCH_INITIAL;
    this.#known = new Map();
  }

  /** The broker does not know the session any more. */
  forgotten(): void {
    this.#sessionId = NO_SESSION;
    this.reset();
  }
}

function hasChanged(before: FetchTarget | undefined, target: FetchTarget): boolean {
  return (
    before === undefined ||
    before.fetchOffset !== target.fetchOffset ||
    before.currentLeaderEpoch !== target.currentLeaderEpoch
  );
}

function nameOf({ topic, partition }: ForgottenTarget): string {
  return `${topic}-${partition}`;
}
