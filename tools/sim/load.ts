// The real client as load: producers that write unique values in bursts, members of a group that read, commit, leave and
// come back. What they do and what becomes of it goes into the history.
import {
  Consumer,
  KafkaError,
  Producer,
  type RecordMetadata,
  type TopicPartition,
} from '@ottla/client';
import type { ClientOptions } from '@ottla/client';
import type { Platform } from '@ottla/platform';
import type { OffsetOf, ReadRecord } from '../history/operation.ts';
import type { Plan } from './plan.ts';
import type { Recorder } from './recorder.ts';

export const TOPIC = 'orders';
export const GROUP = 'billing';

/** Between two bursts, times the number of producers, for each record of them: about 19 records a second of all producers. */
const PAUSE_MS_OF_RECORD = 52;
/** Records without an answer, beyond which a producer waits. */
const OUTSTANDING_MAX = 400;
const POLL_MS = 1_000;
/** How long one is a member, on an average. */
const MEMBER_MS = 10_000;
/** Who works longer on what a poll brought has left the group when it commits. */
const MAX_POLL_INTERVAL_MS = 8_000;
/** One poll in so many is followed by work that may take that long. */
const ONE_LONG_WORK_IN = 60;
const LONG_WORK_MS_MAX = 16_000;
/** Between two polls that bring something, when nobody rests. */
const POLL_EVERY_MS = 160;

export interface LoadOptions {
  readonly plan: Plan;
  readonly recorder: Recorder;
  readonly clientOn: (machine: string) => ClientOptions & { readonly platform: Platform };
}

export class Load {
  readonly #options: LoadOptions;
  readonly #running: Promise<void>[] = [];
  #isProducing = true;
  #isConsuming = true;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  start(): void {
    const { producers, consumers } = this.#options.plan;
    for (let index = 1; index <= producers; index++) this.#running.push(this.#produce(index));
    for (let index = 1; index <= consumers; index++) this.#running.push(this.#consume(index));
  }

  /** Nothing new is sent; resolves when everything that was sent has an answer and the members have left. */
  async stop(): Promise<void> {
    this.#isProducing = false;
    await Promise.all(this.#running.slice(0, this.#options.plan.producers));
    this.#isConsuming = false;
    await Promise.all(this.#running);
  }

  async #produce(index: number): Promise<void> {
    const { plan, recorder } = this.#options;
    const process = `producer-${index}`;
    const client = this.#options.clientOn(process);
    const { random, timers } = client.platform;
    const producer = new Producer({
      ...client,
      lingerMs: random.below(2) * 5,
      batchSizeBytes: 512 + random.below(4_096),
      compression: random.below(4) === 0 ? 'lz4' : 'none',
      // What is given up in time begins another epoch of the producer.
      deliveryTimeoutMs: random.below(3) === 0 ? 6_000 + random.below(4_000) : 120_000,
    });
    const { burstRecordsMax } = plan.pace;
    let outstanding = 0;
    let count = 0;
    while (this.#isProducing) {
      for (let left = 1 + random.below(burstRecordsMax); left > 0; left--) {
        const value = `${process}-${++count}`;
        const partition = random.below(plan.partitions);
        outstanding++;
        recorder.note({ process, op: 'send', type: 'invoke', topic: TOPIC, partition, value });
        const ended = (error: unknown, metadata?: RecordMetadata): void => {
          outstanding--;
          if (metadata !== undefined)
            recorder.note({ process, op: 'send', type: 'ok', value, offset: metadata.offset });
          else recorder.note({ process, op: 'send', type: 'info', value });
        };
        producer
          .send({ topic: TOPIC, partition, value })
          .then((metadata) => ended(undefined, metadata), ended);
      }
      do await timers.sleep(random.below(PAUSE_MS_OF_RECORD * burstRecordsMax * plan.producers));
      while (outstanding > OUTSTANDING_MAX && this.#isProducing);
    }
    await producer.close();
  }

  async #consume(index: number): Promise<void> {
    const process = `consumer-${index}`;
    const client = this.#options.clientOn(process);
    while (this.#isConsuming) await this.#beMember(process, client);
  }

  async #beMember(
    process: string,
    client: ClientOptions & { readonly platform: Platform },
  ): Promise<void> {
    const { plan, recorder } = this.#options;
    const { random, timers } = client.platform;
    const consumer = new Consumer({
      ...client,
      groupId: GROUP,
      autoOffsetReset: 'earliest',
      fetchMaxWaitMs: plan.pace.fetchWaitMs,
      autoCommit: false,
      sessionTimeoutMs: 6_000,
      rebalanceTimeoutMs: 10_000,
      maxPollIntervalMs: MAX_POLL_INTERVAL_MS,
      assignors: [plan.assignor],
    });
    const noteOwned = (without: readonly TopicPartition[]): void =>
      recorder.note({
        process,
        op: 'assign',
        type: 'ok',
        group: GROUP,
        generation: consumer.groupMetadata().generationId,
        partitions: consumer
          .assignment()
          .filter((owned) => without.every((gone) => gone.partition !== owned.partition))
          .map(({ topic, partition }) => [topic, partition] as const),
      });
    consumer.subscribe([TOPIC], {
      onAssigned: () => noteOwned([]),
      onRevoked: noteOwned,
      onLost: noteOwned,
    });
    const { restMsMax } = plan.pace;
    const polls = Math.ceil(MEMBER_MS / (POLL_EVERY_MS + restMsMax / 2));
    let pollsLeft = 1 + random.below(2 * polls);
    while (this.#isConsuming && pollsLeft-- > 0) {
      try {
        const isLong = random.below(ONE_LONG_WORK_IN) === 0;
        await this.#pollOnce(consumer, process, () =>
          isLong ? timers.sleep(random.below(LONG_WORK_MS_MAX)) : undefined,
        );
        if (restMsMax > 0) await timers.sleep(random.below(restMsMax));
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        await timers.sleep(random.below(1_000));
      }
    }
    await consumer.close();
    recorder.note({
      process,
      op: 'assign',
      type: 'ok',
      group: GROUP,
      generation: -1,
      partitions: [],
    });
  }

  async #pollOnce(
    consumer: Consumer,
    process: string,
    work: () => Promise<void> | undefined,
  ): Promise<void> {
    const { recorder } = this.#options;
    const batches = await consumer.poll({ timeoutMs: POLL_MS });
    if (batches.length === 0) return;
    recorder.note({
      process,
      op: 'poll',
      type: 'ok',
      group: GROUP,
      records: batches.flatMap(({ topic, partition, records }) =>
        records.map(({ offset, value }): ReadRecord => [topic, partition, offset, String(value)]),
      ),
    });
    await work();
    const ends = batches.map(({ topic, partition, records }) => ({
      topic,
      partition,
      offset: (records.at(-1)?.offset ?? 0) + 1,
      leaderEpoch: records.at(-1)?.leaderEpoch ?? -1,
      // Whose it is, for who reads the group's log (group-journal.ts).
      metadata: process,
    }));
    const offsets = ends.map((end): OffsetOf => [end.topic, end.partition, end.offset]);
    recorder.note({ process, op: 'commit', type: 'invoke', group: GROUP, offsets });
    try {
      await consumer.commit(ends);
      recorder.note({ process, op: 'commit', type: 'ok', group: GROUP });
    } catch (error) {
      recorder.note({ process, op: 'commit', type: 'info', group: GROUP });
      throw error;
    }
  }
}

/** Reads every partition from its start to its end, outside of any group. */
export async function readAll(
  client: ClientOptions,
  plan: Plan,
  recorder: Recorder,
): Promise<void> {
  const process = 'final-reader';
  const partitions = Array.from({ length: plan.partitions }, (_, partition) => ({
    topic: TOPIC,
    partition,
  }));
  const consumer = new Consumer({ ...client, autoOffsetReset: 'earliest' });
  const ends = await consumer.endOffsets(partitions);
  await consumer.assign(partitions);
  while (ends.some((end) => consumer.position(end) < end.offset)) {
    const batches = await consumer.poll({ timeoutMs: POLL_MS });
    recorder.note({
      process,
      op: 'poll',
      type: 'ok',
      records: batches.flatMap(({ topic, partition, records }) =>
        records.map(({ offset, value }): ReadRecord => [topic, partition, offset, String(value)]),
      ),
    });
  }
  await consumer.close();
}

/** What the coordinator says that the group has committed. */
export async function readCommitted(
  client: ClientOptions,
  plan: Plan,
  recorder: Recorder,
): Promise<void> {
  const process = 'final-reader';
  const partitions = Array.from({ length: plan.partitions }, (_, partition) => ({
    topic: TOPIC,
    partition,
  }));
  const consumer = new Consumer({ ...client, groupId: GROUP, autoCommit: false });
  recorder.note({ process, op: 'committed', type: 'invoke', group: GROUP });
  const found = await consumer.committed(partitions);
  recorder.note({
    process,
    op: 'committed',
    type: 'ok',
    group: GROUP,
    offsets: found.map(({ topic, partition, offset }): OffsetOf => [
      topic,
      partition,
      offset ?? -1,
    ]),
  });
  await consumer.close();
}
