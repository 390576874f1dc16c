// A Connect worker that is killed in the middle of its work and started again: nothing lost, and nothing again that was
// committed. On both brokers.
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Admin, Consumer } from '@ottla/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, FILE_SINK, FILE_SOURCE, textOf } from './src/connect-sides.ts';
import { type ConnectWorker, ottlaConnect } from './src/connect-workers.ts';
import { until } from './src/processes.ts';
import { serverKinds, type ServerUnderTest } from './src/servers.ts';
import { missing } from './src/toolchain.ts';

const COMMITTED = 20_000;
const UNDER_WAY = 300_000;
const AFTERWARDS = 1_000;
const TOTAL = COMMITTED + UNDER_WAY + AFTERWARDS;
const TOPIC = 'numbered';
/** The group waits so long for the killed member before others get its partitions. */
const QUICK_SESSIONS = {
  'consumer.session.timeout.ms': '6000',
  'consumer.heartbeat.interval.ms': '1000',
};
/** Each line is as long as every other. */
const LINE_BYTES = 'line-000000\n'.length;

function lines(from: number, to: number): string {
  let text = '';
  for (let number = from; number < to; number += 1)
    text += `line-${String(number).padStart(6, '0')}\n`;
  return text;
}

/** A write that the kill cut short may have left half a line. */
function numbersIn(text: string): number[] {
  return [...text.matchAll(/line-(\d{6})/g)].map(([, digits]) => Number(digits));
}

/** How often each number occurs. */
function timesOf(numbers: readonly number[]): number[] {
  const times = Array.from({ length: TOTAL }, () => 0);
  for (const number of numbers) times[number]! += 1;
  return times;
}

describe.each(serverKinds)('a killed Connect worker on $name', ({ start, needs }) => {
  const absent = missing(needs);
  const folder = mkdtempSync(path.join(tmpdir(), 'connect-kill-'));
  const input = path.join(folder, 'in.txt');
  const output = path.join(folder, 'out.txt');
  let server: ServerUnderTest | undefined;
  let worker: ConnectWorker | undefined;

  beforeAll(async () => {
    if (absent === undefined) server = await start();
  });

  afterAll(async () => {
    await worker?.stop();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A standalone worker keeps offsets over a restart, but no connectors. */
  async function startPipeline(): Promise<ConnectWorker> {
    const started = await ottlaConnect.start(server!.bootstrap, folder, QUICK_SESSIONS);
    const configs = {
      source: { 'connector.class': FILE_SOURCE, file: input, topic: TOPIC },
      sink: { 'connector.class': FILE_SINK, file: output, topics: TOPIC },
    };
    for (const [name, config] of Object.entries(configs))
      expect((await call(started, 'PUT', `/connectors/${name}/config`, config)).status).toBe(201);
    return started;
  }

  async function offsetsOf(name: string): Promise<string> {
    return JSON.stringify((await call(worker!, 'GET', `/connectors/${name}/offsets`)).body);
  }

  async function recordsInTopic(): Promise<string> {
    const bootstrapServers = server!.bootstrap;
    await using admin = new Admin({ bootstrapServers });
    const target = { topic: TOPIC, partition: 0 };
    const [end] = await admin.listOffsets([{ ...target, at: 'latest' }]);
    await using consumer = new Consumer({ bootstrapServers });
    await consumer.assign([{ ...target, offset: 0 }]);
    let text = '';
    for (let seen = 0; seen < end!.offset;)
      for (const { records } of await consumer.poll({ timeoutMs: 1_000 }))
        for (const { value } of records) {
          text += String(value);
          seen += 1;
        }
    return text;
  }

  it.skipIf(absent !== undefined)(
    'given a source and a sink at work, when their worker is killed and started again, then no line is lost, and none again that was committed',
    async () => {
      writeFileSync(input, lines(0, COMMITTED));
      worker = await startPipeline();
      await until(
        'the first lines are committed by both',
        async () =>
          (await offsetsOf('source')).includes(`"position":${COMMITTED * LINE_BYTES}`) &&
          (await offsetsOf('sink')).includes(`"kafka_offset":${COMMITTED}`),
        60_000,
      );
      appendFileSync(input, lines(COMMITTED, COMMITTED + UNDER_WAY));
      await until('some of the next are written', () => {
        return statSync(output).size > COMMITTED * LINE_BYTES;
      });
      process.kill(worker.pid, 'SIGKILL');
      await worker.stop();
      expect(numbersIn(textOf(output)).length).toBeLessThan(COMMITTED + UNDER_WAY);

      worker = await startPipeline();
      appendFileSync(input, lines(COMMITTED + UNDER_WAY, TOTAL));
      const last = lines(TOTAL - 1, TOTAL);
      await until('the last line is written', () => textOf(output).endsWith(last), 60_000);

      for (const text of [textOf(output), await recordsInTopic()]) {
        const times = timesOf(numbersIn(text));
        expect(times.indexOf(0), 'the first line that is lost').toBe(-1);
        expect(times.slice(0, COMMITTED).every((count) => count === 1)).toBe(true);
      }
    },
    150_000,
  );
});
