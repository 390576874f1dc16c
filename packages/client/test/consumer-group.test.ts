// Groups of our consumers against our broker in virtual time: what a rebalance promises, with a network that breaks.
import { afterEach, describe, expect, it } from 'vitest';
import {
  Admin,
  Consumer,
  type ConsumerOptions,
  Producer,
  type RebalanceListener,
  type TopicPartition,
} from '../src/index.ts';
import { simulatedBroker, type SimulatedBroker } from './simulated-broker.ts';

const LIMIT_MS = 600_000;
const RECORDS = 200;

describe('Consumer in a group', () => {
  let world: SimulatedBroker;
  const open: { close(): Promise<void> }[] = [];
  let partitionCount = 4;

  afterEach(async () => {
    for (const each of open.splice(0)) await settle(each.close());
    await world.close();
    expect(world.simulation.net.connectionCount).toBe(0);
  });

  const settle = <T>(promise: Promise<T>): Promise<T> => world.simulation.settle(promise, LIMIT_MS);

  async function given(seed: number, partitions = 4): Promise<void> {
    world = await simulatedBroker(seed);
    partitionCount = partitions;
    const admin = new Admin(world.clientOn('tools'));
    await settle(admin.createTopics([{ name: 't', numPartitions: partitions }]));
    await settle(admin.close());
  }

  async function produce(count: number, from = 0): Promise<void> {
    const producer = new Producer(world.clientOn('tools'));
    await settle(
      producer.sendBatch(
        Array.from({ length: count }, (_, index) => ({
          topic: 't',
          partition: index % partitionCount,
          value: `${from + index}`,
        })),
      ),
    );
    await settle(producer.close());
  }

  function member(machine: string, options: Partial<ConsumerOptions> = {}): Consumer {
    const consumer = new Consumer({
      ...world.clientOn(machine),
      groupId: 'g',
      autoOffsetReset: 'earliest',
      sessionTimeoutMs: 6_000,
      heartbeatIntervalMs: 500,
      ...options,
    });
    open.push(consumer);
    return consumer;
  }

  const names = (partitions: readonly TopicPartition[]): number[] =>
    partitions.map(({ partition }) => partition).sort((a, b) => a - b);

  /** Polls for ever, and notes what it sees. */
  function loop(consumer: Consumer, seen: string[], stop: AbortSignal): Promise<void> {
    const run = async (): Promise<void> => {
      while (!stop.aborted)
        for (const batch of await consumer.poll({ timeoutMs: 200, maxRecords: 10 }))
          for (const { value } of batch.records) seen.push(String(value));
    };
    return run();
  }

  describe.each(['range', 'cooperative-sticky'] as const)('%s', (assignor) => {
    it('given a second member, then they share, and when it leaves, then the first has all again; nothing is lost or read twice', async () => {
      await given(1);
      await produce(RECORDS);
      const stop = new AbortController();
      const seen: string[] = [];
      const first = member('a', { assignors: [assignor] });
      first.subscribe(['t']);
      const loops = [loop(first, seen, stop.signal)];
      await world.simulation.runUntil(() => seen.length === RECORDS, LIMIT_MS);
      const second = member('b', { assignors: [assignor] });
      second.subscribe(['t']);
      const stopSecond = new AbortController();
      const secondLoop = loop(second, seen, stopSecond.signal);
      await world.simulation.runUntil(
        () => first.assignment().length === 2 && second.assignment().length === 2,
        LIMIT_MS,
      );
      expect(names([...first.assignment(), ...second.assignment()])).toEqual([0, 1, 2, 3]);
      await produce(RECORDS, RECORDS);
      await world.simulation.runUntil(() => seen.length === 2 * RECORDS, LIMIT_MS);
      stopSecond.abort();
      await settle(secondLoop);
      // A poll says that what came before is done.
      await settle(second.poll());
      await settle(second.close());
      await world.simulation.runUntil(() => first.assignment().length === 4, LIMIT_MS);
      stop.abort();
      await settle(Promise.all(loops));
      expect(seen.map(Number).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 2 * RECORDS }, (_, index) => index),
      );
    });
  });

  it('given the cooperative protocol, then a member keeps reading what it keeps, and is told only of what moves', async () => {
    await given(2);
    const told: string[] = [];
    const listener: RebalanceListener = {
      onAssigned: (partitions) => void told.push(`+${names(partitions).join()}`),
      onRevoked: (partitions) => void told.push(`-${names(partitions).join()}`),
    };
    const stop = new AbortController();
    const options = { assignors: ['cooperative-sticky'] } as const;
    const first = member('a', options);
    first.subscribe(['t'], listener);
    const loops = [loop(first, [], stop.signal)];
    await world.simulation.runUntil(() => first.assignment().length === 4, LIMIT_MS);
    const second = member('b', options);
    second.subscribe(['t']);
    loops.push(loop(second, [], stop.signal));
    await world.simulation.runUntil(() => second.assignment().length === 2, LIMIT_MS);
    stop.abort();
    await settle(Promise.all(loops));
    expect(told.filter((line) => line.length > 1)).toEqual(['+0,1,2,3', '-2,3']);
  });

  it('given a handler that works, then a rebalance waits for it, and what it did is committed before', async () => {
    await given(3, 1);
    await produce(4);
    const told: string[] = [];
    const first = member('a');
    first.subscribe(['t'], { onRevoked: () => void told.push('revoked') });
    const records = first.records();
    const { value: record } = await settle(records.next());
    expect(record?.offset).toBe(0);
    member('b').subscribe(['t']);
    await world.simulation.run(3_000);
    expect(told).toEqual([]);
    const next = records.next();
    await world.simulation.runUntil(() => told.length === 1, LIMIT_MS);
    const committed = await settle(first.committed([{ topic: 't', partition: 0 }]));
    expect(committed[0]!.offset).toBe(1);
    await settle(first.close());
    expect((await settle(next)).done).toBe(true);
  });

  it('given a throw inside the loop, then the record is not committed, and nothing is left running', async () => {
    await given(4, 1);
    await produce(4);
    const consumer = member('a');
    consumer.subscribe(['t']);
    const failing = async (): Promise<void> => {
      for await (const record of consumer) if (record.offset === 2) throw new Error('boom');
    };
    await expect(settle(failing())).rejects.toThrow('boom');
    await settle(consumer.close());
    const admin = new Admin(world.clientOn('tools'));
    expect((await settle(admin.listGroupOffsets('g')))[0]!.offset).toBe(2);
    await settle(admin.close());
  });

  it('given a handler that takes longer than maxPollIntervalMs, then the others go on without it, and it comes back when it asks', async () => {
    await given(5, 1);
    await produce(4);
    const lost: number[][] = [];
    const slow = member('a', { maxPollIntervalMs: 2_000 });
    slow.subscribe(['t'], { onLost: (partitions) => void lost.push(names(partitions)) });
    const records = slow.records();
    await settle(records.next());
    const seen: string[] = [];
    const stop = new AbortController();
    const other = member('b');
    other.subscribe(['t']);
    const loops = loop(other, seen, stop.signal);
    await world.simulation.runUntil(() => seen.length === 4, LIMIT_MS);
    const next = records.next();
    await world.simulation.runUntil(() => lost.length === 1, LIMIT_MS);
    expect(lost).toEqual([[0]]);
    stop.abort();
    await settle(loops);
    await settle(other.poll());
    await settle(other.close());
    await produce(1, 100);
    const { value } = await settle(next);
    expect(String(value?.value)).toBe('100');
  });

  it('given a topic that grows and one that comes to match the pattern, then they are read too', async () => {
    await given(6, 1);
    const consumer = member('a', { metadataMaxAgeMs: 1_000 });
    consumer.subscribe(/^t/);
    const stop = new AbortController();
    const loops = loop(consumer, [], stop.signal);
    await world.simulation.runUntil(() => consumer.assignment().length === 1, LIMIT_MS);
    const admin = new Admin(world.clientOn('tools'));
    await settle(admin.createPartitions([{ name: 't', totalCount: 3 }]));
    await world.simulation.runUntil(() => consumer.assignment().length === 3, LIMIT_MS);
    await settle(
      admin.createTopics([
        { name: 't2', numPartitions: 1 },
        { name: 'x', numPartitions: 1 },
      ]),
    );
    await world.simulation.runUntil(() => consumer.assignment().length === 4, LIMIT_MS);
    expect(consumer.subscription().sort()).toEqual(['t', 't2']);
    stop.abort();
    await settle(loops);
    await settle(admin.close());
  });

  it('given a topic that comes after the subscription, then it is read at once and not when metadata is old', async () => {
    await given(9, 1);
    const consumer = member('a');
    consumer.subscribe(['t', 'later']);
    const stop = new AbortController();
    const loops = loop(consumer, [], stop.signal);
    await world.simulation.runUntil(() => consumer.assignment().length === 2, 15_000);
    stop.abort();
    await settle(loops);
  });

  it('given a static member that is removed by the admin, then it is fenced off and comes back', async () => {
    await given(8, 1);
    const consumer = member('a', { groupInstanceId: 'static-1' });
    const lost: number[][] = [];
    consumer.subscribe(['t'], { onLost: (partitions) => void lost.push(names(partitions)) });
    const stop = new AbortController();
    const loops = loop(consumer, [], stop.signal);
    await world.simulation.runUntil(() => consumer.assignment().length === 1, LIMIT_MS);
    const { memberId } = consumer.groupMetadata();
    const admin = new Admin(world.clientOn('tools'));
    await settle(admin.removeGroupMembers('g', [{ groupInstanceId: 'static-1' }]));
    await world.simulation.runUntil(
      () => lost.length === 1 && consumer.assignment().length === 1,
      LIMIT_MS,
    );
    expect(consumer.groupMetadata().memberId).not.toBe(memberId);
    stop.abort();
    await settle(loops);
    await settle(admin.close());
  });

  it('given a static member that restarts within its session, then it has its partitions again and nobody else notices', async () => {
    await given(10, 4);
    const told: string[] = [];
    const stay = member('a', { groupInstanceId: 'static-1' });
    const listener = {
      onAssigned: (partitions: readonly TopicPartition[]) =>
        void told.push(`+${partitions.length}`),
      onRevoked: (partitions: readonly TopicPartition[]) => void told.push(`-${partitions.length}`),
    };
    stay.subscribe(['t'], listener);
    const back = (): Consumer => {
      const consumer = member('b', { groupInstanceId: 'static-2' });
      consumer.subscribe(['t']);
      return consumer;
    };
    const before = back();
    await world.simulation.runUntil(
      () => stay.assignment().length === 2 && before.assignment().length === 2,
      LIMIT_MS,
    );
    await world.simulation.run(2_000);
    const { generationId } = stay.groupMetadata();
    const had = names(before.assignment());
    told.length = 0;
    await settle(before.close());
    const after = back();
    await world.simulation.runUntil(() => after.assignment().length > 0, LIMIT_MS);
    await world.simulation.run(10_000);
    expect(names(after.assignment())).toEqual(had);
    expect(after.groupMetadata().generationId).toBe(generationId);
    expect(told).toEqual([]);
  });

  it('given a broker that is gone, then close gives up after a while', async () => {
    await given(9, 1);
    const consumer = member('a');
    consumer.subscribe(['t']);
    await world.simulation.runUntil(() => consumer.assignment().length === 1, LIMIT_MS);
    world.simulation.net.partition(['a'], ['broker']);
    const before = world.simulation.elapsedMs;
    await settle(consumer.close());
    expect(world.simulation.elapsedMs - before).toBeLessThan(15_000);
    world.simulation.net.heal();
    await world.simulation.run(1_000);
  });

  it('given a listener that throws, then the error comes out of the poll, once, and reading goes on', async () => {
    await given(7, 1);
    await produce(1);
    const consumer = member('a');
    consumer.subscribe(['t'], {
      onAssigned: () => {
        throw new Error('listener');
      },
    });
    await expect(settle(consumer.poll({ timeoutMs: 60_000 }))).rejects.toThrow('listener');
    const [batch] = await settle(consumer.poll({ timeoutMs: 60_000 }));
    expect(batch!.records).toHaveLength(1);
  });

  it.each([11, 12, 13, 14])(
    'given a network that breaks (seed %i), then every record is read, and each partition in order',
    async (seed) => {
      await given(seed);
      await produce(RECORDS);
      const { net } = world.simulation;
      const inOrder = new Map<string, number[]>();
      const seen = new Set<string>();
      const stop = new AbortController();
      const run = async (consumer: Consumer): Promise<void> => {
        while (!stop.signal.aborted)
          for (const { topic, partition, records } of await consumer.poll({
            timeoutMs: 200,
            maxRecords: 7,
          })) {
            const key = `${consumer.groupMetadata().memberId}/${topic}-${partition}`;
            for (const { offset, value } of records) {
              seen.add(String(value));
              inOrder.set(key, [...(inOrder.get(key) ?? []), offset]);
            }
          }
      };
      const loops = ['a', 'b', 'c'].map((machine, index) => {
        const consumer = member(machine, {
          assignors: [seed % 2 === 0 ? 'range' : 'cooperative-sticky'],
          ...(index === 0 ? { groupInstanceId: 'static' } : {}),
        });
        consumer.subscribe(['t']);
        return run(consumer);
      });
      for (let cut = 0; cut < 30; cut += 1) {
        const machine = ['a', 'b', 'c'][world.simulation.random.below(3)]!;
        net.cutAfter(
          world.simulation.random.below(2) === 0
            ? { from: machine, to: 'broker' }
            : { from: 'broker', to: machine },
          world.simulation.random.below(400),
        );
        await world.simulation.run(world.simulation.random.below(2_000));
      }
      await world.simulation.runUntil(() => seen.size === RECORDS, LIMIT_MS);
      stop.abort();
      await settle(Promise.all(loops));
      for (const [key, offsets] of inOrder)
        // A member may go back to what was committed when it lost its place, but never leaves one out.
        for (const [at, offset] of offsets.entries())
          if (at > 0)
            expect(offset, `${key}, seed ${seed}`).toBeLessThanOrEqual(offsets[at - 1]! + 1);
    },
  );

  it('given a partition that is assigned anew and of which nothing is new, then its lag is known', async () => {
    await given(21, 1);
    await produce(10);
    const consumer = member('a');
    const target = { topic: 't', partition: 0 };
    await settle(consumer.assign([{ ...target, offset: 10 }]));
    await settle(consumer.poll({ timeoutMs: 2_000 }));
    expect(consumer.currentLag(target)).toBe(0);
    await settle(consumer.assign([{ ...target, offset: 10 }]));
    await settle(consumer.poll({ timeoutMs: 2_000 }));
    expect(consumer.currentLag(target)).toBe(0);
  });
});
