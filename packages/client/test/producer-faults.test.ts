// What the producer promises when the network or the broker fails: each record once, in order, and an answer for each.
import { ApiKey, ErrorCode } from '@ottla/protocol';
import { describe, expect, it } from 'vitest';
import { Producer, type ProducerOptions } from '../src/index.ts';
import type { Fault } from './fake-broker.ts';
import { simulatedCluster } from './simulated-cluster.ts';

const VALUES = Array.from({ length: 12 }, (_, index) => `value-${index}`);

/** Makes the topic known, so that what follows is about producing. */
const FIRST = { topic: 'orders', partition: 0, value: 'first' };

/** Every record a batch of its own, so that order over batches shows. */
const ONE_BY_ONE: Partial<ProducerOptions> = { lingerMs: 0 };

const UNKNOWN_TOPIC: Fault = {
  kind: 'error',
  errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
};

async function sendAll(
  producer: Producer,
  partition = 0,
): Promise<PromiseSettledResult<{ offset: number }>[]> {
  return Promise.allSettled(
    VALUES.map((value) => producer.send({ topic: 'orders', partition, value })),
  );
}

function produceFault(fault: Fault, partition?: number) {
  return { apiKey: ApiKey.Produce, fault, ...(partition === undefined ? {} : { partition }) };
}

describe('Producer', () => {
  it.each<[string, Fault]>([
    ['the answer is lost after the append', { kind: 'loseAnswer' }],
    ['the connection ends in the middle of the answer frame', { kind: 'cutAnswer', afterBytes: 9 }],
    ['the connection ends inside the frame size', { kind: 'cutAnswer', afterBytes: 2 }],
    ['no answer comes', { kind: 'neverAnswer' }],
    ['the leader has moved', { kind: 'error', errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }],
    ['too few replicas are in sync', { kind: 'error', errorCode: ErrorCode.NOT_ENOUGH_REPLICAS }],
  ])('given that %s, then every record is there once and in order', async (_, fault) => {
    const { simulation, broker, options } = await simulatedCluster();
    const producer = new Producer({ ...options, ...ONE_BY_ONE });
    broker.inject(produceFault(fault), produceFault(fault));

    const results = await simulation.settle(sendAll(producer));

    expect(results.map((result) => result.status === 'fulfilled' && result.value.offset)).toEqual(
      VALUES.map((__, index) => index),
    );
    expect(broker.values('orders', 0)).toEqual(VALUES);
    expect(broker.faultsLeft).toBe(0);
    await simulation.settle(producer.close());
  });

  it('given requests to a known topic that are cut at any byte, then every record is there once and in order', async () => {
    for (let bytes = 1; bytes < 700; bytes += 37) {
      const { simulation, broker, options } = await simulatedCluster({ seed: bytes });
      const producer = new Producer({ ...options, ...ONE_BY_ONE });
      await simulation.settle(producer.send(FIRST));
      simulation.net.cutAfter({ from: 'client', to: 'broker' }, bytes);
      await simulation.settle(sendAll(producer));
      expect(broker.values('orders', 0), `cut after ${bytes} bytes`).toEqual(['first', ...VALUES]);
      await simulation.settle(producer.close());
    }
  });

  it('given a known topic and a network that resets connections, when many seeds run, then never a duplicate or a swap', async () => {
    for (let seed = 1; seed <= 15; seed += 1) {
      const { simulation, broker, options } = await simulatedCluster({ seed });
      const producer = new Producer({ ...options, ...ONE_BY_ONE });
      await simulation.settle(producer.send(FIRST));
      simulation.net.conditions = { ...simulation.net.conditions, resetProbability: 0.03 };
      const results = await simulation.settle(sendAll(producer), 120_000);
      expect(
        results.every(({ status }) => status === 'fulfilled'),
        `seed ${seed}`,
      ).toBe(true);
      expect(broker.values('orders', 0), `seed ${seed}`).toEqual(['first', ...VALUES]);
      await simulation.settle(producer.close());
    }
  });

  it('given a broker that is away for longer than the delivery timeout, then fails each record by that name', async () => {
    const { simulation, options } = await simulatedCluster();
    const producer = new Producer({ ...options, ...ONE_BY_ONE, deliveryTimeoutMs: 3_000 });
    await simulation.settle(producer.send({ topic: 'orders', value: 'before' }));
    simulation.net.refuse('broker');
    simulation.net.reset({ to: 'broker' });

    const results = await simulation.settle(sendAll(producer), 30_000);

    for (const result of results)
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'DELIVERY_TIMED_OUT', topic: 'orders' },
      });
    await simulation.settle(producer.close());
  });

  it('given a record that the broker refuses, then tells its name, topic and partition, and goes on', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const producer = new Producer({ ...options, ...ONE_BY_ONE });
    broker.inject(produceFault({ kind: 'error', errorCode: ErrorCode.INVALID_RECORD }));

    const refused = simulation.settle(producer.send({ topic: 'orders', value: 'bad' }));

    await expect(refused).rejects.toMatchObject({
      name: 'BrokerError',
      code: 'INVALID_RECORD',
      retriable: false,
      topic: 'orders',
      partition: 0,
    });
    await simulation.settle(producer.send({ topic: 'orders', value: 'good' }));
    expect(broker.values('orders', 0)).toEqual(['good']);
    await simulation.settle(producer.close());
  });

  it('given sends before the topic is known and a connection that is cut, then keeps their order', async () => {
    const { simulation, broker, options } = await simulatedCluster({ seed: 7 });
    const producer = new Producer({ ...options, ...ONE_BY_ONE });
    simulation.net.cutAfter({ from: 'client', to: 'broker' }, 40);
    await simulation.settle(sendAll(producer));
    expect(broker.values('orders', 0)).toEqual(VALUES);
    await simulation.settle(producer.close());
  });

  it('given an answer lost on one partition, when a batch of another is refused, then the retry is no duplicate', async () => {
    const { simulation, broker, options } = await simulatedCluster({ topics: { orders: 2 } });
    const producer = new Producer({ ...options, ...ONE_BY_ONE });
    await simulation.settle(producer.send({ topic: 'orders', partition: 1, value: 'known' }));
    broker.inject(
      produceFault({ kind: 'loseAnswer' }, 0),
      produceFault({ kind: 'error', errorCode: ErrorCode.INVALID_RECORD }, 1),
    );
    const written = producer.send({ topic: 'orders', partition: 0, value: 'once' });
    await simulation.runUntil(() => broker.faultsLeft === 1);
    const refused = producer.send({ topic: 'orders', partition: 1, value: 'bad' });
    const [first, second] = await simulation.settle(Promise.allSettled([written, refused]));
    expect([first.status, second.status]).toEqual(['fulfilled', 'rejected']);
    expect(broker.values('orders', 0)).toEqual(['once']);
    await simulation.settle(producer.close());
  });

  it('given a topic that is unknown again in the moment after it was found, then a record that waited for it is written', async () => {
    const topics = { orders: 1 };
    const { simulation, broker, options } = await simulatedCluster({ topics });
    const producer = new Producer({ ...options, metadataMaxAgeMs: 1_000 });
    await simulation.settle(producer.send(FIRST));
    await simulation.run(2_000);
    topics.orders = 2;
    // The first record has old metadata renewed in the background, the second waits for its partition to be known: two
    // questions, of which the second is answered by a broker that is behind, and both answers come in one piece.
    const sent = [0, 1].map((partition) =>
      producer.send({ topic: 'orders', partition, value: `to ${partition}` }),
    );
    broker.inject(
      { apiKey: ApiKey.Metadata, fault: { kind: 'error', errorCode: 0 } },
      { apiKey: ApiKey.Metadata, fault: UNKNOWN_TOPIC },
    );
    broker.answerTogether(3);
    expect(await simulation.settle(Promise.allSettled(sent))).toMatchObject([
      { status: 'fulfilled' },
      { status: 'fulfilled' },
    ]);
    expect(broker.faultsLeft).toBe(0);
    expect(broker.values('orders', 1)).toEqual(['to 1']);
    await simulation.settle(producer.close());
  });

  it('given a topic that has grown, then a record for a new partition is written; one beyond is refused', async () => {
    const topics = { orders: 1 };
    const { simulation, broker, options } = await simulatedCluster({ topics });
    const producer = new Producer(options);
    await simulation.settle(producer.send(FIRST));
    topics.orders = 3;
    await simulation.settle(producer.send({ topic: 'orders', partition: 2, value: 'new' }));
    expect(broker.values('orders', 2)).toEqual(['new']);
    const beyond = producer.send({ topic: 'orders', partition: 3, value: 'beyond' });
    await expect(simulation.settle(beyond)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await simulation.settle(producer.close());
  });

  it('given a topic that the broker does not know yet and will not create, then it is asked again', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const producer = new Producer({ ...options, allowAutoTopicCreation: false });
    const rule = { apiKey: ApiKey.Metadata, fault: UNKNOWN_TOPIC };
    broker.inject(rule, rule);
    await simulation.settle(producer.send(FIRST));
    expect(broker.values('orders', 0)).toEqual(['first']);
    await simulation.settle(producer.close());
  });

  it('given a topic that is not there and is not created, then says so soon', async () => {
    const { simulation, options } = await simulatedCluster();
    const producer = new Producer({ ...options, allowAutoTopicCreation: false });
    const sent = producer.send({ topic: 'nowhere', value: 'a' });
    await expect(simulation.settle(sent)).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
      retriable: false,
    });
    expect(simulation.elapsedMs).toBeLessThan(3_000);
    await simulation.settle(producer.close());
  });

  it('given acks 0, then resolves without an offset', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const producer = new Producer({ ...options, acks: 'none', lingerMs: 0 });
    const sent = await simulation.settle(producer.send({ topic: 'orders', value: 'a' }));
    await simulation.run(100);
    expect(sent.offset).toBe(-1);
    expect(broker.values('orders', 0)).toEqual(['a']);
    await simulation.settle(producer.close());
  });

  it('given memory for two records, when twenty are sent, then waits for room and delivers all in order', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const producer = new Producer({ ...options, ...ONE_BY_ONE, bufferMemoryBytes: 100 });
    await simulation.settle(sendAll(producer));
    expect(broker.values('orders', 0)).toEqual(VALUES);
    await simulation.settle(producer.close());
  });

  it('given sends that still wait for their topic, when flushed, then they are written', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const producer = new Producer({ ...options, lingerMs: 60_000 });
    const sent = sendAll(producer);
    await simulation.settle(producer.flush(), 5_000);
    expect(broker.values('orders', 0)).toEqual(VALUES);
    await simulation.settle(sent);
    await simulation.settle(producer.close());
  });

  it('given sends that still wait for memory, when closed, then they are written', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const producer = new Producer({ ...options, lingerMs: 60_000, bufferMemoryBytes: 100 });
    const sent = sendAll(producer);
    await simulation.settle(producer.close(), 5_000);
    const results = await simulation.settle(sent);
    expect(results.every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(broker.values('orders', 0)).toEqual(VALUES);
  });

  it('given a closed producer, then refuses to send and says why', async () => {
    const { simulation, options } = await simulatedCluster();
    const producer = new Producer(options);
    await simulation.settle(producer.close());
    await expect(
      simulation.settle(producer.send({ topic: 'orders', value: 'a' })),
    ).rejects.toMatchObject({
      code: 'CLOSED',
    });
  });

  it('given options that contradict each other, then refuses them in words', () => {
    expect(
      () => new Producer({ bootstrapServers: 'a:1', idempotent: true, acks: 'leader' }),
    ).toThrow(/acks 'all'/);
    expect(() => new Producer({ bootstrapServers: 'nonsense' })).toThrow(/host:port/);
    expect(() => new Producer({ bootstrapServers: 'a:1', lingerMs: -1 })).toThrow(/lingerMs is -1/);
    expect(() => new Producer({ bootstrapServers: 'a:1', maxInFlightRequests: 6 })).toThrow(
      /last 5/,
    );
  });
});
