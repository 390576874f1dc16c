// The example of the README, run against a broker; `readme.test.ts` compares the text.
import { startBroker } from '@ottla/testing';
import { expect, it } from 'vitest';
import { example } from './readme-example.ts';

it('given a broker, then the example of the README writes and reads an order', async () => {
  await using broker = await startBroker();
  const lines: string[] = [];
  await example(broker.bootstrapServers, (line) => lines.push(line));
  expect(lines).toEqual(['orders-0@0: {"id":1}']);
});
