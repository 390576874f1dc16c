// What one append and one read of a partition's log cost, on a disk that takes no time: checks, walk, offsets, producer
// state, queue and tail cache, without the write itself. Run:
//   node --conditions=@ottla/source tools/bench/micro/log.ts [seconds per line, default 0.5]
// It asserts nothing.
import { performance } from 'node:perf_hooks';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog, SlabPool } from '@ottla/log';
import { type Disk, type DiskFile, memoryDisk, nodePlatform, silentLogger } from '@ottla/platform';
import { RecordBatchBuilder } from '@ottla/protocol/records';

const SECONDS = Number(process.argv[2] ?? 0.5);
const WARM_UP_TURNS = 200;
/** Appends handed over before the first answer is awaited. */
const IN_FLIGHT = 8;

/** The same object with some methods replaced; its private state stays its own. */
function override<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      const value = (methods[name as keyof T] ?? target[name as keyof T]) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Keeps no log bytes: a write costs one resolved promise. */
function noTimeDisk(): Disk {
  const disk = memoryDisk();
  const noTime = (): Promise<void> => Promise.resolve();
  return override<Disk>(disk, {
    async open(path, mode) {
      const file = await disk.open(path, mode);
      if (!path.endsWith('.log')) return file;
      return override<DiskFile>(file, { write: noTime, datasync: noTime });
    },
  });
}

function batchOf(sizeBytes: number, recordBytes: number, producerId = -1): Buffer {
  const idempotent = { producerId, producerEpoch: 0, baseSequence: 0 };
  const builder = new RecordBatchBuilder(producerId < 0 ? {} : idempotent);
  const value = Buffer.alloc(recordBytes, 'x');
  for (let bytes = 61; bytes + recordBytes < sizeBytes; bytes += recordBytes + 8)
    builder.append(1_700_000_000_000, null, value);
  return Buffer.from(builder.build());
}

async function measure(name: string, bytes: number, turn: () => Promise<number>): Promise<void> {
  for (let i = 0; i < WARM_UP_TURNS; i += 1) await turn();
  const heapBefore = process.memoryUsage().heapUsed;
  const start = performance.now();
  let batches = 0;
  while (performance.now() - start < SECONDS * 1000) batches += await turn();
  const microseconds = ((performance.now() - start) * 1000) / batches;
  console.log(
    name.padEnd(44),
    `${microseconds.toFixed(2)} µs/batch`.padStart(18),
    `${(bytes / microseconds).toFixed(0)} MB/s`.padStart(12),
    `heap ${((process.memoryUsage().heapUsed - heapBefore) / 2 ** 20).toFixed(1)} MB`.padStart(16),
  );
}

/** Appends copies of a batch, each in a slab, as the network layer does; the sequence is not checked. */
function appender(log: PartitionLog, slabs: SlabPool, batch: Buffer): () => Promise<number> {
  return async () => {
    const appends: Promise<unknown>[] = [];
    for (let i = 0; i < IN_FLIGHT; i += 1) {
      const lease = slabs.lease(batch.length);
      batch.copy(lease.bytes);
      appends.push(log.appendAsLeader(lease.bytes, { leaderEpoch: 0, lease }));
      lease.release();
    }
    await Promise.all(appends);
    return IN_FLIGHT;
  };
}

function tailReader(log: PartitionLog, maxBytes: number): () => Promise<number> {
  const offset = log.logEndOffset - 1;
  return async () => {
    const endOffset = log.logEndOffset;
    const region = await log.read({ offset, maxBytes, endOffset, minOneBatch: true });
    (await region.next(maxBytes)).release();
    region.release();
    return 1;
  };
}

const slabs = new SlabPool();
const platform = { ...nodePlatform(), disk: noTimeDisk() };
const directory = await LogDirectory.open({ platform, logger: silentLogger, path: '/data', slabs });
const config = { ...LOG_CONFIG_DEFAULT, maxMessageBytes: 2 * 1024 * 1024 };
const shapes = [
  ['16 KB, records of 1 KB', batchOf(16 * 1024, 1024)],
  ['16 KB, records of 100 B', batchOf(16 * 1024, 100)],
  ['1 MB, records of 1 KB', batchOf(1024 * 1024, 1024)],
  ['16 KB, a duplicate', batchOf(16 * 1024, 1024, 7)],
] as const;
for (const [partition, [name, batch]] of shapes.entries()) {
  const log = await directory.openLog({ topic: 'bench', partition, config });
  await measure(`append ${name}`, batch.length, appender(log, slabs, batch));
  await measure(`tail read ${name}`, batch.length, tailReader(log, batch.length));
}
// Not closed: this disk kept no log bytes to close over.
process.exit(0);
