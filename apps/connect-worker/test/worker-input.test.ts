// A file source without a file reads the worker's standard input, as Kafka's console source does, from a thread too.
import { PassThrough } from 'node:stream';
import { Consumer } from '@ottla/client';
import { describe, expect, it } from 'vitest';
import { until } from './until.ts';
import { workerWorld } from './worker-world.ts';

const CONSOLE_SOURCE = { 'connector.class': 'FileStreamSource', topic: 'typed' };

describe('standard input of a worker', () => {
  it.each(['thread', 'inline'])(
    'given a file source without a file and isolation %s, when lines are typed, then they become records, none before it asks',
    async (isolation) => {
      const typed = new PassThrough();
      let openings = 0;
      await using world = await workerWorld(() => ({ 'ottla.task.isolation': isolation }), {
        standardInput: () => {
          openings += 1;
          return typed;
        },
      });
      expect(openings).toBe(0);
      typed.write('one\ntw');
      await world.call('PUT', '/connectors/console/config', CONSOLE_SOURCE);
      await world.reaches('console', 'RUNNING RUNNING');
      typed.write('o\n');
      typed.end();
      const { bootstrapServers } = world.broker;
      await using consumer = new Consumer({ bootstrapServers });
      await until('the topic is there', async () => {
        const { text } = await world.call('GET', '/connectors/console/topics');
        return text.includes('typed');
      });
      await consumer.assign([{ topic: 'typed', partition: 0, offset: 0 }]);
      const values: string[] = [];
      for await (const { value } of consumer) {
        values.push(String(value));
        if (values.length === 2) break;
      }
      expect(values).toEqual(['one', 'two']);
      // Its end is silence.
      expect(await world.stateOf('console')).toBe('RUNNING RUNNING');
      expect(openings).toBe(1);
    },
  );

  it('given a worker without standard input, when a file source wants to read it, then its task fails and says what to set', async () => {
    await using world = await workerWorld(() => ({}));
    await world.call('PUT', '/connectors/console/config', CONSOLE_SOURCE);
    await world.reaches('console', 'RUNNING FAILED');
    const { body } = await world.call('GET', '/connectors/console/status');
    expect(body.tasks?.[0]?.trace).toContain('this worker was given no standard input to read');
  });
});
