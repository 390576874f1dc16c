// Activity tracking: one topic of clicks, read by two groups that know nothing of each other. One counts page views by minute, the
// other follows each visitor from landing page to order; the second has two members, which share the partitions.
//
//   npm run -s activity-tracking [-- --visitors 500] [--bootstrap-server host:9092] [--json]
import { parseArgs } from 'node:util';
import { Admin, Consumer, Producer } from '@ottla/client';
import { json, string, topic } from '@ottla/serdes';
import { startBroker } from '@ottla/testing';
import { type Click, clicksOf } from './clicks.ts';

const clicks = topic('clicks', { key: string(), value: json<Click>() });
const STEPS = ['landing', 'product', 'cart', 'order'] as const;

const { values } = parseArgs({
  options: {
    'bootstrap-server': { type: 'string' },
    visitors: { type: 'string', default: '500' },
    json: { type: 'boolean', default: false },
  },
});
const broker = values['bootstrap-server'] === undefined ? await startBroker() : undefined;
const bootstrapServers = values['bootstrap-server'] ?? broker!.bootstrapServers;

/** Views by minute since the start. */
const views = new Map<number, number>();
/** How far each visitor came, as an index of `STEPS`. */
const reached = new Map<string, number>();
/** Clicks that each member of the second group read. */
const shares = [0, 0];
let viewed = 0;
let followed = 0;

const all = clicksOf(Number(values.visitors));
const consumers = [consumer('page-views'), consumer('funnel'), consumer('funnel')];
const readers = [
  read(consumers[0]!, ({ atMs }) => {
    const minute = Math.floor(atMs / 60_000);
    views.set(minute, (views.get(minute) ?? 0) + 1);
    viewed += 1;
  }),
  ...[1, 2].map((member) =>
    read(consumers[member]!, ({ visitor, page }) => {
      reached.set(visitor, Math.max(reached.get(visitor) ?? 0, STEPS.indexOf(page)));
      shares[member - 1]! += 1;
      followed += 1;
    }),
  ),
];
const admin = new Admin({ bootstrapServers });
await admin.createTopics([{ name: clicks.name, numPartitions: 6 }]);
await untilBothGroupsRun();
const producer = new Producer({ bootstrapServers, compression: 'zstd', lingerMs: 5 });
const site = producer.topic(clicks);
for (const click of all) {
  const wait = site.enqueue({ key: click.visitor, value: click });
  if (wait !== undefined) await wait;
}
await producer.close();
while (viewed < all.length || followed < all.length)
  await new Promise((resolve) => setTimeout(resolve, 50));
for (const each of consumers) await each.close();
await Promise.all(readers);
await admin.close();
await broker?.close();
print();

function consumer(groupId: string): Consumer {
  return new Consumer({ bootstrapServers, groupId, autoOffsetReset: 'earliest' });
}

/** Reads until the consumer is closed. */
async function read(from: Consumer, take: (click: Click) => void): Promise<void> {
  from.subscribe([clicks]);
  for await (const { value } of from.records(clicks)) take(value!);
}

/** Every member has its share of the six partitions: all of them, and half and half. */
async function untilBothGroupsRun(): Promise<void> {
  const isShared = (): boolean =>
    consumers.every((each, index) => each.assignment().length === (index === 0 ? 6 : 3));
  while (!isShared()) await new Promise((resolve) => setTimeout(resolve, 50));
}

function print(): void {
  const funnel = STEPS.map(
    (_step, index) => [...reached.values()].filter((at) => at >= index).length,
  );
  const byMinute = [...views].sort(([a], [b]) => a - b);
  if (values.json) {
    console.log(JSON.stringify({ byMinute, funnel, shares }));
    return;
  }
  const bar = (count: number, most: number): string => '█'.repeat(Math.ceil((30 * count) / most));
  console.log(
    `${all.length} clicks of ${reached.size} visitors\n\nGroup page-views: views by minute`,
  );
  const most = Math.max(...views.values());
  for (const [minute, count] of byMinute)
    console.log(
      `  minute ${String(minute).padStart(2)} ${String(count).padStart(6)} ${bar(count, most)}`,
    );
  console.log('\nGroup funnel: visitors who came so far');
  for (const [index, step] of STEPS.entries())
    console.log(
      `  ${step.padEnd(9)} ${String(funnel[index]).padStart(6)} ${bar(funnel[index]!, funnel[0]!)}`,
    );
  console.log(`\n  its two members read ${shares.join(' and ')} clicks`);
}
