// A Streams application on Ottla and on Apache Kafka: two instances share the tasks, one is killed in the middle, its state is gone,
// and nothing is lost. What is expected is computed here.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Admin, Consumer, Producer } from '@ottla/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Child, until } from './src/processes.ts';
import { serverKinds, type ServerUnderTest } from './src/servers.ts';
import { missing } from './src/toolchain.ts';

const CUSTOMERS = 50;
const app = path.join(import.meta.dirname, 'src/apps/streams-app.ts');

describe.each(serverKinds)('Streams on $name', (kind) => {
  const whyNot = missing(kind.needs);
  let server: ServerUnderTest;
  let admin: Admin;
  let folder: string;
  const children: Child[] = [];

  beforeAll(async () => {
    if (whyNot !== undefined) return;
    folder = mkdtempSync(path.join(tmpdir(), 'ottla-streams-'));
    server = await kind.start();
    admin = new Admin({ bootstrapServers: server.bootstrap });
  });

  afterAll(async () => {
    for (const child of children) await child.stop('SIGKILL');
    await admin?.close();
    await server?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  function instance(name: string): Child {
    const args = [server.bootstrap, 'orders-app', 'orders', 'passed', 'highest'];
    const child = new Child(process.execPath, [
      '--conditions=@ottla/source',
      app,
      ...args,
      path.join(folder, name),
    ]);
    children.push(child);
    return child;
  }

  async function order(from: number, count: number): Promise<void> {
    const producer = new Producer({ bootstrapServers: server.bootstrap });
    await producer.sendBatch(
      Array.from({ length: count }, (_, index) => ({
        topic: 'orders',
        key: `${(from + index) % CUSTOMERS}`,
        value: bytes(from + index),
      })),
    );
    await producer.close();
  }

  it('given two instances, when one is killed with its state and the server restarts, then nothing is lost', async (context) => {
    if (whyNot !== undefined) return context.skip(whyNot);
    await admin.createTopics([
      { name: 'orders', numPartitions: 4 },
      { name: 'passed', numPartitions: 2 },
      { name: 'highest', numPartitions: 1 },
    ]);
    const killed = instance('one');
    const lasting = instance('two');
    for (const child of [killed, lasting])
      await until('the instance runs', () => {
        if (!child.isRunning) throw new Error(`it ended: ${child.stdout}${child.stderr}`);
        return child.stdout.includes('running');
      });
    const passed = follow(server.bootstrap, 'passed', 2);
    const highest = follow(server.bootstrap, 'highest', 1);
    await order(0, 5_000);
    await until('some of it is processed', () => passed.values.length > 500);
    await killed.stop('SIGKILL');
    rmSync(path.join(folder, 'one'), { recursive: true, force: true });
    await order(5_000, 5_000);
    await until('all of it is processed', () => new Set(passed.values).size === 10_000, 120_000);
    const back = instance('one');
    await until('it is back', () => back.stdout.includes('running'));
    await server.restart();
    await order(10_000, 1_000);
    const expected = new Map(
      Array.from({ length: CUSTOMERS }, (_, customer) => [
        `customer ${customer}`,
        11_000 - CUSTOMERS + customer,
      ]),
    );
    await until(
      'the highest orders are known',
      () => [...expected].every(([customer, value]) => highest.latest.get(customer) === value),
      120_000,
    );
    await until('all orders were passed on', () => new Set(passed.values).size === 11_000, 120_000);
    expect([...new Set(passed.values)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 11_000 }, (_, index) => index),
    );
    // Whatever was read again after the kill, the highest never goes back.
    expect(highest.latest).toEqual(expected);
    for (const child of [back, lasting]) {
      const { code, stderr } = await child.stop('SIGTERM');
      expect(stderr).toBe('');
      expect(code).toBe(0);
    }
    await passed.stop();
    await highest.stop();
  });
});

function bytes(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(BigInt(value));
  return buffer;
}

/** Reads a topic as it grows. */
function follow(
  bootstrapServers: string,
  topic: string,
  partitions: number,
): { values: number[]; latest: Map<string, number>; stop: () => Promise<void> } {
  const consumer = new Consumer({ bootstrapServers, autoOffsetReset: 'earliest' });
  const values: number[] = [];
  const latest = new Map<string, number>();
  const reading = (async () => {
    await consumer.assign(
      Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 })),
    );
    for await (const { key, value } of consumer) {
      const number = Number(value!.readBigInt64BE());
      values.push(number);
      latest.set(String(key), number);
    }
  })();
  return {
    values,
    latest,
    stop: async () => {
      await consumer.close();
      await reading;
    },
  };
}
