// Batches that are sent side by side before the topic is known: each keeps its place. They interleaved, and records of a key changed order.
import { startBroker } from '@ottla/testing';
import { expect, it } from 'vitest';
import { Admin, Consumer, Producer } from '../src/index.ts';

it('given batches that wait for their topic, then the records of each key stay in the order of the calls', async () => {
  const broker = await startBroker();
  const { bootstrapServers } = broker;
  const admin = new Admin({ bootstrapServers });
  await admin.createTopics([{ name: 't', numPartitions: 4 }]);
  // Little memory, so that batches wait for that too.
  const producer = new Producer({
    bootstrapServers,
    bufferMemoryBytes: 8_192,
    batchSizeBytes: 1_024,
  });
  const records = Array.from({ length: 3_000 }, (_, index) => ({
    topic: 't',
    key: `k${index % 20}`,
    value: `${index}`,
  }));
  const batches: Promise<unknown>[] = [];
  for (let from = 0; from < 2_900; from += 100)
    batches.push(producer.sendBatch(records.slice(from, from + 100)));
  for (const record of records.slice(2_900)) batches.push(producer.send(record));
  await Promise.all(batches);
  await producer.close();
  const consumer = new Consumer({ bootstrapServers, autoOffsetReset: 'earliest' });
  await consumer.assign([0, 1, 2, 3].map((partition) => ({ topic: 't', partition, offset: 0 })));
  const byKey = new Map<string, number[]>();
  let count = 0;
  for await (const { key, value } of consumer) {
    const own = byKey.get(String(key)) ?? [];
    byKey.set(String(key), own);
    own.push(Number(String(value)));
    count += 1;
    if (count === records.length) break;
  }
  for (const own of byKey.values()) expect(own).toEqual(own.toSorted((a, b) => a - b));
  expect(byKey.size).toBe(20);
  await consumer.close();
  await admin.close();
  await broker.close();
});
