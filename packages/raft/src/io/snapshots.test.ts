// Snapshots that come from a leader piece by piece, and those that go when nobody needs them any more.
import { LogDirectory } from '@ottla/log';
import { type Platform, silentLogger } from '@ottla/platform';
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import { ErrorCode, METADATA_TOPIC_ID } from '@ottla/protocol';
import {
  createPartitionData,
  type FetchRequest,
  fetchResponse,
} from '@ottla/protocol/messages/fetch';
import type { FetchSnapshotRequest } from '@ottla/protocol/messages/fetch-snapshot';
import {
  createResponsePartitionSnapshot,
  fetchSnapshotResponse,
} from '@ottla/protocol/messages/fetch-snapshot';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type LogPosition,
  METADATA_LOG_FOLDER,
  METADATA_TOPIC,
  MetadataLog,
  type MetadataLogSettings,
  QuorumCore,
  QUORUM_TIMES_DEFAULT,
  VoterSet,
  writeSnapshotFile,
} from '../index.ts';
import { CommitReader } from './commit-reader.ts';
import { FollowerFetcher, type FollowerFetcherOptions } from './follower-fetcher.ts';
import { KnownNodes } from './known-nodes.ts';

const FOLDER = `/data/${METADATA_LOG_FOLDER}`;
const key = (id: number) => ({ id, directoryId: `AAAAAAAAAAAAAAAAAAAA${id}w` });
const VOTERS = new VoterSet(
  [1, 2].map((id) => ({ ...key(id), endpoints: [{ name: 'C', host: `n${id}`, port: 9 }] })),
);

let simulation: Simulation;
let platform: Platform;

beforeEach(() => {
  simulation = createSimulation({ seed: 1 });
  platform = simulation.node('follower').platform;
});

/** Plays virtual time until the promise is there. */
async function settle<T>(promise: Promise<T>): Promise<T> {
  let isDone = false;
  const settled = promise.finally(() => (isDone = true));
  settled.catch(() => undefined);
  await simulation.runUntil(() => isDone, 60_000);
  return settled;
}

async function openLog(settings: MetadataLogSettings = {}): Promise<MetadataLog> {
  const logs = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
  return MetadataLog.open(logs, settings);
}

async function snapshotBytes(id: LogPosition, values: number): Promise<Buffer> {
  const path = '/source';
  await writeSnapshotFile(platform.disk, path, {
    lastContainedLogTimestampMs: 1,
    values: Array.from({ length: values }, (_, n) => Buffer.from(`value ${n}`)),
    quorum: { kraftVersion: 1, voters: VOTERS },
    epoch: id.epoch,
    nowMs: 1,
  });
  return platform.disk.readFile(path);
}

/** A leader that has nothing but one snapshot, of which it gives 100 bytes at a time. */
class Leader {
  id: LogPosition = { offset: 50, epoch: 3 };
  bytes: Buffer = Buffer.alloc(0);
  /** Positions that were asked for. */
  readonly asked: number[] = [];
  /** Bytes that each request wanted, of the log and of snapshots. */
  readonly sizes: Record<'log' | 'snapshot', Set<number>> = { log: new Set(), snapshot: new Set() };
  /** How long each request was given, in ms. */
  readonly timesMs: Record<'log' | 'snapshot', Set<number>> = {
    log: new Set(),
    snapshot: new Set(),
  };
  /** What happens to the request for a piece of that number, from 1 on; undefined: it is answered. */
  fault: (count: number) => 'lost' | 'gone' | undefined = () => undefined;

  send(request: unknown, timeoutMs: number): unknown {
    const isOfLog =
      (request as { topics: { partitions: { position?: number }[] }[] }).topics[0]?.partitions[0]
        ?.position === undefined;
    this.timesMs[isOfLog ? 'log' : 'snapshot'].add(timeoutMs);
    return isOfLog
      ? this.#fetch(request as FetchRequest)
      : this.#snapshot(request as FetchSnapshotRequest);
  }

  #fetch({ maxBytes }: FetchRequest): unknown {
    this.sizes.log.add(maxBytes);
    const partition = {
      ...createPartitionData(),
      currentLeader: { leaderId: 2, leaderEpoch: 3 },
      snapshotId: { endOffset: this.id.offset, epoch: this.id.epoch },
    };
    return fetchResponse.create({
      responses: [{ topic: METADATA_TOPIC, topicId: METADATA_TOPIC_ID, partitions: [partition] }],
    } as never);
  }

  #snapshot(request: FetchSnapshotRequest): unknown {
    const { position, snapshotId } = request.topics[0]!.partitions[0]!;
    this.asked.push(position);
    this.sizes.snapshot.add(request.maxBytes);
    const fault = this.fault(this.asked.length);
    if (fault === 'lost') throw new Error('connection lost');
    const isThere = fault === undefined && snapshotId.endOffset === this.id.offset;
    const partition = createResponsePartitionSnapshot({
      errorCode: isThere ? ErrorCode.NONE : ErrorCode.SNAPSHOT_NOT_FOUND,
      snapshotId,
      currentLeader: { leaderId: 2, leaderEpoch: 3 },
      size: this.bytes.length,
      position,
    });
    const unalignedRecords = isThere
      ? this.bytes.subarray(position, position + Math.min(request.maxBytes, 100))
      : Buffer.alloc(0);
    return fetchSnapshotResponse.create({
      topics: [{ name: METADATA_TOPIC, partitions: [{ ...partition, unalignedRecords }] }],
    } as never);
  }
}

/** Follows `leader` until it has taken over a snapshot. */
async function follow(
  leader: Leader,
  log: MetadataLog,
  settings: Pick<FollowerFetcherOptions, 'fetchSizes' | 'times'> = {},
): Promise<void> {
  const core = new QuorumCore(
    {
      self: key(1),
      voters: VOTERS,
      election: { epoch: 3, leaderId: 2, votedFor: undefined },
      log,
      random: () => 0,
    },
    platform.clock.monotonicMs(),
  );
  const fetcher = new FollowerFetcher({
    platform,
    logger: silentLogger,
    clusterId: 'cluster',
    core,
    log,
    nodes: new KnownNodes(() => VOTERS),
    transport: {
      send: async (_to, _kind, request, timeoutMs) => leader.send(request, timeoutMs) as never,
    },
    stepped: async () => {},
    ...settings,
  });
  fetcher.wake();
  await simulation.runUntil(() => log.voterHistory.last !== undefined, 10_000);
  fetcher.close();
}

describe('a snapshot that is downloaded', () => {
  it('given an answer that is lost, then the piece is asked for again, and nothing before it', async () => {
    const log = await settle(openLog());
    const leader = new Leader();
    leader.bytes = await settle(snapshotBytes(leader.id, 20));
    leader.fault = (count) => (count === 3 ? 'lost' : undefined);
    await follow(leader, log);
    const pieces = Array.from({ length: Math.ceil(leader.bytes.length / 100) }, (_, n) => n * 100);
    expect(leader.asked).toEqual([0, 100, 200, ...pieces.slice(2)]);
    expect(log.voterHistory.last?.voters.ids).toEqual([1, 2]);
    const copy = await settle(platform.disk.readFile(log.snapshotPath(leader.id)));
    expect(copy.equals(leader.bytes)).toBe(true);
  });

  it('given how much one request may bring, then so much is asked for, of the log and of the snapshot', async () => {
    const log = await settle(openLog());
    const leader = new Leader();
    leader.bytes = await settle(snapshotBytes(leader.id, 20));
    await follow(leader, log, { fetchSizes: { logBytesMax: 12_345, snapshotBytesMax: 40 } });
    expect(leader.asked.slice(0, 3)).toEqual([0, 40, 80]);
    expect(leader.sizes).toEqual({ log: new Set([12_345]), snapshot: new Set([40]) });
  });

  it('given how long a request between controllers may take, then a piece on a slow way has so long, and a fetch besides as long as it waits', async () => {
    const log = await settle(openLog());
    const leader = new Leader();
    leader.bytes = await settle(snapshotBytes(leader.id, 20));
    await follow(leader, log, { times: { ...QUORUM_TIMES_DEFAULT, requestTimeoutMs: 9_000 } });
    expect(leader.timesMs).toEqual({ log: new Set([9_500]), snapshot: new Set([9_000]) });
  });

  it('given a snapshot that vanished meanwhile, then the one that is offered next is taken', async () => {
    const log = await settle(openLog());
    const leader = new Leader();
    const next = { offset: 60, epoch: 3 };
    leader.bytes = await settle(snapshotBytes(next, 20));
    leader.fault = (count) => {
      if (count !== 2) return undefined;
      leader.id = next;
      return 'gone';
    };
    await follow(leader, log);
    expect(log.snapshots).toEqual([next]);
    expect(leader.asked.slice(0, 4)).toEqual([0, 100, 0, 100]);
    // The leader here offers the next one for ever, so a part of that may be on its way again.
    const files = await settle(platform.disk.readdir(FOLDER));
    expect(files.filter((name) => name.startsWith('00000000000000000050-'))).toEqual([]);
  });

  it('given one that came damaged, then it never gets its name, and is fetched anew', async () => {
    const log = await settle(openLog());
    const leader = new Leader();
    const whole = await settle(snapshotBytes(leader.id, 20));
    leader.bytes = Buffer.from(whole);
    leader.bytes[150]! ^= 1;
    leader.fault = () => {
      if (leader.asked.filter((position) => position === 0).length === 2) leader.bytes = whole;
      return undefined;
    };
    await follow(leader, log);
    const copy = await settle(platform.disk.readFile(log.snapshotPath(leader.id)));
    expect(copy.equals(whole)).toBe(true);
  });
});

describe('snapshots that are not needed', () => {
  /** A log of 40 records, with snapshots at 10, 20, 30 of those times. */
  async function filled(
    settings: MetadataLogSettings,
    timesMs: readonly number[] = [1, 2, 3],
  ): Promise<MetadataLog> {
    const log = await openLog(settings);
    for (let n = 0; n < 40; n += 1) {
      const builder = new RecordBatchBuilder({});
      builder.append(1, null, Buffer.from(`record ${n}`));
      await log.append(builder.build(), 1);
    }
    log.log.advanceHighWatermark(40);
    for (const [index, lastContainedLogTimestampMs] of timesMs.entries()) {
      const id = { offset: (index + 1) * 10, epoch: 1 };
      const content = { lastContainedLogTimestampMs, values: [], epoch: 1, nowMs: 1 };
      await writeSnapshotFile(platform.disk, log.snapshotPath(id), content);
      log.addSnapshot(id);
    }
    return log;
  }
  const offsets = (log: MetadataLog): number[] => log.snapshots.map(({ offset }) => offset);

  it('given room, then all stay, and the log as well', async () => {
    const log = await settle(filled({}));
    await settle(log.clean(10));
    expect(offsets(log)).toEqual([10, 20, 30]);
    expect(log.startOffset).toBe(0);
  });

  it('given more bytes than allowed, then the oldest go, the newest never, and the log starts at a snapshot', async () => {
    const log = await settle(filled({ retentionBytes: 1 }));
    await settle(log.clean(10));
    expect(offsets(log)).toEqual([30]);
    expect(log.startOffset).toBe(30);
  });

  it('given snapshots that are too old, then they go, as long as there is a newer one', async () => {
    const log = await settle(filled({ retentionMs: 1_000 }, [1, 5_000, 9_000]));
    await settle(log.clean(5_500));
    expect(offsets(log)).toEqual([20, 30]);
    expect(log.startOffset).toBe(20);
    await settle(log.clean(1_000_000));
    expect(offsets(log)).toEqual([30]);
  });

  // Found by the simulator (seed 30106 of one broker, snapshots): the start that a checkpoint had not noted yet was lost.
  it('given a crash soon after, then the log starts at a snapshot again, and not where a segment does', async () => {
    const settings = { retentionBytes: 1, segmentBytes: 600 };
    await settle((await settle(filled(settings))).clean(10));
    const node = simulation.node('follower');
    node.crash({ unsynced: 'keep' });
    node.restart();
    platform = node.platform;
    const again = await settle(openLog(settings));
    expect(again.endOffset).toBe(40);
    expect(again.startOffset).toBe(30);
    expect(offsets(again)).toEqual([30]);
  });

  it('given somebody who downloads it, then it can be read for another minute', async () => {
    const log = await settle(filled({ retentionBytes: 1 }));
    const id = { offset: 10, epoch: 1 };
    await settle(log.clean(1_000));
    await settle(log.clean(60_999));
    expect(log.hasSnapshot(id)).toBe(true);
    expect(await settle(platform.disk.stat(log.snapshotPath(id)))).toBeDefined();
    await settle(log.clean(61_000));
    expect(log.hasSnapshot(id)).toBe(false);
    expect(await settle(platform.disk.stat(log.snapshotPath(id)))).toBeUndefined();
  });

  it('given a log that begins anew at a leader’s snapshot at that moment, then nothing is looked for in those that went with it', async () => {
    const log = await settle(filled({}));
    const newest = { offset: 100, epoch: 1 };
    const content = { lastContainedLogTimestampMs: 1, values: [], epoch: 1, nowMs: 1 };
    await settle(writeSnapshotFile(platform.disk, log.snapshotPath(newest), content));
    const path = log.snapshotPath({ offset: 30, epoch: 1 });
    const effect = { kind: 'delay', delayMs: 50 } as const;
    simulation.node('follower').disk.inject({ operation: 'stat', path, effect });
    await settle(Promise.all([log.clean(10), log.startAt(newest)]));
    expect(offsets(log)).toEqual([100]);
    expect(log.startOffset).toBe(100);
  });

  it('given a listener that is to hear of one that goes just then, then it hears of the one in its place', async () => {
    const log = await settle(filled({}, [1]));
    const newest = { offset: 100, epoch: 1 };
    const content = { lastContainedLogTimestampMs: 1, values: [], epoch: 1, nowMs: 1 };
    await settle(writeSnapshotFile(platform.disk, log.snapshotPath(newest), content));
    const path = log.snapshotPath({ offset: 10, epoch: 1 });
    const effect = { kind: 'delay', delayMs: 50 } as const;
    simulation.node('follower').disk.inject({ path, effect });
    const told: LogPosition[] = [];
    const failures: unknown[] = [];
    const reader = new CommitReader(log, platform, silentLogger, (error) => failures.push(error));
    reader.register({
      handleCommit: () => {},
      handleSnapshot: ({ id }) => told.push(id),
      handleLeaderChange: () => {},
    });
    await settle(log.startAt(newest));
    await simulation.runUntil(() => told.length + failures.length > 0, 1_000);
    await settle(reader.close());
    expect(failures).toEqual([]);
    expect(told).toEqual([newest]);
  });

  it('given a newer snapshot that is beyond what is known as committed, then the older one is needed', async () => {
    const log = await settle(openLog({ retentionBytes: 1 }));
    for (const offset of [0, 10]) {
      const content = { lastContainedLogTimestampMs: 1, values: [], epoch: 1, nowMs: 1 };
      await settle(
        writeSnapshotFile(platform.disk, log.snapshotPath({ offset, epoch: 1 }), content),
      );
      log.addSnapshot({ offset, epoch: 1 });
    }
    await settle(log.clean(10));
    expect(offsets(log)).toEqual([0, 10]);
  });
});
