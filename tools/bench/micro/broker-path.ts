// What one batch costs on its way through the broker: received frame → decoded request → log → response, and back out by a
// fetch, over an in-memory connection and onto a disk that takes no time. Run:
//   node --conditions=@ottla/source tools/bench/micro/broker-path.ts [seconds per line, default 1]
// The client's side (frames ready made, responses counted by their size) costs next to nothing.
import { performance } from 'node:perf_hooks';
import { type Connection, type Disk, memoryDisk } from '@ottla/platform';
import { encodeRequest } from '@ottla/protocol';
import { fetchRequest } from '@ottla/protocol/messages/fetch';
import { produceRequest } from '@ottla/protocol/messages/produce';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { DataPlane } from '../../../apps/broker/test/data-plane.ts';

const SECONDS = Number(process.argv[2] ?? 1);
const ZERO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const IN_FLIGHT = 5;

function batchOf(sizeBytes: number, recordBytes: number): Buffer {
  const builder = new RecordBatchBuilder({});
  const value = Buffer.alloc(recordBytes, 'x');
  for (let bytes = 61; bytes + recordBytes < sizeBytes; bytes += recordBytes + 8)
    builder.append(1_700_000_000_000, null, value);
  return Buffer.from(builder.build());
}

function produceFrame(records: Buffer): Buffer[] {
  const request = produceRequest.create({
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: 'bench', topicId: ZERO_ID, partitionData: [{ index: 0, records }] }],
  });
  return encodeRequest(produceRequest, 12, 1, 'bench', request) as Buffer[];
}

function fetchFrame(fetchOffset: number, maxBytes: number): Buffer[] {
  const request = fetchRequest.create({
    maxWaitMs: 100,
    minBytes: 1,
    maxBytes,
    topics: [
      {
        topic: 'bench',
        topicId: ZERO_ID,
        partitions: [
          {
            partition: 0,
            currentLeaderEpoch: -1,
            fetchOffset,
            lastFetchedEpoch: -1,
            logStartOffset: -1,
            partitionMaxBytes: maxBytes,
            replicaDirectoryId: ZERO_ID,
            highWatermark: 9223372036854775807n,
          },
        ],
      },
    ],
  });
  return encodeRequest(fetchRequest, 12, 1, 'bench', request) as Buffer[];
}

/** Counts response frames by their sizes, without looking at them. */
class CountingClient {
  readonly #connection: Connection;
  readonly #prefix = Buffer.alloc(4);
  #prefixFilled = 0;
  #missing = 0;
  responses = 0;
  onResponse: () => void = () => undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.start({ onData: (chunk) => this.#take(chunk), onClose: () => undefined });
  }

  send(frame: readonly Buffer[]): void {
    this.#connection.write(frame);
  }

  #take(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#missing === 0) {
        this.#prefix[this.#prefixFilled++] = chunk[at++]!;
        if (this.#prefixFilled < 4) continue;
        this.#prefixFilled = 0;
        this.#missing = this.#prefix.readInt32BE(0);
      }
      const taken = Math.min(this.#missing, chunk.length - at);
      this.#missing -= taken;
      at += taken;
      if (this.#missing > 0) continue;
      this.responses += 1;
      this.onResponse();
    }
  }
}

/** Requests for some seconds, a few at once. @returns microseconds of CPU and of time for each */
async function measure(
  plane: DataPlane,
  frame: readonly Buffer[],
): Promise<{ cpu: number; wall: number; perSecond: number }> {
  const [end, served] = plane.platform.net.pipe();
  plane.server.adopt(served, 'PLAINTEXT');
  const client = new CountingClient(end);
  const run = async (milliseconds: number): Promise<number> => {
    const until = performance.now() + milliseconds;
    const before = client.responses;
    await new Promise<void>((resolve) => {
      let open = 0;
      const next = (): void => {
        open += 1;
        client.send(frame);
      };
      client.onResponse = () => {
        open -= 1;
        if (performance.now() < until) next();
        else if (open === 0) resolve();
      };
      for (let n = 0; n < IN_FLIGHT; n += 1) next();
    });
    return client.responses - before;
  };
  await run(300);
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const count = await run(SECONDS * 1000);
  const ms = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  end.destroy();
  return {
    cpu: (user + system) / count,
    wall: (ms * 1000) / count,
    perSecond: (count * 1000) / ms,
  };
}

/** A disk on which writing a log costs nothing: what is measured is the broker. */
function sinkDisk(): Disk {
  const disk = memoryDisk();
  const open: Disk['open'] = async (path, mode) => {
    const file = await disk.open(path, mode);
    if (!path.endsWith('.log')) return file;
    return {
      path,
      write: () => Promise.resolve(),
      writeNow: () => undefined,
      readNow: (target, position) => file.readNow(target, position),
      read: (target, position) => file.read(target, position),
      datasync: () => file.datasync(),
      truncate: (sizeBytes) => file.truncate(sizeBytes),
      stat: () => file.stat(),
      close: () => file.close(),
    };
  };
  return new Proxy(disk, {
    get(target, name: keyof Disk) {
      return name === 'open' ? open : target[name].bind(target);
    },
  });
}

async function withPlane(work: (plane: DataPlane) => Promise<void>): Promise<void> {
  const plane = await DataPlane.start({ disk: sinkDisk(), poison: false });
  await plane.createTopic('bench');
  await work(plane);
  await plane.close();
}

function print(
  what: string,
  result: { cpu: number; wall: number; perSecond: number },
  batches = 1,
): void {
  const cpu = (result.cpu / batches).toFixed(1).padStart(8);
  const wall = (result.wall / batches).toFixed(1).padStart(8);
  const rate = Math.round(result.perSecond * batches)
    .toLocaleString('en')
    .padStart(10);
  console.log(`${what.padEnd(42)} ${cpu} ${wall} ${rate}`);
}

console.log(
  `${'per batch'.padEnd(42)} ${'CPU µs'.padStart(8)} ${'µs'.padStart(8)} ${'per s'.padStart(10)}`,
);
for (const [name, sizeBytes, recordBytes] of [
  ['1 KB batch (1 KB records)', 1100, 1000],
  ['16 KB batch (1 KB records)', 16_384, 1000],
  ['16 KB batch (100 B records)', 16_384, 100],
  ['1 MB batch (1 KB records)', 1_000_000, 1000],
] as const) {
  const records = batchOf(sizeBytes, recordBytes);
  await withPlane(async (plane) =>
    print(`produce ${name}`, await measure(plane, produceFrame(records))),
  );
}
await withPlane(async (plane) => {
  const records = batchOf(16_384, 1000);
  const partition = plane.replicas.partition('bench', 0)!;
  for (let n = 0; n < 64; n += 1) await partition.append(Buffer.from(records));
  print('fetch 16 KB, one a response', await measure(plane, fetchFrame(0, 1)));
  print('fetch 16 KB, 64 a response', await measure(plane, fetchFrame(0, 64 * 17_000)), 64);
});
