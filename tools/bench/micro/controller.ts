// A controller of many brokers and partitions, alone: what it decides, encodes and replays, without quorum and sockets. Run:
//   node --expose-gc --conditions=@ottla/source tools/bench/micro/controller.ts [brokers, default 1000] [partitions, default 100000]
// Each line: CPU time of the operation, the turns into which it was cut, the longest of them, records written, and the heap after. CPU
// time of the thread, so that a busy machine does not matter. No turn may hold an event loop for more than 5 ms.
import {
  type ControllerOperation,
  type ControllerRequest,
  type ControllerResponse,
  type ControllerResult,
  encodeMetadataRecord,
  imageRecords,
  MetadataLoader,
} from '@ottla/metadata';
import { assigned, TestCluster } from '../../../packages/metadata/test/support/cluster.ts';

const BROKERS = Number(process.argv[2] ?? 1000);
const PARTITIONS = Number(process.argv[3] ?? 100_000);
const REPLICAS = 3;
const PARTITIONS_PER_TOPIC = 100;
/** Of one broker that holds this many replicas besides its share. */
const CROWDED = Math.min(30_000, PARTITIONS / 3);

const cluster = new TestCluster({ recordsPerOperationMax: Infinity });
const allIds = Array.from({ length: BROKERS }, (_, id) => id);
let turns: number[] = [];
let recordCount = 0;

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Decides in turns, and appends what comes of each. */
function perform<R>(decide: () => ControllerResult<R>): R {
  for (let next = decide; ;) {
    const startMs = cpuMs();
    const part = next();
    for (const record of part.records) encodeMetadataRecord(record);
    cluster.appendPart(part);
    turns.push(cpuMs() - startMs);
    recordCount += part.records.length;
    cluster.log.length = 0;
    const { rest } = part;
    if (rest === undefined) return part.response;
    next = () => cluster.controller.resume(rest, cluster.moment);
  }
}

function ask<O extends ControllerOperation>(
  operation: O,
  request: ControllerRequest<O>,
): ControllerResponse<O> {
  return perform(() => cluster.decide(operation, request));
}

function measure(what: string, work: () => void): void {
  turns = [];
  recordCount = 0;
  const startMs = cpuMs();
  work();
  const totalMs = cpuMs() - startMs;
  globalThis.gc?.();
  const longestMs = turns.reduce((a, b) => Math.max(a, b), 0);
  process.stdout.write(
    [
      what.padEnd(46),
      `${totalMs.toFixed(0).padStart(7)} ms`,
      `${String(turns.length).padStart(6)} turns`,
      `longest ${longestMs.toFixed(1).padStart(6)} ms`,
      `${String(recordCount).padStart(7)} records`,
      `heap ${(process.memoryUsage().heapUsed / 1e6).toFixed(0).padStart(5)} MB`,
    ].join('  ') + '\n',
  );
}

/** An id of 16 bytes, different for each kind and number. */
function idOf(kind: number, number: number): string {
  const bytes = Buffer.alloc(16, 0x40 + kind);
  bytes.writeUInt32BE(number, 4);
  return bytes.toString('base64url');
}

function register(id: number, start: number): void {
  const incarnationId = idOf(1 + start, id);
  const request = cluster.registration(id, { incarnationId, logDirs: [idOf(0, id)] });
  const { errorCode } = ask('registerBroker', request);
  if (errorCode !== 0) throw new Error(`broker ${id}: error ${errorCode}`);
}

function beat(id: number, wishes: Partial<ControllerRequest<'brokerHeartbeat'>> = {}): void {
  ask('brokerHeartbeat', cluster.beat(id, wishes));
}

function beatAll(ids: readonly number[] = allIds): void {
  for (const id of ids) beat(id);
}

type Topic = ControllerRequest<'createTopics'>['topics'][number];

function createTopic(
  name: string,
  layout: Pick<Topic, 'assignments' | 'numPartitions' | 'replicationFactor'>,
): void {
  const topics = [{ name, configs: [], ...layout }];
  const [result] = ask('createTopics', { topics, timeoutMs: 1000, validateOnly: false }).topics;
  if (result?.errorCode !== 0) throw new Error(`${name}: ${result?.errorMessage}`);
}

function fenceStale(): void {
  while (perform(() => cluster.controller.fenceOneStaleBroker(cluster.moment)));
}

measure(`${BROKERS} brokers register and serve`, () => {
  for (const id of allIds) {
    register(id, 0);
    beat(id);
  }
});

measure(`${PARTITIONS} partitions are created`, () => {
  for (let made = 0; made < PARTITIONS; made += PARTITIONS_PER_TOPIC) {
    createTopic(`topic-${made}`, {
      numPartitions: PARTITIONS_PER_TOPIC,
      replicationFactor: REPLICAS,
      assignments: [],
    });
  }
});

measure(`${BROKERS} heartbeats`, () => beatAll());

measure('one broker falls silent', () => {
  for (let i = 0; i < 2; i++) {
    cluster.nowMs += 5000;
    beatAll(allIds.slice(1));
  }
  fenceStale();
});

measure('it comes back', () => beat(0));

measure('preferred leaders are looked for', () => {
  perform(() => cluster.controller.electPreferredLeaders(cluster.moment));
});

measure('a tenth of the brokers falls silent', () => {
  for (let i = 0; i < 2; i++) {
    cluster.nowMs += 5000;
    beatAll(allIds.slice(BROKERS / 10));
  }
  fenceStale();
});

measure('they register anew', () => {
  for (const id of allIds.slice(0, BROKERS / 10)) {
    register(id, 1);
    beat(id);
  }
});

measure('1000 partitions are reassigned', () => {
  const topics = [...cluster.image.topics.byName.values()].slice(0, 10).map((topic) => ({
    name: topic.name,
    partitions: topic.partitions.map(({ replicas }, partitionIndex) => ({
      partitionIndex,
      replicas: replicas.map((id) => (id + 1) % BROKERS),
    })),
  }));
  ask('alterPartitionReassignments', {
    timeoutMs: 0,
    allowReplicationFactorChange: true,
    topics,
  });
});

measure('a snapshot, encoded', () => {
  for (const record of imageRecords(cluster.image)) encodeMetadataRecord(record);
});

measure('a broker loads the snapshot', () => {
  const { provenance } = cluster.image;
  const records = imageRecords(cluster.image);
  new MetadataLoader(() => {}).handleSnapshot({ provenance, records });
});

measure('another controller takes over', () => {
  perform(() => cluster.controller.activate(cluster.nowMs));
});

measure(`one broker leads ${CROWDED} more partitions`, () => {
  for (let made = 0; made < CROWDED; made += 5000) {
    const count = Math.min(5000, CROWDED - made);
    const replicas = Array.from({ length: count }, () => [1, 2, 3]);
    createTopic(`crowded-${made}`, assigned(...replicas));
  }
});

measure('it shuts down', () => beat(1, { wantShutDown: true }));

measure('it is fenced', () => {
  for (let i = 0; i < 2; i++) {
    cluster.nowMs += 5000;
    beatAll(allIds.filter((id) => id !== 2));
  }
  fenceStale();
});

measure('it is unregistered', () => void ask('unregisterBroker', { brokerId: 3 }));
