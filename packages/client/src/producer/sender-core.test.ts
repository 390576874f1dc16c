// The sender's rules on a bench: no network, no clock. A tiny broker says what Kafka's would to each batch.
import { ErrorCode } from '@ottla/protocol';
import { Compression, readBatchHeader } from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { ConnectionError } from '../errors.ts';
import type { BatchRequest } from './drain.ts';
import type { BatchAnswer, Outcome } from './outcome.ts';
import { PartitionQueue } from './partition-queue.ts';
import { ProducerBatch } from './producer-batch.ts';
import { SenderCore, type SenderCoreOptions } from './sender-core.ts';

const FORMAT = { compression: Compression.none, level: undefined, batchSizeBytes: 10_000 };
const DELIVERY_TIMEOUT_MS = 1_000;
const RETRY_MS = 10;
const lost = new ConnectionError('ECONNRESET', 'cut');

function answer(errorCode: number, fields: Partial<BatchAnswer> = {}): BatchAnswer {
  return {
    errorCode,
    errorMessage: null,
    baseOffset: errorCode === 0 ? 0 : -1,
    logAppendTimeMs: -1,
    logStartOffset: 0,
    recordErrors: [],
    ...fields,
  };
}

/** A sender with one partition whose leader is broker 1. */
function bench(options: Partial<SenderCoreOptions> = {}) {
  const core = new SenderCore({
    idempotent: true,
    inFlightRequestsMax: 5,
    maxRequestBytes: 1_000_000,
    lingerMs: 0,
    backoffMs: () => RETRY_MS,
    ...options,
  });
  const queue = new PartitionQueue('orders', 0);
  const leader = { leaderId: 1, leaderEpoch: 0 };
  const world = {
    core,
    queue,
    leader,
    nowMs: 0,
    /** A batch of records, queued. */
    batch(recordCount = 1, to = queue): ProducerBatch {
      const created = {
        nowMs: world.nowMs,
        deadlineMs: world.nowMs + DELIVERY_TIMEOUT_MS,
        generation: 0,
      };
      const batch = new ProducerBatch(to, FORMAT, created);
      for (let index = 0; index < recordCount; index += 1)
        batch.tryAppend(0, null, Buffer.alloc(100), [], undefined);
      batch.phase = 'queued';
      to.waiting.push(batch);
      core.activate(to);
      return batch;
    },
    /** All requests that go out now. */
    drain(): BatchRequest[] {
      const requests: BatchRequest[] = [];
      for (;;) {
        const drained = core.drain(world.nowMs, () => leader);
        if (drained.needsProducerId) core.producerIdArrived({ producerId: 7, epoch: 0 });
        else if (drained.requests.length === 0) return requests;
        requests.push(...drained.requests);
      }
    },
    /** What would be sent, as sequences of batches sealed now. */
    sequences: (requests: readonly BatchRequest[]) =>
      requests.map(({ batches }) => {
        const { producerEpoch, baseSequence } = readBatchHeader(batches[0]!.seal(), 0);
        return `${producerEpoch}:${baseSequence}`;
      }),
    answer(request: BatchRequest, errorCode: number, fields?: Partial<BatchAnswer>): void {
      core.answered(request, () => answer(errorCode, fields), world.nowMs);
    },
    lose(request: BatchRequest): void {
      core.unanswered(request, lost, world.nowMs);
    },
    later(ms = RETRY_MS): void {
      world.nowMs += ms;
    },
    outcomes: (): string[] =>
      core.takeOutcomes().map((outcome: Outcome) => {
        if (outcome.kind !== 'failed') return outcome.kind;
        return (outcome.errorOf(0) as { code: string }).code;
      }),
    failures: (): string[] =>
      core.takeOutcomes().flatMap((outcome: Outcome) => {
        if (outcome.kind !== 'failed') return [];
        const { code, cause } = outcome.errorOf(0);
        return [`${code} because of ${(cause as { code?: string } | undefined)?.code}`];
      }),
  };
  return world;
}

describe('SenderCore, in order', () => {
  it('given seven batches, then five are in flight and the others follow the answers', () => {
    const world = bench();
    for (let count = 0; count < 7; count += 1) world.batch(2);
    const sent = world.drain();
    expect(world.sequences(sent)).toEqual(['0:0', '0:2', '0:4', '0:6', '0:8']);
    world.answer(sent[0]!, 0);
    expect(world.sequences(world.drain())).toEqual(['0:10']);
  });

  it('given no idempotence, then one batch of a partition is in flight', () => {
    const world = bench({ idempotent: false });
    world.batch();
    world.batch();
    const [first, ...others] = world.drain();
    expect(others).toEqual([]);
    world.answer(first!, 0);
    expect(world.drain()).toHaveLength(1);
  });

  it('given a lost connection, when retried, then batches go one by one with their old sequences', () => {
    const world = bench();
    for (let count = 0; count < 3; count += 1) world.batch();
    const sent = world.drain();
    for (const request of sent) world.lose(request);
    world.batch();
    expect(world.drain()).toEqual([]);
    const rounds: string[][] = [];
    for (let count = 0; count < 3; count += 1) {
      world.later();
      const requests = world.drain();
      rounds.push(world.sequences(requests));
      for (const request of requests) world.answer(request, 0);
    }
    // What is new may follow as soon as nothing has to be sent again.
    expect(rounds).toEqual([['0:0'], ['0:1'], ['0:2', '0:3']]);
  });

  it('given a later batch out of order while the first is retried, then it waits and keeps its sequence', () => {
    const world = bench();
    world.batch();
    world.batch();
    const [first, second] = world.drain();
    world.lose(first!);
    world.answer(second!, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
    world.later();
    const again = world.drain();
    expect(world.sequences(again)).toEqual(['0:0']);
    world.answer(again[0]!, 0);
    expect(world.sequences(world.drain())).toEqual(['0:1']);
  });

  it('given an answer that is missing while later ones come, then stops before the broker forgets the batch', () => {
    const world = bench();
    for (let count = 0; count < 8; count += 1) world.batch();
    const sent = world.drain();
    expect(sent).toHaveLength(5);
    for (const request of sent.slice(1)) world.answer(request, 0);
    expect(world.drain()).toEqual([]);
    world.answer(sent[0]!, 0);
    expect(world.sequences(world.drain())).toEqual(['0:5', '0:6', '0:7']);
  });

  it('given a leader that moved, then a retry does not wait for its backoff', () => {
    const world = bench();
    world.batch();
    const [request] = world.drain();
    world.answer(request!, ErrorCode.NOT_LEADER_OR_FOLLOWER);
    expect(world.drain()).toEqual([]);
    world.leader.leaderId = 2;
    world.leader.leaderEpoch = 1;
    expect(world.drain().map(({ nodeId }) => nodeId)).toEqual([2]);
  });

  it('given batches that another broker has not answered, when the leader moves, then nothing new goes before them', () => {
    const world = bench();
    world.batch(2);
    world.batch();
    const sent = world.drain();
    world.batch();
    world.leader.leaderId = 2;
    world.leader.leaderEpoch = 1;
    // The new leader may have none of them, and takes any sequence of a producer that it does not know.
    expect(world.drain()).toEqual([]);
    world.lose(sent[0]!);
    world.lose(sent[1]!);
    const again: string[][] = [];
    for (let count = 0; count < 2; count += 1) {
      const requests = world.drain();
      again.push(world.sequences(requests));
      for (const request of requests) world.answer(request, 0);
    }
    expect(again).toEqual([['0:0'], ['0:2', '0:3']]);
  });
});

describe('SenderCore, epochs (KIP-360)', () => {
  it('given a batch that is refused for good, then those behind it count from 0 in a new epoch', () => {
    const world = bench();
    for (let count = 0; count < 3; count += 1) world.batch();
    const [first, second, third] = world.drain();
    world.answer(first!, 0);
    world.answer(second!, ErrorCode.INVALID_RECORD);
    expect(world.outcomes()).toEqual(['delivered', 'INVALID_RECORD']);
    // The third is in flight behind a hole: the broker will not take it.
    world.batch();
    expect(world.drain()).toEqual([]);
    world.answer(third!, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
    world.later();
    const again = world.drain();
    expect(world.sequences(again)).toEqual(['1:0']);
    world.answer(again[0]!, 0);
    expect(world.sequences(world.drain())).toEqual(['1:1']);
  });

  it('given the next batch out of order, then the log has a hole: a new epoch', () => {
    const world = bench();
    world.batch();
    const [request] = world.drain();
    world.answer(request!, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
    world.later();
    expect(world.sequences(world.drain())).toEqual(['1:0']);
    expect(world.outcomes()).toEqual([]);
  });

  it('given a broker that forgot the producer, then goes on in a new epoch', () => {
    const world = bench();
    world.batch(3);
    const [first] = world.drain();
    world.answer(first!, 0, { baseOffset: 5 });
    world.batch();
    const [second] = world.drain();
    world.answer(second!, ErrorCode.UNKNOWN_PRODUCER_ID, { logStartOffset: 100 });
    world.later();
    expect(world.sequences(world.drain())).toEqual(['1:0']);
  });

  it('given a new epoch, then another partition goes over to it only when nothing old is pending', () => {
    const world = bench();
    const other = new PartitionQueue('orders', 1);
    world.batch();
    world.batch(1, other);
    const [both] = world.drain();
    expect(both!.batches).toHaveLength(2);
    world.core.answered(
      both!,
      (batch) =>
        answer(batch.queue === other ? ErrorCode.NOT_ENOUGH_REPLICAS : ErrorCode.INVALID_RECORD),
      0,
    );
    world.batch(1, other);
    world.later();
    const again = world.drain();
    expect(world.sequences(again)).toEqual(['0:0']);
    world.answer(again[0]!, 0);
    expect(world.sequences(world.drain())).toEqual(['1:0']);
  });

  it('given the last epoch, then asks for a new id', () => {
    const world = bench();
    world.core.producerIdArrived({ producerId: 7, epoch: 32_767 });
    world.batch();
    const [request] = world.drain();
    world.answer(request!, ErrorCode.INVALID_RECORD);
    world.batch();
    expect(world.core.drain(0, () => world.leader).needsProducerId).toBe(true);
    world.core.producerIdArrived({ producerId: 8, epoch: 0 });
    expect(world.sequences(world.drain())).toEqual(['0:0']);
  });
});

describe('SenderCore, time limits', () => {
  it('given a batch that expired after it was sent, then nothing new starts before what became of it is known', () => {
    const world = bench();
    world.batch();
    const [first] = world.drain();
    world.later(500);
    world.batch();
    const [second] = world.drain();
    world.lose(first!);
    world.lose(second!);
    world.later(500);
    world.batch();
    // The first is given up. The second is sent again: had the first been written, it fits.
    const again = world.drain();
    expect(world.outcomes()).toEqual(['DELIVERY_TIMED_OUT']);
    expect(world.sequences(again)).toEqual(['0:1']);
    world.answer(again[0]!, 0);
    expect(world.sequences(world.drain())).toEqual(['0:2']);
  });

  it('given a batch that expired while it waited for its next attempt, then says why the last one failed', () => {
    const world = bench();
    world.batch();
    const [sent] = world.drain();
    world.answer(sent!, ErrorCode.NOT_ENOUGH_REPLICAS);
    world.later(DELIVERY_TIMEOUT_MS);
    world.drain();
    expect(world.failures()).toEqual(['DELIVERY_TIMED_OUT because of NOT_ENOUGH_REPLICAS']);
  });

  it('given that the batch behind an expired one does not fit, then a new epoch', () => {
    const world = bench();
    world.batch();
    const [first] = world.drain();
    world.later(500);
    world.batch();
    const [second] = world.drain();
    world.lose(first!);
    world.later(500);
    world.drain();
    world.answer(second!, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
    world.later();
    expect(world.sequences(world.drain())).toEqual(['1:0']);
  });

  it('given that everything in flight expired, then the next batch is the first of a new epoch', () => {
    const world = bench();
    world.batch();
    world.drain();
    world.later(DELIVERY_TIMEOUT_MS);
    world.batch();
    expect(world.sequences(world.drain())).toEqual(['1:0']);
  });

  it('given an answer to a batch that expired, then it changes nothing', () => {
    const world = bench();
    world.batch();
    const [request] = world.drain();
    world.later(DELIVERY_TIMEOUT_MS);
    world.drain();
    world.answer(request!, 0);
    expect(world.outcomes()).toEqual(['DELIVERY_TIMED_OUT']);
  });

  it('given no leader, then names the topic and wakes when the batch expires', () => {
    const world = bench();
    world.core.producerIdArrived({ producerId: 7, epoch: 0 });
    world.batch();
    const drained = world.core.drain(0, () => ({ leaderId: -1, leaderEpoch: 0 }));
    expect([...drained.leaderless]).toEqual(['orders']);
    expect(drained.wakeAtMs).toBe(DELIVERY_TIMEOUT_MS);
  });

  it('given a linger time, then a batch that fills waits for it, and not when hurried', () => {
    const world = bench({ lingerMs: 50 });
    world.core.producerIdArrived({ producerId: 7, epoch: 0 });
    world.batch().phase = 'filling';
    expect(world.core.drain(0, () => world.leader)).toMatchObject({ requests: [], wakeAtMs: 50 });
    world.core.isHurried = true;
    expect(world.drain()).toHaveLength(1);
  });

  it('given a broker that throttles, then it is left in peace so long', () => {
    const world = bench();
    world.core.throttled(1, 70);
    world.batch();
    expect(world.drain()).toEqual([]);
    world.later(70);
    expect(world.drain()).toHaveLength(1);
  });
});

describe('SenderCore, sizes', () => {
  it('given a batch that is too large, then halves it until the broker takes it, sequences in a row', () => {
    const world = bench();
    world.batch(8);
    const written: number[] = [];
    for (let round = 0; round < 30 && world.core.activeCount > 0; round += 1)
      for (const request of world.drain()) {
        const header = readBatchHeader(request.batches[0]!.seal(), 0);
        if (header.recordCount > 3) world.answer(request, ErrorCode.MESSAGE_TOO_LARGE);
        else {
          written.push(header.baseSequence, header.recordCount);
          world.answer(request, 0);
        }
      }
    let expected = 0;
    for (let at = 0; at < written.length; at += 2) {
      expect(written[at]).toBe(expected);
      expected += written[at + 1]!;
    }
    expect(expected).toBe(8);
  });

  it('given one record that is too large, then fails by name', () => {
    const world = bench();
    world.batch();
    const [request] = world.drain();
    world.answer(request!, ErrorCode.MESSAGE_TOO_LARGE);
    expect(world.outcomes()).toEqual(['MESSAGE_TOO_LARGE']);
  });

  it('given more partitions than a request holds, then every one has its turn', () => {
    const world = bench({ maxRequestBytes: 500, inFlightRequestsMax: 1 });
    const queues = Array.from({ length: 6 }, (_, index) => new PartitionQueue('orders', index));
    const seen = new Set<number>();
    for (let round = 0; round < 6; round += 1) {
      for (const queue of queues) world.batch(1, queue);
      for (const request of world.drain()) {
        for (const { queue } of request.batches) seen.add(queue.partition);
        world.answer(request, 0);
      }
    }
    expect(seen.size).toBe(6);
  });

  it('given records that nobody acknowledges, then tells for how long, by whom, and why the last attempt failed', () => {
    const world = bench();
    const held = () => world.core.held(world.nowMs, () => world.leader);
    expect(held()).toEqual([]);
    world.batch();
    world.nowMs = 5;
    const [request] = world.drain();
    const orders = { topic: 'orders', partition: 0, leaderId: 1 };
    expect(held()).toEqual([{ ...orders, heldMs: 5, error: undefined }]);
    world.lose(request!);
    expect(held()).toEqual([{ ...orders, heldMs: 5, error: lost }]);
    world.nowMs = 20;
    const [again] = world.drain();
    world.batch();
    world.nowMs = 30;
    world.answer(again!, 0);
    world.nowMs = 32;
    expect(held()).toEqual([{ ...orders, heldMs: 2, error: undefined }]);
    world.answer(world.drain()[0]!, 0);
    expect(held()).toEqual([]);
  });

  it('given no producer id, then says that this is what records wait for', () => {
    const { core, leader, ...world } = bench();
    world.batch();
    core.drain(0, () => leader);
    core.producerIdFailed(lost, 3);
    expect(core.held(4, () => leader)).toMatchObject([{ heldMs: 4, error: lost }]);
  });
});
