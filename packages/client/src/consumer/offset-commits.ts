// Commits of a consumer: what the user asks for, and by itself what has been processed. Kafka: ConsumerCoordinator.
import type { Timer } from '@ottla/platform';
import { ZERO_UUID } from '@ottla/protocol';
import { offsetCommitRequest, offsetCommitResponse } from '@ottla/protocol/messages/offset-commit';
import type { Cluster } from '../connection/cluster.ts';
import { BrokerError, isRetriable, throwOnError, TimeoutError } from '../errors.ts';
import type { MemberGeneration } from '../group/membership-types.ts';
import { backoffMs, withRetries } from '../retry.ts';
import { byTopic } from './by-topic.ts';
import type { OffsetAndMetadata } from './consumer-options.ts';

const COMMIT = { request: offsetCommitRequest, response: offsetCommitResponse };
/** The newest version names topics by id, which this client does not use here. */
export const OFFSET_COMMIT_MAX_VERSION = 9;

export interface OffsetCommitsHost {
  /** Who commits; −1 and empty without a membership. */
  generation(): MemberGeneration;
  /** Tells, whenever it is asked, whether all of them have been this consumer's ever since. */
  holding(offsets: readonly OffsetAndMetadata[]): () => boolean;
  /** The coordinator does not accept commits of this generation. */
  onRefused(of: MemberGeneration, error: unknown): void;
  /** What is processed. */
  processed(): OffsetAndMetadata[];
}

/** In whose name something is to be committed. */
interface Claim {
  /** This consumer's when it was asked for. */
  readonly generation: MemberGeneration;
  /** Whether the partitions have been this consumer's ever since. */
  readonly isHeld: () => boolean;
}

/**
 * Commits for one group, one after the other: an attempt that is made again must not undo what this consumer has committed
 * since, nor what another member has that had the partition in between.
 */
export class OffsetCommits {
  readonly #cluster: Cluster;
  readonly #groupId: string;
  readonly #groupInstanceId: string | null;
  readonly #host: OffsetCommitsHost;
  /** By `topic-partition`: what the group is known to have. */
  readonly #committed = new Map<string, number>();
  /** Ends with the newest commit that was asked for; never fails. */
  #last: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;

  constructor(
    cluster: Cluster,
    groupId: string,
    groupInstanceId: string | null,
    host: OffsetCommitsHost,
  ) {
    this.#cluster = cluster;
    this.#groupId = groupId;
    this.#groupInstanceId = groupInstanceId;
    this.#host = host;
  }

  /**
   * Commits, and tries again while the group rebalances and the partitions stay this consumer's.
   * @throws BrokerError `ILLEGAL_GENERATION`, `UNKNOWN_MEMBER_ID`, `REBALANCE_IN_PROGRESS` …: they belong to others now
   */
  async commit(offsets: readonly OffsetAndMetadata[]): Promise<void> {
    if (offsets.length === 0) return;
    const { options } = this.#cluster;
    const { clock, timers } = options.platform;
    const deadlineMs = clock.monotonicMs() + options.defaultApiTimeoutMs;
    const claim = this.#claim(offsets);
    await this.#inTurn(async () => {
      for (let count = 1; ; count += 1) {
        try {
          await this.#retrying(deadlineMs, offsets, claim);
          return;
        } catch (error) {
          const isRebalance =
            error instanceof BrokerError && error.code === 'REBALANCE_IN_PROGRESS';
          const waitMs = backoffMs(options, Math.min(count, 10));
          if (!isRebalance || clock.monotonicMs() + waitMs > deadlineMs) throw error;
          await timers.sleep(waitMs, this.#cluster.closing);
          if (!claim.isHeld()) throw error;
        }
      }
    });
  }

  /** Commits what is processed and not committed; problems are logged. @param timeoutMs no longer than that */
  async commitProcessed(timeoutMs: number): Promise<void> {
    const deadlineMs = this.#cluster.options.platform.clock.monotonicMs() + timeoutMs;
    const commit = this.#inTurn(async () => {
      const offsets = this.#host
        .processed()
        .filter((each) => this.#committed.get(nameOf(each)) !== each.offset);
      if (offsets.length > 0) await this.#retrying(deadlineMs, offsets, this.#claim(offsets));
    });
    try {
      await this.#within(timeoutMs, commit);
    } catch (error) {
      this.#cluster.options.logger.warn('offsets could not be committed automatically', {
        group: this.#groupId,
        error: String(error),
      });
    }
  }

  /** Commits what is processed, every so often. */
  start(intervalMs: number): void {
    this.stop();
    const next = (): void => {
      this.#timer = this.#cluster.options.platform.timers.set(intervalMs, () => {
        const before = this.#timer;
        void this.commitProcessed(intervalMs).finally(() => {
          if (this.#timer === before) next();
        });
      });
    };
    next();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** What the group has, as just read. */
  note(offsets: readonly OffsetAndMetadata[]): void {
    for (const each of offsets) this.#committed.set(nameOf(each), each.offset);
  }

  /** What others may commit from now on. */
  forget(partitions: readonly { readonly topic: string; readonly partition: number }[]): void {
    for (const each of partitions) this.#committed.delete(nameOf(each));
  }

  /** A commit whose answer does not come must not hold up a rebalance or `close`. */
  async #within(timeoutMs: number, commit: Promise<void>): Promise<void> {
    const settled = new AbortController();
    const { timers } = this.#cluster.options.platform;
    const late = timers.sleep(timeoutMs, settled.signal).then(() => {
      throw new TimeoutError('REQUEST_TIMED_OUT', `no answer within ${timeoutMs} ms`);
    });
    try {
      await Promise.race([commit, late]);
    } finally {
      settled.abort();
    }
  }

  /** Does it when everything that was asked for before has ended. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const before = this.#last;
    const ended = Promise.withResolvers<void>();
    this.#last = ended.promise;
    try {
      await before;
      await work();
    } finally {
      ended.resolve();
    }
  }

  #claim(offsets: readonly OffsetAndMetadata[]): Claim {
    return { generation: this.#host.generation(), isHeld: this.#host.holding(offsets) };
  }

  async #retrying(
    deadlineMs: number,
    offsets: readonly OffsetAndMetadata[],
    { generation: first, isHeld }: Claim,
  ): Promise<void> {
    const { options, closing } = this.#cluster;
    const what = `committing offsets of group ${this.#groupId}`;
    const leftMs = deadlineMs - options.platform.clock.monotonicMs();
    if (leftMs <= 0)
      throw new TimeoutError('REQUEST_TIMED_OUT', `${what} had to wait for earlier commits`);
    await withRetries(
      options,
      what,
      leftMs,
      () => {
        // The coordinator refuses who belongs to an older generation; whether a newer one may say this, only the consumer knows.
        const generation = this.#host.generation();
        const isAsBefore = generation.generationId === first.generationId || isHeld();
        return this.#commitOnce(isAsBefore ? generation : first, offsets);
      },
      closing,
    );
  }

  async #commitOnce(
    generation: MemberGeneration,
    offsets: readonly OffsetAndMetadata[],
  ): Promise<void> {
    try {
      const connection = await this.#cluster.coordinator(this.#groupId);
      const response = await connection.send(COMMIT, this.#encode(generation, offsets), {
        maxVersion: OFFSET_COMMIT_MAX_VERSION,
      });
      for (const { name: topic, partitions } of response.topics)
        for (const { partitionIndex: partition, errorCode } of partitions)
          throwOnError(errorCode, undefined, { topic, partition, group: this.#groupId });
    } catch (error) {
      if (isRetriable(error)) this.#cluster.forgetCoordinator(this.#groupId);
      else this.#host.onRefused(generation, error);
      throw error;
    }
    this.note(offsets);
  }

  #encode(generation: MemberGeneration, offsets: readonly OffsetAndMetadata[]) {
    return offsetCommitRequest.create({
      groupId: this.#groupId,
      generationIdOrMemberEpoch: generation.generationId,
      memberId: generation.memberId,
      groupInstanceId: this.#groupInstanceId,
      topics: byTopic(offsets).map(([name, items]) => ({
        name,
        topicId: ZERO_UUID,
        partitions: items.map(({ partition, offset, metadata, leaderEpoch }) => ({
          partitionIndex: partition,
          committedOffset: offset,
          committedLeaderEpoch: leaderEpoch ?? -1,
          committedMetadata: metadata ?? '',
        })),
      })),
    });
  }
}

function nameOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}-${partition}`;
}
