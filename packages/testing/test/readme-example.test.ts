// The example of the README; `readme.test.ts` compares them.
import { startBroker, type TestBroker } from '@ottla/testing';
import { Kafka } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startBroker();
  await broker.createTopic('orders', { partitions: 3 });
});
afterAll(() => broker.close());

it('stores what the producer sends', async () => {
  const kafka = new Kafka({ brokers: broker.bootstrapServers.split(',') });
  const producer = kafka.producer();
  await producer.connect();
  const [metadata] = await producer.send({ topic: 'orders', messages: [{ key: 'a', value: '1' }] });
  await producer.disconnect();
  expect(metadata?.errorCode).toBe(0);
});
