// The consumer's part in a rebalance: what to do before partitions go to others, and when new ones come.
import type { Logger, Platform } from '@ottla/platform';
import { isRetriable } from '../errors.ts';
import type { TopicPartition } from '../group/consumer-protocol.ts';
import type { MemberHost } from '../group/group-member.ts';
import type { AssignedPartitions } from './assigned-partitions.ts';
import type { RebalanceListener } from './consumer-options.ts';
import type { OffsetCommits } from './offset-commits.ts';
import type { PartitionReader } from './partition-reader.ts';
import type { Positions } from './positions.ts';
import type { RecordSource } from './record-source.ts';

/** How long a rebalance waits until it is known where to begin: a partition without a leader must not hold up the others. */
const LOOK_UP_MS_MAX = 5_000;
/** How long a commit before a hand-over may take. */
export const HAND_OVER_COMMIT_MS = 5_000;

export interface RebalanceParts {
  readonly partitions: AssignedPartitions;
  readonly source: RecordSource;
  readonly positions: Positions;
  readonly commits: OffsetCommits | undefined;
  readonly autoCommit: boolean;
  readonly platform: Platform;
  readonly logger: Logger;
  /** Fetches what can be fetched. */
  readonly fetch: () => void;
  /** Whether a pattern takes the topic. */
  readonly wants: (topic: string) => boolean;
}

export class Rebalances implements MemberHost {
  readonly #parts: RebalanceParts;
  readonly #closing: PromiseWithResolvers<void> = Promise.withResolvers();
  #isClosed = false;
  listener: RebalanceListener = {};

  constructor(parts: RebalanceParts) {
    this.#parts = parts;
  }

  waitForUser(): Promise<void> {
    return this.#parts.source.turn.hold();
  }

  releaseUser(): void {
    this.#parts.source.turn.release();
  }

  async giveUp(partitions: readonly TopicPartition[], isLost: boolean): Promise<void> {
    const { commits, autoCommit } = this.#parts;
    if (!isLost && autoCommit) await commits?.commitProcessed(HAND_OVER_COMMIT_MS);
    const { onRevoked, onLost = onRevoked } = this.listener;
    if (partitions.length > 0)
      await this.#tell(() => (isLost ? onLost : onRevoked)?.call(this.listener, partitions));
    this.#parts.partitions.remove(partitions);
    commits?.forget(partitions);
  }

  async adopt(added: readonly TopicPartition[]): Promise<void> {
    const { positions, platform } = this.#parts;
    const readers = this.#parts.partitions.add(added);
    const waiting = new AbortController();
    // Also a consumer that closes does not wait for offsets that it will not use.
    const enough = Promise.race([
      this.#closing.promise,
      platform.timers.sleep(LOOK_UP_MS_MAX, waiting.signal).catch(() => undefined),
    ]);
    const found = this.#tell(() => this.#find(readers));
    await Promise.race([found, enough]);
    if (!this.#isClosed) {
      await this.#tell(() => this.listener.onAssigned?.(added));
      // The listener may have sought.
      const known = found.then(() => this.#tell(() => positions.requireKnown(readers)));
      await Promise.race([known, enough]);
      this.#parts.fetch();
    }
    waiting.abort();
  }

  /** Sets the positions that are not known yet. */
  async lookUp(readers: readonly PartitionReader[]): Promise<void> {
    const committed = await this.#parts.positions.lookUp(readers, () => this.#parts.fetch());
    this.#parts.commits?.note(committed);
  }

  /** As `lookUp`, for as long as it takes: what a cluster cannot tell now it can tell later. */
  async #find(readers: readonly PartitionReader[]): Promise<void> {
    for (let left = readers; left.length > 0; left = left.filter(({ isGone }) => !isGone))
      try {
        return await this.lookUp(left);
      } catch (error) {
        if (this.#isClosed || !isRetriable(error)) throw error;
        this.#parts.logger.warn('it is not known where to begin to read, and is looked up again', {
          error: String(error),
        });
      }
  }

  wants(topic: string): boolean {
    return this.#parts.wants(topic);
  }

  onError(error: unknown): void {
    this.#parts.source.failForGood(error);
  }

  /** Nothing that comes from now on is read. */
  close(): void {
    this.#isClosed = true;
    this.#closing.resolve();
  }

  /** An error of the listener's, or of what is done for it, comes out where the user asks for records. */
  async #tell(call: () => void | Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.#parts.source.fail(error);
    }
  }
}
