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

/** Where a partition's log begins and ends, as an answer says. */
export interface LogMarks {
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
}

type PartitionName = Pick<FetchTarget, 'topic' | 'partition'>;

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
  /** What the broker said last of each of them; it speaks again only of what changes. */
  readonly #marks = new Map<string, LogMarks>();

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
    const forget = [...before.values()].filter((target) => !byName.has(nameOf(target)));
    for (const target of forget) this.#marks.delete(nameOf(target));
    this.#known = byName;
    return {
      sessionId: this.#sessionId,
      sessionEpoch: this.#epoch,
      send: wanted.filter((target) => hasChanged(before.get(nameOf(target)), target)),
      forget,
      usesTopicIds,
    };
  }

  /** The broker answered without an error. @param sessionId 0 when it keeps no session */
  accepted(sessionId: number): void {
    this.#sessionId = sessionId;
    if (sessionId === NO_SESSION) this.#epoch = EPOCH_INITIAL;
    else this.#epoch = this.#epoch === EPOCH_MAX ? 1 : this.#epoch + 1;
  }

  /** The broker spoke of a partition. */
  remember(target: PartitionName, marks: LogMarks): void {
    const { highWatermark, lastStableOffset, logStartOffset } = marks;
    this.#marks.set(nameOf(target), { highWatermark, lastStableOffset, logStartOffset });
  }

  /** What the broker said last of a partition of this session: still true, when its answer leaves it out. */
  marksOf(target: PartitionName): LogMarks | undefined {
    return this.#marks.get(nameOf(target));
  }

  /** The next request starts anew, and ends the session that there was. */
  reset(): void {
    this.#epoch = EPOCH_INITIAL;
    this.#known = new Map();
    this.#marks.clear();
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

function nameOf({ topic, partition }: PartitionName): string {
  return `${topic}-${partition}`;
}
