// Which partition is fetched from whom: one fetcher for each leader broker that this broker follows somewhere.
// Kafka: ReplicaFetcherManager. `num.replica.fetchers` has no effect: the answers of one connection keep one event loop busy.
import type { Partition } from './partition.ts';
import { ReplicaFetcher, type ReplicaFetcherOptions } from './replica-fetcher.ts';
import type { FollowerFetchers } from './replicas.ts';

interface Assignment {
  readonly fetcher: ReplicaFetcher;
  readonly leader: number;
  readonly leaderEpoch: number;
}

/** All fetchers of a broker. */
export class ReplicaFetchers implements FollowerFetchers {
  readonly #options: Omit<ReplicaFetcherOptions, 'leaderId'>;
  readonly #fetchers = new Map<number, ReplicaFetcher>();
  readonly #assignments = new Map<Partition, Assignment>();
  readonly #closing = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: Omit<ReplicaFetcherOptions, 'leaderId'>) {
    this.#options = options;
  }

  /** Leaders that are fetched from. */
  get size(): number {
    return this.#fetchers.size;
  }

  /** Most offsets that a partition lacks of what its leader has committed. */
  get lagMax(): number {
    return Math.max(0, ...[...this.#fetchers.values()].map(({ lagMax }) => lagMax));
  }

  assign(partition: Partition): void {
    const wanted = this.#isClosed ? undefined : partition.following;
    const present = this.#assignments.get(partition);
    const isSame =
      present?.leader === wanted?.leader && present?.leaderEpoch === wanted?.leaderEpoch;
    if (isSame) return;
    present?.fetcher.remove(partition);
    this.#assignments.delete(partition);
    if (wanted !== undefined) {
      const { leader, leaderEpoch } = wanted;
      const fetcher = this.#fetcherOf(leader);
      this.#assignments.set(partition, { fetcher, leader, leaderEpoch });
      fetcher.add(partition, leaderEpoch);
    }
    if (present !== undefined && present.leader !== wanted?.leader) this.#endIdle(present.leader);
  }

  /** Fetches nothing any more; resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#assignments.clear();
    const fetchers = [...this.#fetchers.values()];
    this.#fetchers.clear();
    await Promise.all([...fetchers.map((fetcher) => fetcher.close()), ...this.#closing]);
  }

  #fetcherOf(leaderId: number): ReplicaFetcher {
    let fetcher = this.#fetchers.get(leaderId);
    if (fetcher === undefined) {
      fetcher = new ReplicaFetcher({ ...this.#options, leaderId });
      this.#fetchers.set(leaderId, fetcher);
    }
    return fetcher;
  }

  /** Nothing is followed there any more. */
  #endIdle(leaderId: number): void {
    for (const { leader } of this.#assignments.values()) if (leader === leaderId) return;
    const fetcher = this.#fetchers.get(leaderId);
    if (fetcher === undefined) return;
    this.#fetchers.delete(leaderId);
    const closing = fetcher.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
