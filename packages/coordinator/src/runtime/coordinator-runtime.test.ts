import {
  buildControlBatch,
  ControlRecordType,
  encodeEndTxnMarker,
  RecordBatchBuilder,
} from '@ottla/protocol/records';
import { silentLogger } from '@ottla/platform';
import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../../test/support/memory-log.ts';
import { VirtualTime } from '../../test/support/virtual-time.ts';
import { CoordinatorError } from './coordinator-error.ts';
import { CoordinatorRuntime } from './coordinator-runtime.ts';
import type {
  CoordinatorResult,
  CoordinatorShard,
  RecordProducer,
  ShardContext,
} from './coordinator-shard.ts';
import type { ShardLimits } from './shard-runner.ts';
import { SnapshotMap } from './snapshot-map.ts';

/** A record of the counter shard: the new value of a counter. */
interface Count {
  readonly name: string;
  readonly value: number;
}

/** Counters; `boom` cannot be replayed. */
class Counters implements CoordinatorShard<Count> {
  readonly counts: SnapshotMap<string, number>;
  readonly transactionEnds: string[] = [];
  readonly context: ShardContext<Count>;
  isUnloaded = false;

  constructor(context: ShardContext<Count>) {
    this.context = context;
    this.counts = new SnapshotMap(context.snapshots);
  }

  replay(_offset: number, { name, value }: Count, producer?: RecordProducer): void {
    this.counts.set(name, value);
    if (name === 'boom') throw new Error('cannot be replayed');
    if (producer !== undefined) this.transactionEnds.push(`${name} in ${producer.producerId}`);
  }

  replayTransactionEnd({ producerId }: RecordProducer, isCommit: boolean): void {
    this.transactionEnds.push(`${isCommit ? 'commit' : 'abort'} of ${producerId}`);
  }

  onUnloaded(): void {
    this.isUnloaded = true;
  }

  increment(name: string): CoordinatorResult<Count, number> {
    const value = (this.counts.get(name) ?? 0) + 1;
    return { records: [{ name, value }], response: value };
  }
}

const defaults: ShardLimits = {
  loadBufferBytes: 100,
  writeTimeoutMs: 5000,
  appendLingerMs: 0,
  compression: 0,
  pendingOperationsMax: 100,
};

class World {
  readonly time = new VirtualTime();
  readonly log: MemoryLog = new MemoryLog(this.time);
  readonly shards: Counters[] = [];
  readonly runtime: CoordinatorRuntime<Counters, Count>;

  constructor(limits: Partial<ShardLimits> = {}) {
    this.runtime = new CoordinatorRuntime<Counters, Count>({
      platform: { clock: this.time, timers: this.time },
      logger: silentLogger,
      limits: { ...defaults, ...limits },
      codec: {
        encode: ({ name, value }) => ({
          key: Buffer.from(name),
          value: Buffer.from(String(value)),
        }),
        decode: (key, value) =>
          key?.toString() === 'strange' ? undefined : { name: String(key), value: Number(value) },
      },
      createShard: (context) => {
        const shard = new Counters(context);
        this.shards.push(shard);
        return shard;
      },
    });
  }

  get shard(): Counters {
    return this.shards.at(-1)!;
  }

  async elect(epoch = 1): Promise<ReturnType<MemoryLog['lead']>> {
    const leader = this.log.lead();
    const loaded = this.runtime.load(0, epoch, leader);
    await this.time.run(10);
    await loaded;
    return leader;
  }

  /** Increments a counter; the outcome is collected under the returned list's next place. */
  increment(name: string): Promise<number | string> {
    return outcome(this.runtime.write(0, (shard) => shard.increment(name)));
  }
}

/** A promise's value, or the code of its error. */
function outcome<T>(promise: Promise<T>): Promise<T | string> {
  return promise.catch((error: unknown) =>
    error instanceof CoordinatorError ? error.code : String(error),
  );
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const waiting = Symbol('waiting');
  return (
    (await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, waiting))])) ===
    waiting
  );
}

describe('CoordinatorRuntime: writes', () => {
  it('given an appended record, when the high watermark has not passed it, then the answer waits', async () => {
    const world = new World();
    world.log.manners.commitDelayMs = () => undefined;
    await world.elect();
    const answer = world.increment('a');
    await world.time.run(100);
    expect(world.log.batchCount).toBe(1);
    expect(await isPending(answer)).toBe(true);
    world.log.commit();
    expect(await answer).toBe(1);
  });

  it('given operations of one turn, when they write, then they share a batch', async () => {
    const world = new World();
    await world.elect();
    const answers = [world.increment('a'), world.increment('a'), world.increment('b')];
    await world.time.run(1);
    expect(await Promise.all(answers)).toEqual([1, 2, 1]);
    expect(world.log.batchCount).toBe(1);
  });

  it('given a linger, when operations come within it, then they share a batch', async () => {
    const world = new World({ appendLingerMs: 5 });
    await world.elect();
    const first = world.increment('a');
    await world.time.run(4);
    expect(world.log.batchCount).toBe(0);
    const second = world.increment('a');
    await world.time.run(1);
    expect([await first, await second, world.log.batchCount]).toEqual([1, 2, 1]);
  });

  it('given an append in flight, when more operations come, then they read its state and share the next batch', async () => {
    const world = new World();
    world.log.manners.appendDelayMs = () => 10;
    await world.elect();
    const first = world.increment('a');
    await world.time.run(1);
    const second = world.increment('a');
    await world.time.run(1);
    const third = world.increment('a');
    await world.time.run(30);
    expect(await Promise.all([first, second, third])).toEqual([1, 2, 3]);
    expect(world.log.batchCount).toBe(2);
  });

  it('given uncommitted records, when an operation writes nothing, then its answer waits for them', async () => {
    const world = new World();
    world.log.manners.commitDelayMs = () => undefined;
    await world.elect();
    const written = world.increment('a');
    await world.time.run(1);
    const looked = world.runtime.write(0, (shard) => ({
      records: [],
      response: shard.counts.get('a'),
    }));
    expect(await isPending(looked)).toBe(true);
    world.log.commit();
    expect([await written, await looked]).toEqual([1, 1]);
  });

  it('given uncommitted records, when state is read, then the committed value is what it was', async () => {
    const world = new World();
    await world.elect();
    const first = world.increment('a');
    await world.time.run(1);
    await first;
    world.log.manners.commitDelayMs = () => undefined;
    const second = world.increment('a');
    await world.time.run(1);
    const read = (): Promise<unknown> =>
      world.runtime.read(0, ({ counts }) => [counts.getCommitted('a'), counts.get('a')]);
    expect(await read()).toEqual([1, 2]);
    world.log.commit();
    await second;
    expect(await read()).toEqual([2, 2]);
  });

  it('given more waiting operations than the bound, then the next is refused as retriable and later ones are taken again', async () => {
    const world = new World({ pendingOperationsMax: 2 });
    await world.elect();
    const answers = [world.increment('a'), world.increment('a'), world.increment('a')];
    await world.time.run(1);
    expect(await Promise.all(answers)).toEqual([1, 2, 'COORDINATOR_LOAD_IN_PROGRESS']);
    const later = world.increment('a');
    await world.time.run(1);
    expect(await later).toBe(3);
  });

  it('when an operation throws, then it alone fails', async () => {
    const world = new World();
    await world.elect();
    const answers = [
      world.increment('a'),
      outcome(
        world.runtime.write(0, () => {
          throw new CoordinatorError('ILLEGAL_GENERATION');
        }),
      ),
      world.increment('a'),
    ];
    await world.time.run(1);
    expect(await Promise.all(answers)).toEqual([1, 'ILLEGAL_GENERATION', 2]);
  });
});

describe('CoordinatorRuntime: sizes', () => {
  const names = Array.from({ length: 12 }, (_, i) => `counter-number-${i}`);

  it('given records that must stay together and find no room, then they go into the next batch', async () => {
    const world = new World();
    world.log.batchSizeBytesMax = 400;
    await world.elect();
    const write = (): Promise<string> =>
      world.runtime.write(0, () => ({
        records: names.slice(0, 5).map((name) => ({ name, value: 1 })),
        response: 'ok',
      }));
    const answers = [write(), write()];
    await world.time.run(1);
    expect(await Promise.all(answers)).toEqual(['ok', 'ok']);
    expect(world.log.batchCount).toBe(2);
  });

  it('given records that need not stay together, then they spread over batches and the answer waits for the last', async () => {
    const world = new World();
    world.log.batchSizeBytesMax = 200;
    await world.elect();
    const records = names.map((name) => ({ name, value: 7 }));
    const answer = world.runtime.write(0, () => ({ records, response: 'ok', atomic: false }));
    await world.time.run(1);
    expect(await answer).toBe('ok');
    expect(world.log.batchCount).toBeGreaterThan(2);
    expect(world.log.records.map(({ key }) => String(key))).toEqual(names);
  });

  it('given records that must stay together and are too large for a batch, then the operation fails and leaves no trace', async () => {
    const world = new World();
    world.log.batchSizeBytesMax = 200;
    await world.elect();
    const records = names.map((name) => ({ name, value: 7 }));
    const answer = outcome(world.runtime.write(0, () => ({ records, response: 'ok' })));
    await world.time.run(1);
    expect(await answer).toBe('RECORD_LIST_TOO_LARGE');
    expect([world.shard.counts.size, world.log.batchCount]).toEqual([0, 0]);
  });
});

describe('CoordinatorRuntime: failures', () => {
  it('given an append that fails, then its operations and all built on them fail, and the state is what was written before', async () => {
    const world = new World();
    await world.elect();
    const kept = world.increment('a');
    await world.time.run(1);
    world.log.manners.appendDelayMs = () => 10;
    world.log.manners.appendError = () => new CoordinatorError('NOT_ENOUGH_REPLICAS');
    const failed = world.increment('a');
    await world.time.run(1);
    const builtOnIt = world.increment('a');
    await world.time.run(20);
    expect(await Promise.all([kept, failed, builtOnIt])).toEqual([
      1,
      'NOT_ENOUGH_REPLICAS',
      'NOT_ENOUGH_REPLICAS',
    ]);
    expect(world.shard.counts.get('a')).toBe(1);
    world.log.manners.appendError = () => undefined;
    const again = world.increment('a');
    await world.time.run(20);
    expect(await again).toBe(2);
  });

  it('given a record that cannot be replayed, then its batch fails and one in flight does not', async () => {
    const world = new World();
    world.log.manners.appendDelayMs = () => 10;
    await world.elect();
    const inFlight = world.increment('a');
    await world.time.run(1);
    const answers = [world.increment('b'), world.increment('boom')];
    await world.time.run(20);
    expect([await inFlight, ...(await Promise.all(answers))]).toEqual([
      1,
      'UNKNOWN_SERVER_ERROR',
      'UNKNOWN_SERVER_ERROR',
    ]);
    expect([...world.shard.counts.entries()]).toEqual([['a', 1]]);
  });

  it('given records that are not committed in time, then the answer is a timeout and the records stay', async () => {
    const world = new World();
    world.log.manners.commitDelayMs = () => undefined;
    await world.elect();
    const answer = world.increment('a');
    await world.time.run(4999);
    expect(await isPending(answer)).toBe(true);
    await world.time.run(2);
    expect(await answer).toBe('REQUEST_TIMED_OUT');
    expect(world.shard.counts.get('a')).toBe(1);
    world.log.commit();
    expect(world.runtime.pendingCount).toBe(0);
  });

  it('given a log that is elsewhere than expected, then what waits fails and the shard loads again', async () => {
    const world = new World();
    const leader = await world.elect();
    const stranger = new RecordBatchBuilder();
    stranger.append(0, Buffer.from('x'), Buffer.from('9'));
    world.log.store(stranger.build());
    const answer = world.increment('a');
    await world.time.run(10);
    expect(await answer).toBe('NOT_COORDINATOR');
    expect(world.runtime.stateOf(0)).toBe('active');
    expect([...world.shard.counts.entries()]).toEqual([
      ['x', 9],
      ['a', 1],
    ]);
    expect(leader.listenerCount).toBe(1);
  });

  it('when whenSettled is given, then it is called once, before the answer, with the reason', async () => {
    const world = new World();
    await world.elect();
    const calls: string[] = [];
    const write = (): Promise<unknown> =>
      outcome(
        world.runtime.write(0, (shard) => ({
          ...shard.increment('a'),
          whenSettled: (error) => void calls.push(error?.code ?? 'committed'),
        })),
      );
    const good = write();
    await world.time.run(1);
    world.log.manners.appendError = () => new Error('disk');
    const bad = write();
    await world.time.run(1);
    expect([await good, await bad]).toEqual([1, 'KAFKA_STORAGE_ERROR']);
    expect(calls).toEqual(['committed', 'KAFKA_STORAGE_ERROR']);
  });
});

describe('CoordinatorRuntime: loading and unloading', () => {
  async function fill(world: World, count: number): Promise<void> {
    await world.elect();
    for (let i = 0; i < count; i += 1) {
      const answer = world.increment(`c${i}`);
      await world.time.run(1);
      await answer;
    }
  }

  it('given a log, when a new leader loads it in slices, then operations are refused until it is done and then see its state', async () => {
    const world = new World();
    await fill(world, 20);
    world.runtime.unload(0);
    const leader = world.log.lead();
    const loaded = world.runtime.load(0, 2, leader);
    expect(await world.increment('c0')).toBe('COORDINATOR_LOAD_IN_PROGRESS');
    expect(await outcome(world.runtime.read(0, () => 1))).toBe('COORDINATOR_LOAD_IN_PROGRESS');
    await world.time.run(10);
    await loaded;
    expect(leader.readCount).toBeGreaterThan(5);
    expect(world.shard.counts.size).toBe(20);
    expect(world.shards).toHaveLength(2);
  });

  it('given records above the high watermark, when loaded, then committed reads do not see them until it passes', async () => {
    const world = new World();
    await fill(world, 1);
    world.log.manners.commitDelayMs = () => undefined;
    void world.increment('c0');
    await world.time.run(1);
    world.runtime.unload(0);
    await world.elect(2);
    const { counts } = world.shard;
    expect([counts.getCommitted('c0'), counts.get('c0')]).toEqual([1, 2]);
    const looked = world.runtime.write(0, () => ({ records: [], response: 'seen' }));
    expect(await isPending(looked)).toBe(true);
    world.log.commit();
    expect([await looked, counts.getCommitted('c0')]).toEqual(['seen', 2]);
  });

  it('given transactions in the log, when loaded, then their records and ends are replayed as such', async () => {
    const world = new World();
    const builder = new RecordBatchBuilder({
      producerId: 5,
      producerEpoch: 0,
      baseSequence: 0,
      transactional: true,
    });
    builder.append(0, Buffer.from('t'), Buffer.from('1'));
    builder.append(0, Buffer.from('strange'), Buffer.from('1'));
    world.log.store(builder.build());
    const value = encodeEndTxnMarker(0);
    world.log.store(
      buildControlBatch({
        type: ControlRecordType.COMMIT,
        value,
        timestamp: 0,
        producerId: 5,
        producerEpoch: 0,
      }),
    );
    world.log.commit();
    await world.elect();
    expect(world.shard.transactionEnds).toEqual(['t in 5', 'commit of 5']);
    expect(world.shard.counts.has('strange')).toBe(false);
  });

  it('given a log that ends too early, when loaded, then the shard has failed and says so until the next election', async () => {
    const world = new World();
    await fill(world, 2);
    world.runtime.unload(0);
    const loaded = world.runtime.load(0, 2, {
      logStartOffset: 0,
      logEndOffset: 9,
      highWatermark: 2,
      batchSizeBytesMax: 1000,
      append: () => Promise.reject(new Error()),
      read: (offset, max) => Promise.resolve(world.log.read(offset, max)),
      onHighWatermark: () => () => {},
    });
    await world.time.run(10);
    await loaded;
    expect(world.runtime.stateOf(0)).toBe('failed');
    expect(await world.increment('a')).toBe('NOT_COORDINATOR');
    await world.elect(3);
    expect(world.runtime.stateOf(0)).toBe('active');
  });

  it('when unloaded, then everything that waits fails with NOT_COORDINATOR and nothing is left behind', async () => {
    const world = new World();
    const leader = await world.elect();
    world.log.manners.appendDelayMs = () => undefined;
    const answers = [world.increment('a')];
    await world.time.run(1);
    answers.push(world.increment('a'));
    world.shard.context.timers.schedule('late', 50, () => world.shard.increment('timed') as never);
    world.runtime.unload(0);
    expect(await Promise.all(answers)).toEqual(['NOT_COORDINATOR', 'NOT_COORDINATOR']);
    expect([leader.listenerCount, world.shard.isUnloaded, world.runtime.pendingCount]).toEqual([
      0,
      true,
      0,
    ]);
    await world.time.run(1);
    expect(world.time.timerCount).toBe(0);
    leader.release();
    await world.time.run(100);
    expect(await world.increment('a')).toBe('NOT_COORDINATOR');
  });

  it('when unloaded while loading, then the load ends without effect', async () => {
    const world = new World();
    await fill(world, 20);
    world.runtime.unload(0);
    const loaded = world.runtime.load(0, 2, world.log.lead());
    world.runtime.unload(0);
    await world.time.run(10);
    await loaded;
    expect(world.runtime.stateOf(0)).toBeUndefined();
    expect(world.shard.counts.size).toBeLessThan(20);
  });

  it('given a later election, when an earlier resignation arrives, then the shard stays; an earlier election changes nothing', async () => {
    const world = new World();
    await world.elect(5);
    world.runtime.unload(0, 4);
    await world.runtime.load(0, 3, world.log.lead());
    expect([world.runtime.stateOf(0), world.shards.length]).toEqual(['active', 1]);
  });

  it('given a new epoch of the same leader, then the state stays and appends go to the new log', async () => {
    const world = new World();
    await fill(world, 1);
    const leader = await world.elect(2);
    const answer = world.increment('c0');
    await world.time.run(1);
    expect([await answer, world.shards.length, leader.appendCount]).toEqual([2, 1, 1]);
  });
});

describe('CoordinatorRuntime: timers', () => {
  it('when a timer is due, then its operation is written; moved back, then at the later time only', async () => {
    const world = new World();
    await world.elect();
    const { timers } = world.shard.context;
    const tick = (): CoordinatorResult<Count, void> => ({
      ...world.shard.increment('ticks'),
      response: undefined,
    });
    timers.schedule('t', 100, tick);
    await world.time.run(90);
    timers.schedule('t', 100, tick);
    await world.time.run(90);
    expect(world.shard.counts.get('ticks')).toBeUndefined();
    await world.time.run(20);
    expect(world.shard.counts.get('ticks')).toBe(1);
    expect(world.log.batchCount).toBe(1);
  });

  it('when a timer is brought forward or cancelled, then it fires early or never', async () => {
    const world = new World();
    await world.elect();
    const { timers } = world.shard.context;
    const tick = (name: string) => (): CoordinatorResult<Count, void> => ({
      ...world.shard.increment(name),
      response: undefined,
    });
    timers.schedule('early', 100, tick('late'));
    timers.schedule('early', 10, tick('early'));
    timers.schedule('never', 10, tick('never'));
    timers.cancel('never');
    await world.time.run(200);
    expect([...world.shard.counts.entries()]).toEqual([['early', 1]]);
  });
});
