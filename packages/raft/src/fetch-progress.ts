// How far each replica is, as the leader of an epoch knows from its fetches: what is committed, whether a majority still
// listens, who follows well. Kafka: LeaderState.ReplicaState.
import type { FetchMessage } from './messages.ts';
import type { ReplicaKey, VoterSet } from './replica.ts';

/** An observer that was silent for so long is forgotten. */
const OBSERVER_SESSION_MS = 300_000;
/** Who is to vote has fetched within so long; an observer that lives does so twice a second. */
const READY_WITHIN_MS = 10_000;
/** Observers that are remembered at most; the one that was silent longest goes. */
const OBSERVERS_MAX = 10_000;

/** How far one replica is. */
export interface ReplicaProgress {
  readonly key: ReplicaKey;
  /** Exclusive; −1 before the first fetch. */
  readonly endOffset: number;
  /** Monotonic milliseconds. */
  readonly lastFetchMs: number;
  /**
   * Monotonic milliseconds of the last fetch that does not say that an answer was lost: not one from the same place as the
   * one before, to which there was something to answer.
   */
  readonly heardMs: number;
  /** Monotonic milliseconds of the last fetch at the leader's end; −1 never. */
  readonly lastCaughtUpMs: number;
  /** The leader's end at the last fetch, for lastCaughtUpMs. */
  readonly leaderEndAtFetch: number;
}

/** A voter whose directory is not known is one replica whatever directory its fetches name. */
function slotOf(key: ReplicaKey, voters: VoterSet): string {
  const { id, directoryId } = voters.has(key) ? voters.get(key.id)! : key;
  return `${id}:${directoryId}`;
}

export class FetchProgress {
  readonly #replicas = new Map<string, ReplicaProgress>();

  of(key: ReplicaKey, voters: VoterSet): ReplicaProgress | undefined {
    return this.#replicas.get(slotOf(key, voters));
  }

  /** A replica has everything below `fetchOffset`; `leaderEnd` is the end of the leader's log. */
  note(message: FetchMessage, voters: VoterSet, leaderEnd: number, nowMs: number): void {
    const slot = slotOf(message.from, voters);
    const before = this.#replicas.get(slot);
    const wasCaughtUp =
      before !== undefined &&
      before.leaderEndAtFetch >= 0 &&
      message.fetchOffset >= before.leaderEndAtFetch;
    const caughtUpMs =
      message.fetchOffset >= leaderEnd
        ? nowMs
        : wasCaughtUp
          ? before.lastFetchMs
          : (before?.lastCaughtUpMs ?? -1);
    const isRepeated =
      before !== undefined &&
      before.leaderEndAtFetch > before.endOffset &&
      message.fetchOffset === before.endOffset;
    this.#replicas.delete(slot);
    this.#replicas.set(slot, {
      key: message.from,
      endOffset: message.fetchOffset,
      lastFetchMs: nowMs,
      heardMs: isRepeated ? before.heardMs : nowMs,
      lastCaughtUpMs: Math.max(caughtUpMs, before?.lastCaughtUpMs ?? -1),
      leaderEndAtFetch: leaderEnd,
    });
    this.#forget(voters, nowMs);
  }

  /** A replica that has fetched before fetches a snapshot: it is there, but not further. */
  noteSnapshot(key: ReplicaKey, voters: VoterSet, nowMs: number): void {
    const slot = slotOf(key, voters);
    const before = this.#replicas.get(slot);
    if (before !== undefined)
      this.#replicas.set(slot, { ...before, lastFetchMs: nowMs, heardMs: nowMs });
  }

  /** The leader's own log is durable up to `endOffset` (exclusive). */
  noteOwn(self: ReplicaKey, voters: VoterSet, endOffset: number, nowMs: number): void {
    const slot = slotOf(self, voters);
    this.#replicas.delete(slot);
    this.#replicas.set(slot, {
      key: self,
      endOffset,
      lastFetchMs: nowMs,
      heardMs: nowMs,
      lastCaughtUpMs: nowMs,
      leaderEndAtFetch: endOffset,
    });
  }

  /** Map order is the order of the last fetches: who was silent longest comes first. */
  #forget(voters: VoterSet, nowMs: number): void {
    for (const [slot, { key, lastFetchMs }] of this.#replicas) {
      const isSilent = nowMs - lastFetchMs >= OBSERVER_SESSION_MS;
      if (!isSilent && this.#replicas.size <= OBSERVERS_MAX) return;
      if (!voters.has(key)) this.#replicas.delete(slot);
      else if (isSilent) continue;
      else return;
    }
  }

  /** Replicas that fetched lately and do not vote. */
  observers(voters: VoterSet, nowMs: number): ReplicaProgress[] {
    return [...this.#replicas.values()].filter(
      ({ key, lastFetchMs }) => !voters.has(key) && nowMs - lastFetchMs < OBSERVER_SESSION_MS,
    );
  }

  /**
   * Whether a replica could vote at once: it was at the leader's end, was heard of just now, and its node has not been heard of with
   * another directory since. Kafka's leaders are content with a fetch in the last hour, and then count on a disk that was replaced.
   */
  isReady(key: ReplicaKey, voters: VoterSet, nowMs: number): boolean {
    const found = this.of(key, voters);
    if (found === undefined || found.lastCaughtUpMs < 0) return false;
    const isReplaced = [...this.#replicas.values()].some(
      (other) => other.key.id === key.id && other.lastFetchMs > found.lastFetchMs,
    );
    return !isReplaced && nowMs - found.lastFetchMs < READY_WITHIN_MS;
  }

  /** End offset of each voter; −1 where it is not known. */
  endOffsets(voters: VoterSet): number[] {
    return voters.voters.map((voter) => this.of(voter, voters)?.endOffset ?? -1);
  }

  /** Voters but this one, the one that is furthest first. */
  successors(self: ReplicaKey, voters: VoterSet): ReplicaKey[] {
    const end = (key: ReplicaKey): number => this.of(key, voters)?.endOffset ?? -1;
    return voters.voters
      .filter((voter) => voter.id !== self.id)
      .toSorted((a, b) => end(b) - end(a));
  }

  /**
   * Monotonic milliseconds at which a majority had fetched for the last time, hearing the answers; Infinity when the leader is
   * one, −1 never. Who is heard and does not hear cannot follow: a leader that counted it would stay, and commit nothing.
   */
  majorityHeardMs(self: ReplicaKey, voters: VoterSet): number {
    const fetches = voters.voters
      .filter((voter) => !voters.has(self) || voter.id !== self.id)
      .map((voter) => this.of(voter, voters)?.heardMs ?? -1)
      .sort((a, b) => b - a);
    // A leader that is a voter hears itself; one that is about to be removed needs a majority of the others.
    const needed = voters.majority - (voters.has(self) ? 1 : 0);
    return needed === 0 ? Infinity : fetches[needed - 1]!;
  }
}
