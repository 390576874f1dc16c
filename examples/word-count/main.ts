// Word count over a real text, the licence of this project: lines in, counts out, the most frequent words as a picture.
//
//   npm run -s word-count [-- FILE] [--bootstrap-server host:9092]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Admin, Consumer, Producer } from '@ottla/client';
import { int64, string, topic } from '@ottla/serdes';
import { KafkaStreams, StreamsBuilder } from '@ottla/streams';
import { startBroker } from '@ottla/testing';

const lines = topic('lines', { key: string(), value: string() });
const counts = topic('counts', { key: string(), value: int64() });

const { values, positionals } = parseArgs({
  options: { 'bootstrap-server': { type: 'string' }, json: { type: 'boolean' } },
  allowPositionals: true,
});
const file = positionals[0] ?? path.resolve(import.meta.dirname, '../../LICENSE');
const text = readFileSync(file, 'utf8').split('\n');
const broker = values['bootstrap-server'] === undefined ? await startBroker() : undefined;
const bootstrapServers = values['bootstrap-server'] ?? broker!.bootstrapServers;
const stateDir = mkdtempSync(path.join(tmpdir(), 'ottla-word-count-'));

const builder = new StreamsBuilder();
builder
  .stream(lines)
  .flatMapValues((line) => line.toLowerCase().match(/[a-z]+/g) ?? [])
  .groupBy((_key, word) => word, { key: string(), value: string() })
  .count({ store: 'words' })
  .toStream()
  .to(counts);

const admin = new Admin({ bootstrapServers });
const producer = new Producer({ bootstrapServers });
const consumer = new Consumer({ bootstrapServers, autoOffsetReset: 'earliest' });
const streams = new KafkaStreams(builder.build(), {
  applicationId: 'word-count',
  bootstrapServers,
  stateDir,
  commitIntervalMs: 100,
});
try {
  await admin.createTopics([
    { name: lines.name, numPartitions: 3 },
    { name: counts.name, numPartitions: 1 },
  ]);
  await streams.start();
  await producer.sendBatch(text.map((value) => ({ topic: lines.name, value })));
  print(await countAll(text.join('\n').match(/[A-Za-z]+/g)?.length ?? 0));
} finally {
  await streams.close();
  for (const client of [consumer, producer, admin]) await client.close();
  await broker?.close();
  rmSync(stateDir, { recursive: true, force: true });
}

/** Follows the counts until they add up to all words of the text. */
async function countAll(total: number): Promise<Map<string, number>> {
  const latest = new Map<string, number>();
  let sum = 0;
  await consumer.assign([{ topic: counts.name, partition: 0, offset: 0 }]);
  for await (const { key, value } of consumer.records(counts)) {
    sum += value! - (latest.get(key!) ?? 0);
    latest.set(key!, value!);
    if (sum === total) break;
  }
  return latest;
}

function print(latest: Map<string, number>): void {
  if (values.json === true) {
    console.log(JSON.stringify(Object.fromEntries(latest)));
    return;
  }
  const words = [...latest].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, 15);
  console.log(`${latest.size} words in ${text.length} lines of ${path.basename(file)}\n`);
  for (const [word, count] of words)
    console.log(
      `  ${word.padEnd(16)} ${String(count).padStart(5)} ${'█'.repeat(Math.ceil((40 * count) / words[0]![1]))}`,
    );
}
