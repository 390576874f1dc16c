// One row with our Streams, in a process of its own; arguments as those of StreamsRows.java. Counts records at one node in the middle
// of the topology; after the warm-up it takes the time and the CPU time of this process for the given number of records, prints
// both as one JSON object, and ends.
import { int64, string } from '@ottla/serdes';
import { KafkaStreams, StreamsBuilder, tumblingWindows, windowedSerde } from '@ottla/streams';
import type { Measured, Row } from './settings.ts';

const WINDOW_MS = 60_000;
const [row, bootstrapServers, input, output, stateDir, ...numbers] = process.argv.slice(2) as [
  Row,
  ...string[],
];
const [warmupRecords, records, commitIntervalMs] = numbers.map(Number) as [number, number, number];

let seen = 0;
let startedMs = 0;
let startedCpu = process.cpuUsage();
let end: (measured: Measured) => void;
const ended = new Promise<Measured>((resolve) => {
  end = resolve;
});

function count(): void {
  if (seen === warmupRecords) {
    startedMs = performance.now();
    startedCpu = process.cpuUsage();
  }
  if (seen === warmupRecords + records) {
    const seconds = (performance.now() - startedMs) / 1000;
    const { user, system } = process.cpuUsage(startedCpu);
    end({ recordsPerSecond: records / seconds, cpuMicrosPerRecord: (user + system) / records });
  }
  seen += 1;
}

const text = string();
const builder = new StreamsBuilder();
const counted = builder.stream(input!, { key: text, value: text }).peek(count);
switch (row) {
  case 'map':
    counted.mapValues((value) => value.toUpperCase()).to(output!, { value: text });
    break;
  case 'count':
    counted.groupByKey().count().toStream().to(output!, { value: int64() });
    break;
  case 'windowed count':
    counted
      .groupByKey()
      .windowedBy(tumblingWindows({ sizeMs: WINDOW_MS }))
      .count()
      .toStream()
      .to(output!, { key: windowedSerde(text, WINDOW_MS), value: int64() });
    break;
}
const streams = new KafkaStreams(builder.build(), {
  applicationId: `bench-${process.pid}`,
  bootstrapServers: bootstrapServers!,
  stateDir: stateDir!,
  commitIntervalMs,
});
await streams.start();
const measured = await Promise.race([
  ended,
  streams.ended().then(() => Promise.reject(new Error('it ended before'))),
]);
await streams.close();
process.stdout.write(`${JSON.stringify(measured)}\n`);
