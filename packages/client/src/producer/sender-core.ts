// When each batch is sent, sent again, split or given up: a machine without I/O. Events go in with the time; `drain` says
// what is to be sent now, what is missing, and when to look again; `takeOutcomes` which batches are done.
//
// The order of a partition's records is kept by two rules. Batches start in the order of their records, and while any of
// them has to be sent again, only the first pending one may be. And a batch starts where those before it went: a new leader
// that has none of them would take the later ones for a beginning. Kafka: Sender, RecordAccumulator.drain.
import { ErrorCode } from '@ottla/protocol';
import { BrokerError, isRetriable, type KafkaError, TimeoutError } from '../errors.ts';
import { type BatchRequest, Drain, type Drained, type Leader } from './drain.ts';
import { type HeldPartition, heldPartition } from './held-partition.ts';
import { Idempotence, type ProducerId } from './idempotence.ts';
import { type BatchAnswer, errorsOf, isSuccess, leftOut, type Outcome } from './outcome.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { ProducerBatch } from './producer-batch.ts';

export interface SenderCoreOptions {
  readonly idempotent: boolean;
  /** Requests under way to one broker. */
  readonly inFlightRequestsMax: number;
  readonly maxRequestBytes: number;
  readonly lingerMs: number;
  /** Milliseconds before attempt number `attempt` (1 for the first retry). */
  backoffMs(attempt: number): number;
}

/** What the broker remembers of a producer in a partition, so that it knows a duplicate. */
const PENDING_BATCHES_MAX = 5;

export class SenderCore {
  readonly #options: SenderCoreOptions;
  readonly #idempotence = new Idempotence();
  readonly #active = new Set<PartitionQueue>();
  readonly #requestsInFlight = new Map<number, number>();
  readonly #throttledUntilMs = new Map<number, number>();
  readonly #pendingMax: number;
  #outcomes: Outcome[] = [];
  #identity: 'none' | 'asked' | 'waits' = 'none';
  #askAgainAtMs = 0;
  #identityAttempts = 0;
  #identityFailure: KafkaError | undefined;
  #isHurried = false;

  constructor(options: SenderCoreOptions) {
    this.#options = options;
    this.#pendingMax = options.idempotent ? PENDING_BATCHES_MAX : 1;
  }

  /** Partitions with batches. */
  get activeCount(): number {
    return this.#active.size;
  }

  /** Partitions whose records are not acknowledged yet. */
  held(nowMs: number, leaderOf: (queue: PartitionQueue) => Leader): HeldPartition[] {
    return [...this.#active]
      .filter((queue) => !queue.isEmpty)
      .map((queue) => heldPartition(queue, nowMs, leaderOf(queue), this.#identityFailure));
  }

  /** While true no batch lingers: somebody waits for a flush or for memory. */
  set isHurried(isHurried: boolean) {
    this.#isHurried = isHurried;
  }

  /** The partition has a new batch in `waiting`. */
  activate(queue: PartitionQueue): void {
    this.#active.add(queue);
  }

  /** Batches that were done since the last call. */
  takeOutcomes(): Outcome[] {
    const outcomes = this.#outcomes;
    if (outcomes.length > 0) this.#outcomes = [];
    return outcomes;
  }

  /** What can be sent now; it counts as sent. One batch of each partition: call it again until nothing comes. */
  drain(nowMs: number, leaderOf: (queue: PartitionQueue) => Leader): Drained {
    const drain = new Drain(nowMs);
    for (const queue of this.#active) {
      this.#expire(queue, nowMs);
      if (queue.isEmpty) this.#active.delete(queue);
    }
    this.#idempotence.settle();
    for (const queue of this.#active) this.#drainQueue(queue, leaderOf, drain);
    return {
      requests: this.#toRequests(drain),
      needsProducerId: drain.wantsProducerId && this.#shouldAskForId(drain),
      leaderless: drain.leaderless,
      wakeAtMs: drain.wakeAtMs,
    };
  }

  /** @param answerOf the batch's answer; undefined when the broker left it out */
  answered(
    request: BatchRequest,
    answerOf: (batch: ProducerBatch) => BatchAnswer | undefined,
    nowMs: number,
  ): void {
    this.#release(request);
    for (const batch of request.batches) {
      if (batch.phase !== 'inFlight') continue;
      const answer = answerOf(batch);
      if (answer === undefined) this.#failed(batch, leftOut(batch), undefined, nowMs);
      else if (isSuccess(answer.errorCode)) this.#delivered(batch, answer, nowMs);
      else if (answer.errorCode === ErrorCode.MESSAGE_TOO_LARGE && batch.recordCount > 1)
        this.#split(batch);
      else this.#refused(batch, answer, nowMs);
    }
  }

  /** No answer came; whether the batches were written is not known. */
  unanswered(request: BatchRequest, error: KafkaError, nowMs: number): void {
    this.#release(request);
    for (const batch of request.batches)
      if (batch.phase === 'inFlight') this.#failed(batch, error, undefined, nowMs);
  }

  /** The broker wants a rest. */
  throttled(nodeId: number, untilMs: number): void {
    this.#throttledUntilMs.set(nodeId, untilMs);
  }

  producerIdArrived(producer: ProducerId): void {
    this.#identity = 'none';
    this.#identityAttempts = 0;
    this.#identityFailure = undefined;
    this.#idempotence.assign(producer);
  }

  /** A retriable error is tried again later; another one fails what waits for the id. */
  producerIdFailed(error: KafkaError, nowMs: number): void {
    this.#identity = 'waits';
    this.#identityAttempts += 1;
    this.#identityFailure = error;
    this.#askAgainAtMs = nowMs + this.#options.backoffMs(this.#identityAttempts);
    if (isRetriable(error)) return;
    this.#identity = 'none';
    for (const queue of this.#active)
      for (const batch of queue.waiting.slice()) this.#giveUp(batch, () => error);
  }

  /** Gives up everything. */
  abort(error: KafkaError): void {
    for (const queue of this.#active)
      for (const batch of [...queue.pending, ...queue.waiting]) this.#giveUp(batch, () => error);
    this.#active.clear();
  }

  #expire(queue: PartitionQueue, nowMs: number): void {
    for (const list of [queue.pending, queue.waiting])
      for (let batch = list[0]; batch !== undefined && batch.deadlineMs <= nowMs; batch = list[0])
        this.#abandon(batch, batch.failure);
  }

  #drainQueue(
    queue: PartitionQueue,
    leaderOf: (queue: PartitionQueue) => Leader,
    drain: Drain,
  ): void {
    const first = queue.pending[0] ?? queue.waiting[0]!;
    drain.wakeBy(first.deadlineMs);
    const batch = this.#next(queue, drain);
    if (batch === undefined) return;
    const leader = leaderOf(queue);
    if (leader.leaderId < 0) {
      drain.leaderless.add(queue.topic);
      return;
    }
    // Answers that are awaited from a former leader come, or are given up; either lets the queue be looked at again.
    if (isNew(batch) && queue.pending.some(({ leaderEpoch }) => leaderEpoch !== leader.leaderEpoch))
      return;
    // A retry waits, unless it is known that another broker leads now.
    const isMoved = leader.leaderEpoch > batch.leaderEpoch && batch.leaderEpoch >= 0;
    if (batch.retryAtMs > drain.nowMs && !isMoved) {
      drain.wakeBy(batch.retryAtMs);
      return;
    }
    const throttledUntilMs = this.#throttledUntilMs.get(leader.leaderId) ?? 0;
    if (throttledUntilMs > drain.nowMs) drain.wakeBy(throttledUntilMs);
    else drain.add(leader, batch);
  }

  /** The batch of the partition whose turn it is, if any. */
  #next(queue: PartitionQueue, drain: Drain): ProducerBatch | undefined {
    const { pending, waiting } = queue;
    const first = pending[0];
    if (first?.phase === 'retrying') return first;
    // Not the number of pending batches counts: behind one whose answer is lost, others may be acknowledged.
    if (first !== undefined && queue.startedCount - first.ordinal >= this.#pendingMax)
      return undefined;
    if (pending.some(({ phase }) => phase === 'retrying')) return undefined;
    const batch = waiting[0];
    if (batch === undefined) return undefined;
    const lingersUntilMs = batch.createdMs + this.#options.lingerMs;
    const isReady =
      waiting.length > 1 ||
      this.#isHurried ||
      batch.phase !== 'filling' ||
      lingersUntilMs <= drain.nowMs ||
      batch.isFull;
    if (!isReady) {
      drain.wakeBy(lingersUntilMs);
      return undefined;
    }
    if (this.#options.idempotent && !this.#idempotence.mayStart(queue)) {
      if (this.#idempotence.producer === undefined) drain.wantsProducerId = true;
      return undefined;
    }
    return batch;
  }

  /** Requests of at most the size and number allowed; what finds no place waits for an answer. */
  #toRequests(drain: Drain): BatchRequest[] {
    const requests: BatchRequest[] = [];
    for (const [nodeId, candidates] of drain.byNode) {
      let from = 0;
      let underWay = this.#requestsInFlight.get(nodeId) ?? 0;
      while (from < candidates.length && underWay < this.#options.inFlightRequestsMax) {
        const batches: ProducerBatch[] = [];
        let bytes = 0;
        for (; from < candidates.length; from += 1) {
          const { batch, leaderEpoch } = candidates[from]!;
          bytes += batch.estimatedBytes;
          if (batches.length > 0 && bytes > this.#options.maxRequestBytes) break;
          this.#start(batch, leaderEpoch);
          batches.push(batch);
        }
        requests.push({ nodeId, batches });
        underWay += 1;
      }
      this.#requestsInFlight.set(nodeId, underWay);
    }
    return requests;
  }

  #start(batch: ProducerBatch, leaderEpoch: number): void {
    const { queue } = batch;
    if (isNew(batch)) {
      if (this.#options.idempotent) this.#idempotence.start(batch);
      batch.ordinal = queue.startedCount;
      queue.startedCount += 1;
      queue.waiting.shift();
      queue.pending.push(batch);
    }
    batch.phase = 'inFlight';
    batch.leaderEpoch = leaderEpoch;
    // To the end of the line: when requests are few, partitions take turns.
    this.#active.delete(queue);
    this.#active.add(queue);
  }

  #shouldAskForId(drain: Drain): boolean {
    if (this.#identity === 'asked') return false;
    if (this.#identity === 'waits' && this.#askAgainAtMs > drain.nowMs) {
      drain.wakeBy(this.#askAgainAtMs);
      return false;
    }
    this.#identity = 'asked';
    return true;
  }

  #release({ nodeId }: BatchRequest): void {
    this.#requestsInFlight.set(nodeId, (this.#requestsInFlight.get(nodeId) ?? 1) - 1);
  }

  #delivered(
    batch: ProducerBatch,
    { baseOffset, logAppendTimeMs }: BatchAnswer,
    nowMs: number,
  ): void {
    batch.queue.advancedMs = nowMs;
    if (batch.sequence !== undefined)
      this.#idempotence.acknowledged(
        batch,
        baseOffset < 0 ? -1 : baseOffset + batch.recordCount - 1,
      );
    this.#finish(batch);
    this.#outcomes.push({ kind: 'delivered', batch, baseOffset, logAppendTimeMs });
  }

  #split(batch: ProducerBatch): void {
    const parts = batch.split(Math.floor(batch.uncompressedBytes / 2));
    const { pending } = batch.queue;
    pending.splice(pending.indexOf(batch), 1, ...parts);
    this.#outcomes.push({ kind: 'split', parts });
  }

  #refused(batch: ProducerBatch, answer: BatchAnswer, nowMs: number): void {
    const { topic, partition } = batch.queue;
    const error = new BrokerError(answer.errorCode, answer.errorMessage, { topic, partition });
    this.#failed(batch, error, answer, nowMs);
  }

  #failed(
    batch: ProducerBatch,
    error: KafkaError,
    answer: BatchAnswer | undefined,
    nowMs: number,
  ): void {
    const hasSequence = batch.sequence !== undefined;
    const wantsRetry =
      (hasSequence && answer !== undefined && this.#idempotence.wantsRetry(batch, answer)) ||
      isRetriable(error);
    if (wantsRetry && nowMs < batch.deadlineMs) {
      batch.attempts += 1;
      batch.failure = error;
      batch.retryAtMs = nowMs + this.#options.backoffMs(batch.attempts);
      batch.phase = 'retrying';
    } else if (wantsRetry) this.#abandon(batch, error);
    else {
      if (hasSequence) this.#idempotence.refused(batch);
      this.#giveUp(batch, errorsOf(batch, error, answer));
    }
  }

  /** Its time is over. */
  #abandon(batch: ProducerBatch, cause: KafkaError | undefined): void {
    this.#idempotence.abandoned(batch);
    const { topic, partition } = batch.queue;
    const why = cause === undefined ? '' : `: ${cause.message}`;
    const error = new TimeoutError(
      'DELIVERY_TIMED_OUT',
      `a record for ${topic}-${partition} was not acknowledged within the delivery timeout${why}`,
      { topic, partition, cause },
    );
    this.#giveUp(batch, () => error);
  }

  #giveUp(batch: ProducerBatch, errorOf: (index: number) => KafkaError): void {
    this.#finish(batch);
    this.#outcomes.push({ kind: 'failed', batch, errorOf });
  }

  #finish(batch: ProducerBatch): void {
    batch.phase = 'done';
    batch.queue.remove(batch);
  }
}

/** Whether it was never sent. */
function isNew({ phase }: ProducerBatch): boolean {
  return phase === 'filling' || phase === 'queued';
}
