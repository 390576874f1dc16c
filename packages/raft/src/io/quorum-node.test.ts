import { LogDirectory } from '@ottla/log';
import { memoryDisk, nodePlatform, type Platform, silentLogger } from '@ottla/platform';
import { METADATA_TOPIC_ID } from '@ottla/protocol';
import { fetchRequest } from '@ottla/protocol/messages/fetch';
import { decodeBatches } from '@ottla/protocol/records';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type CommittedBatch,
  drain,
  formatStandaloneQuorum,
  type KnownLeader,
  type LoadedSnapshot,
  QuorumNode,
  QuorumRequests,
} from '../index.ts';

const SELF = { id: 1, directoryId: 'AAAAAAAAAAAAAAAAAAAABw' };
const CLUSTER = 'AAAAAAAAAAAAAAAAAAAAZA';
const open: { node: QuorumNode; logs: LogDirectory }[] = [];

afterEach(async () => {
  for (const { node, logs } of open.splice(0)) {
    await node.close();
    await logs.close();
  }
});

class Recorder {
  readonly values: string[] = [];
  readonly leaders: KnownLeader[] = [];
  readonly snapshots: LoadedSnapshot[] = [];
  readonly #waiting: { done: () => boolean; resolve: () => void }[] = [];

  handleCommit(batches: readonly CommittedBatch[]): void {
    for (const batch of batches) this.values.push(...batch.values.map((value) => value.toString()));
    this.#check();
  }
  handleSnapshot(snapshot: LoadedSnapshot): void {
    this.snapshots.push(snapshot);
    this.values.splice(0, this.values.length, ...snapshot.values.map((value) => value.toString()));
    this.#check();
  }
  handleLeaderChange(leader: KnownLeader): void {
    this.leaders.push(leader);
    this.#check();
  }
  until(done: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ done, resolve });
      this.#check();
    });
  }
  #check(): void {
    for (const waiting of this.#waiting) if (waiting.done()) waiting.resolve();
  }
}

async function start(
  platform: Platform,
): Promise<{ node: QuorumNode; recorder: Recorder; logs: LogDirectory }> {
  const logs = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
  if (logs.meta === undefined) {
    await logs.format({ clusterId: CLUSTER, nodeId: 1, directoryId: SELF.directoryId });
    const voter = { ...SELF, endpoints: [{ name: 'CONTROLLER', host: 'localhost', port: 9093 }] };
    await formatStandaloneQuorum(platform.disk, '/data', voter, platform.clock.nowMs());
  }
  const node = await QuorumNode.open({
    platform,
    logger: silentLogger,
    logs,
    clusterId: CLUSTER,
    self: SELF,
  });
  const recorder = new Recorder();
  node.register(recorder);
  node.start();
  open.push({ node, logs });
  await recorder.until(() => recorder.leaders.some((leader) => leader.isLocal));
  return { node, recorder, logs };
}

describe('QuorumNode, a quorum of one', () => {
  it('given a new directory, when started, then it leads epoch 1 and what it appends is committed', async () => {
    const { node, recorder } = await start({ ...nodePlatform(), disk: memoryDisk() });
    expect(recorder.leaders.at(-1)).toEqual({ leaderId: 1, epoch: 1, isLocal: true });
    expect(node.core.voters.ids).toEqual([1]);
    const last = node.append([Buffer.from('a'), Buffer.from('b')], 1);
    expect(last).toBe(4);
    node.append([Buffer.from('c')], 1);
    await recorder.until(() => recorder.values.length === 3);
    expect(recorder.values).toEqual(['a', 'b', 'c']);
    expect(() => node.append([Buffer.from('x')], 2)).toThrow(/does not lead/);
  });

  it('given a restart, when it leads again, then the epoch is higher and everything committed is told first', async () => {
    const platform = { ...nodePlatform(), disk: memoryDisk() };
    const first = await start(platform);
    first.node.append([Buffer.from('a')], 1);
    await first.recorder.until(() => first.recorder.values.length === 1);
    await first.node.close();
    await first.logs.close();
    open.splice(0);
    const second = await start(platform);
    expect(second.recorder.values).toEqual(['a']);
    expect(second.recorder.leaders.at(-1)?.epoch).toBe(2);
  });

  it('given a snapshot, when started again, then it is told before what follows it', async () => {
    const platform = { ...nodePlatform(), disk: memoryDisk() };
    const first = await start(platform);
    const last = first.node.append([Buffer.from('a'), Buffer.from('b')], 1);
    await first.recorder.until(() => first.recorder.values.length === 2);
    const snapshot = {
      lastContainedOffset: last,
      lastContainedEpoch: 1,
      lastContainedLogTimeMs: 5,
      values: [Buffer.from('ab')],
    };
    expect(await first.node.writeSnapshot(snapshot)).toBe(true);
    expect(await first.node.writeSnapshot(snapshot)).toBe(false);
    first.node.append([Buffer.from('c')], 1);
    await first.recorder.until(() => first.recorder.values.length === 3);
    await first.node.close();
    await first.logs.close();
    open.splice(0);
    const second = await start(platform);
    expect(second.recorder.snapshots.map(({ id }) => id)).toEqual([{ offset: last + 1, epoch: 1 }]);
    expect(second.recorder.values).toEqual(['ab', 'c']);
  });

  it('given an observer that fetches, when records are committed, then it gets them with the high watermark', async () => {
    const platform = { ...nodePlatform(), disk: memoryDisk() };
    const { node, recorder } = await start(platform);
    const requests = new QuorumRequests(node, platform, CLUSTER);
    const fetch = (offset: number): Promise<number[]> =>
      requests
        .fetch(
          fetchRequest.create({
            replicaState: { replicaId: 9, replicaEpoch: -1 },
            maxWaitMs: 5_000,
            topics: [
              {
                topic: '__cluster_metadata',
                topicId: METADATA_TOPIC_ID,
                partitions: [
                  {
                    partition: 0,
                    currentLeaderEpoch: 1,
                    fetchOffset: offset,
                    lastFetchedEpoch: offset === 0 ? 0 : 1,
                    logStartOffset: -1,
                    partitionMaxBytes: 1 << 20,
                    replicaDirectoryId: SELF.directoryId,
                    highWatermark: 0n,
                  },
                ],
              },
            ],
          }),
        )
        .then(async (response) => {
          const partition = response.responses[0]!.partitions[0]!;
          const batches = [...decodeBatches(await drain(partition.records!))];
          return [partition.errorCode, partition.highWatermark, batches.length];
        });
    expect(await fetch(0)).toEqual([0, 3, 1]);
    const waiting = fetch(3);
    node.append([Buffer.from('a')], 1);
    await recorder.until(() => recorder.values.length === 1);
    expect((await waiting).at(0)).toBe(0);
    expect(
      requests.describeQuorum({
        topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
      }).topics[0]!.partitions[0],
    ).toMatchObject({
      leaderId: 1,
      leaderEpoch: 1,
      currentVoters: [{ replicaId: 1 }],
      observers: [{ replicaId: 9 }],
    });
  });
});
