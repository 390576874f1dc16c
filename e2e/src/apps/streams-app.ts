// A Streams application as a process of its own, for tests that kill it: orders are passed on one by one, and of each customer
// the highest order is kept. Prints `running` when its tasks run. Arguments: bootstrap, application id, input, outputs, state folder.
import { int64, string } from '@ottla/serdes';
import { KafkaStreams, StreamsBuilder } from '@ottla/streams';

const [bootstrapServers, applicationId, input, passed, highest, stateDir] = process.argv.slice(2);

const builder = new StreamsBuilder();
const orders = builder.stream(input!, { key: string(), value: int64() });
orders.mapValues((order) => order).to(passed!, { value: int64() });
orders
  .selectKey((customer) => `customer ${customer}`)
  .groupByKey({ key: string(), value: int64() })
  .reduce((soFar, order) => Math.max(soFar, order), { store: 'highest' })
  .toStream()
  .to(highest!);

const streams = new KafkaStreams(builder.build(), {
  applicationId: applicationId!,
  bootstrapServers: bootstrapServers!,
  stateDir: stateDir!,
  commitIntervalMs: 100,
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 500,
});
streams.onStateChange((state) => console.log(state.toLowerCase()));
process.once('SIGTERM', () => void streams.close());
await streams.start();
await streams.ended();
