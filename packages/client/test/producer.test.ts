// The producer's calls: taking records without a promise, waiting in line, limits, typed topics, aborts.
import { ApiKey, ErrorCode } from '@ottla/protocol';
import { describe, expect, it } from 'vitest';
import { type KafkaError, Producer, type RecordMetadata, type TopicType } from '../src/index.ts';
import { simulatedCluster } from './simulated-cluster.ts';

const record = (value: string, topic = 'orders') => ({ topic, partition: 0, value });

describe('Producer.enqueue', () => {
  it('given a topic that is not known yet, then returns a promise; afterwards nothing; the order is that of the calls', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const producer = new Producer(options);
    const told: (RecordMetadata | undefined)[] = [];
    const tell = (_: KafkaError | undefined, metadata: RecordMetadata | undefined): void => {
      told.push(metadata);
    };

    const first = producer.enqueue(record('a'), tell);
    const second = producer.enqueue(record('b'), tell);
    expect([first, second]).toEqual([expect.any(Promise), expect.any(Promise)]);
    await simulation.settle(Promise.all([first, second]));
    expect(producer.enqueue(record('c'), tell)).toBeUndefined();
    await simulation.settle(producer.flush());

    expect(broker.values('orders', 0)).toEqual(['a', 'b', 'c']);
    expect(told.map((metadata) => metadata?.offset)).toEqual([0, 1, 2]);
    await simulation.settle(producer.close());
  });

  it('given full memory, then returns a promise that resolves when a record was written', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const producer = new Producer({ ...options, bufferMemoryBytes: 100 });
    await simulation.settle(producer.send(record('known')));
    expect(producer.enqueue(record('x'.repeat(60)))).toBeUndefined();
    const waits = producer.enqueue(record('y'.repeat(60)));
    expect(waits).toEqual(expect.any(Promise));
    await simulation.settle(waits as Promise<void>);
    expect(broker.values('orders', 0)).toHaveLength(2);
    await simulation.settle(producer.close());
    expect(broker.values('orders', 0)).toHaveLength(3);
  });

  it('given a record that cannot be taken, then rejects and does not call back', async () => {
    const { simulation, options } = await simulatedCluster();
    const producer = new Producer({ ...options, maxRequestBytes: 1_000 });
    const calls: unknown[] = [];
    const refused = async (bad: { topic: string; partition: number; value: string }) =>
      simulation.settle(
        Promise.resolve(producer.enqueue(bad, () => calls.push(bad))).catch(
          (error: KafkaError) => error.code,
        ),
      );
    expect(await refused({ topic: 'orders', partition: 7, value: '' })).toBe('INVALID_ARGUMENT');
    expect(await refused({ topic: 'orders', partition: 0.5, value: '' })).toBe('INVALID_ARGUMENT');
    expect(await refused(record('x'.repeat(1_000)))).toBe('MESSAGE_TOO_LARGE');
    await simulation.settle(producer.close());
    expect(await refused(record('late'))).toBe('CLOSED');
    expect(calls).toEqual([]);
  });

  it.each<[string, object]>([
    ['a number as value', { topic: 'orders', value: 5 }],
    ['an object as key', { topic: 'orders', key: {}, value: '' }],
    ['a number as header', { topic: 'orders', value: '', headers: [['h', 1]] }],
    ['no topic', { value: '' }],
    ['a fraction as timestamp', { topic: 'orders', value: '', timestamp: 1.5 }],
    ['a time before 1970', { topic: 'orders', value: '', timestamp: -1 }],
  ])('given %s, then refuses it in words and is none the worse', async (_, bad) => {
    const { simulation, broker, options } = await simulatedCluster();
    const producer = new Producer(options);
    await simulation.settle(producer.send(record('before')));
    const refused = producer.enqueue(bad as ReturnType<typeof record>);
    await expect(refused).rejects.toMatchObject({ name: 'UsageError', code: 'INVALID_ARGUMENT' });
    await simulation.settle(producer.send(record('after')));
    expect(broker.values('orders', 0)).toEqual(['before', 'after']);
    await simulation.settle(producer.close());
  });

  it('given a callback that throws, then the others are told all the same', async () => {
    const { simulation, options } = await simulatedCluster();
    const producer = new Producer(options);
    await simulation.settle(producer.send(record('known')));
    const thrown: unknown[] = [];
    const before = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.once('unhandledRejection', (error) => thrown.push(error));
    let told = 0;
    try {
      void producer.enqueue(record('a'), () => {
        throw new Error('mine');
      });
      void producer.enqueue(record('b'), () => {
        told += 1;
      });
      await simulation.settle(producer.flush());
    } finally {
      for (const listener of before) process.on('unhandledRejection', listener);
    }
    expect(told).toBe(1);
    expect(thrown).toMatchObject([{ message: 'mine' }]);
    await simulation.settle(producer.close());
  });
});

describe('Producer, limits', () => {
  it('given a topic that nobody finds, then other topics do not wait, and after maxBlockMs it fails', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const producer = new Producer({ ...options, maxBlockMs: 3_000 });
    const lost = producer.send(record('lost', 'nowhere')).catch((error: KafkaError) => error.code);
    await simulation.settle(producer.send(record('here')), 1_000);
    expect(broker.values('orders', 0)).toEqual(['here']);
    expect(await simulation.settle(lost, 5_000)).toBe('REQUEST_TIMED_OUT');
    await simulation.settle(producer.close());
  });

  it('given memory that nobody gives back, then fails after maxBlockMs by name', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const producer = new Producer({ ...options, maxBlockMs: 500, bufferMemoryBytes: 100 });
    await simulation.settle(producer.send(record('known')));
    broker.inject({ apiKey: ApiKey.Produce, fault: { kind: 'neverAnswer' } });
    const first = producer.send(record('x'.repeat(70)));
    const second = producer.send(record('y'.repeat(70)));
    await expect(simulation.settle(second, 1_000)).rejects.toMatchObject({
      code: 'BUFFER_EXHAUSTED',
      retriable: true,
    });
    await simulation.settle(first);
    await simulation.settle(producer.close());
  });

  it('given a batch above the limit of the topic, then it is split and all is written in order', async () => {
    const { simulation, broker, options } = await simulatedCluster({ messageMaxBytes: 300 });
    const producer = new Producer({ ...options, compression: 'gzip' });
    const values = Array.from({ length: 40 }, (_, index) => `${index}-${Math.sin(index)}`);
    const sent = Promise.all(values.map((value) => producer.send(record(value))));
    const offsets = (await simulation.settle(sent)).map(({ offset }) => offset);
    expect(broker.values('orders', 0)).toEqual(values);
    expect(offsets).toEqual(values.map((_, index) => index));
    await simulation.settle(producer.close());
  });

  it('given a signal, when aborted before the topic is known, then the send ends by its reason and nothing is written', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const producer = new Producer(options);
    const abort = new AbortController();
    const sent = producer.send(record('never'), { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(simulation.settle(sent)).rejects.toThrow('enough');
    await simulation.settle(producer.close());
    expect(broker.values('orders', 0)).toEqual([]);
    await expect(
      simulation.settle(producer.send(record('no'), { signal: abort.signal })),
    ).rejects.toThrow('enough');
  });

  it('given a flush while others keep sending, then it ends', async () => {
    const { simulation, options } = await simulatedCluster();
    const producer = new Producer(options);
    await simulation.settle(producer.send(record('known')));
    let isOver = false;
    const busy = (async () => {
      while (!isOver) await producer.send(record('more'));
    })();
    await simulation.settle(producer.flush(), 1_000);
    isOver = true;
    await simulation.settle(busy);
    await simulation.settle(producer.close());
  });
});

describe('Producer.close', () => {
  it('given a broker that is gone, when closed with a time limit, then all that is left fails with CLOSED in that time', async () => {
    const { simulation, options } = await simulatedCluster();
    const producer = new Producer({ ...options, bufferMemoryBytes: 100 });
    await simulation.settle(producer.send(record('known')));
    simulation.net.refuse('broker');
    simulation.net.reset({ to: 'broker' });
    const codes = ['x', 'y', 'z'].map((letter) =>
      producer.send(record(letter.repeat(60))).catch((error: KafkaError) => error.code),
    );
    const elsewhere = producer
      .send(record('?', 'elsewhere'))
      .catch((error: KafkaError) => error.code);
    await simulation.settle(producer.close({ timeoutMs: 1_000 }), 1_500);
    expect(await simulation.settle(Promise.all([...codes, elsewhere]), 10)).toEqual(
      Array.from({ length: 4 }, () => 'CLOSED'),
    );
  });

  it('given acks none and a broker that takes nothing, then memory still bounds what is sent', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const producer = new Producer({ ...options, acks: 'none', bufferMemoryBytes: 1_000 });
    await simulation.settle(producer.send(record('known')));
    for (let index = 0; index < 50; index += 1)
      await simulation.settle(producer.send(record(`${index}`.padEnd(100))));
    await simulation.settle(producer.close());
    await simulation.run(1_000);
    expect(broker.values('orders', 0)).toHaveLength(51);
  });
});

describe('Producer.topic', () => {
  const numbers: TopicType<string, number> = {
    name: 'orders',
    key: {
      name: 'text',
      serialize: (text) => Buffer.from(text),
      deserialize: (bytes) => bytes.toString(),
    },
    value: {
      name: 'number',
      serialize: (number, { topic, side }) => {
        if (!Number.isFinite(number)) throw new RangeError(`${number} in ${topic}'s ${side}`);
        return Buffer.from(`${number}`);
      },
      deserialize: (bytes) => Number(bytes.toString()),
    },
  };

  it('given values of the type, then their bytes are sent, and null stays null', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const producer = new Producer(options);
    const orders = producer.topic(numbers);
    await simulation.settle(orders.send({ key: 'a', value: 5 }));
    await simulation.settle(orders.send({ key: 'a', value: null }));
    expect(broker.values('orders', 0)).toEqual(['5', 'null']);
    await simulation.settle(producer.close());
  });

  it('given a value that does not fit, then rejects with what the serde says', async () => {
    const { simulation, options } = await simulatedCluster();
    const producer = new Producer(options);
    await expect(producer.topic(numbers).send({ value: Infinity })).rejects.toThrow(
      "Infinity in orders's value",
    );
    await simulation.settle(producer.close());
  });
});

it('given records that the broker blames, then those fail by its message and the others as innocent', async () => {
  const { simulation, broker, options } = await simulatedCluster();
  const producer = new Producer(options);
  await simulation.settle(producer.send(record('known')));
  broker.inject({
    apiKey: ApiKey.Produce,
    fault: { kind: 'error', errorCode: ErrorCode.INVALID_RECORD, blamed: [1] },
  });
  const codes = ['good', 'bad', 'good'].map((value) =>
    producer.send(record(value)).catch((error: KafkaError) => error.code),
  );
  expect(await simulation.settle(Promise.all(codes))).toEqual([
    'BATCH_REFUSED',
    'INVALID_RECORD',
    'BATCH_REFUSED',
  ]);
  await simulation.settle(producer.close());
});
