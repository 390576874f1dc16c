import { DirectoryId, metadataRecord } from '@ottla/metadata';
import { type Disk, DiskError, memoryDisk } from '@ottla/platform';
import { ErrorCode } from '@ottla/protocol';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BROKER_ID, DataPlane, type DataPlaneOptions, topicIdOf } from '../../test/data-plane.ts';
import { BROKER_2, isrChange, leaderChange, removeTopic } from '../../test/metadata-records.ts';
import { decodePartitionMetadata, encodePartitionMetadata } from './partition-folders.ts';
import type { Partition } from './partition.ts';

/** It only appears in metadata. */
const BROKER_3 = 3;
/** Directory of a replica that has none yet. */
const UNASSIGNED = 'AAAAAAAAAAAAAAAAAAAAAA';

const planes: DataPlane[] = [];
afterEach(async () => {
  for (const plane of planes.splice(0)) await plane.close();
});

async function start(options: DataPlaneOptions = {}): Promise<DataPlane> {
  const plane = await DataPlane.start(options);
  planes.push(plane);
  return plane;
}

async function stop(plane: DataPlane): Promise<void> {
  planes.splice(planes.indexOf(plane), 1);
  await plane.close();
}

function batch(count: number): Buffer {
  const builder = new RecordBatchBuilder({});
  for (let n = 0; n < count; n += 1) builder.append(1000, null, Buffer.from(`${n}`));
  return Buffer.from(builder.build());
}

function orders(plane: DataPlane): Partition {
  return plane.replicas.partition('orders', 0)!;
}

describe('Replicas', () => {
  it('given a new topic, leads its partitions in folders that name the topic id as Kafka does', async () => {
    const disk = memoryDisk();
    const plane = await start({ disk });
    await plane.createTopic('orders', { partitions: 3 });
    expect([...plane.replicas.partitions()].map(({ name }) => name)).toEqual([
      'orders-0',
      'orders-1',
      'orders-2',
    ]);
    expect(orders(plane).isLeader).toBe(true);
    const file = await disk.readFile('/data/orders-2/partition.metadata');
    expect(file.toString()).toBe(`version: 0\ntopic_id: ${topicIdOf('orders')}`);
  });

  it('given a topic with settings of its own, when its partitions come, then they are put together once, and later changes reach all', async () => {
    const plane = await start();
    const settings = vi.spyOn(plane.config, 'topic');
    await plane.createTopic('orders', { partitions: 50, configs: { 'retention.ms': '1000' } });
    expect(settings.mock.calls.length).toBeLessThan(5);
    const retentions = (): Set<number> =>
      new Set(plane.replicas.partitions().map(({ log }) => log!.config.retentionMs));
    expect(retentions()).toEqual(new Set([1000]));
    const retention = (value: string) =>
      metadataRecord('ConfigRecord', {
        resourceType: 2,
        resourceName: 'orders',
        name: 'retention.ms',
        value,
      });
    await plane.commit(retention('2000'));
    expect(retentions()).toEqual(new Set([2000]));
    await plane.commit(
      metadataRecord('PartitionRecord', {
        partitionId: 50,
        topicId: topicIdOf('orders'),
        replicas: [BROKER_ID],
        isr: [BROKER_ID],
        leader: BROKER_ID,
        leaderEpoch: 0,
        partitionEpoch: 0,
      }),
    );
    expect(plane.replicas.partitions()).toHaveLength(51);
    expect(retentions()).toEqual(new Set([2000]));
  });

  it('answers not leader while the log is being opened, and leads when it is', async () => {
    const plane = await start();
    const created = plane.createTopic('orders');
    expect(orders(plane).checkLeader(-1)).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    await created;
    expect(orders(plane).checkLeader(-1)).toBe(ErrorCode.NONE);
  });

  it('after a restart has everything, committed as far as the log goes', async () => {
    const disk = memoryDisk();
    const plane = await start({ disk });
    await plane.createTopic('orders');
    await orders(plane).append(batch(4));
    const { image } = plane;
    await stop(plane);
    const again = await start({ disk, image });
    const partition = orders(again);
    expect([partition.isLeader, partition.highWatermark, partition.logEndOffset]).toEqual([
      true,
      4,
      4,
    ]);
  });

  // Found by the simulator (seed 2005 of nine brokers): such a replica stayed out of sync for as long as its process lived.
  it('given a folder that cannot be given its file, then the directory has failed, as with any write of a log', async () => {
    const disk = memoryDisk();
    const { replaceFile } = disk;
    disk.replaceFile = (path, content) =>
      path.endsWith('partition.metadata')
        ? Promise.reject(new DiskError({ code: 'EIO', operation: 'datasync', path }))
        : replaceFile.call(disk, path, content);
    const plane = await start({ disk });
    await plane.createTopic('orders');
    expect(orders(plane).checkLeader(-1)).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(plane.replicas.directories.map(({ failure }) => failure?.code)).toEqual([
      'KAFKA_STORAGE_ERROR',
    ]);
  });

  // Found by the simulator (seed 600223 of three brokers, `flips`): the leader took it back into the ISR for what the old log had.
  it('given a damaged replica, when the metadata changes while an empty log takes its place, then nothing is fetched into the old one', async () => {
    const disk = memoryDisk();
    const fetchedFrom: number[] = [];
    const fetchers = {
      assign: ({ following, logEndOffset }: Partition) => {
        if (following !== undefined) fetchedFrom.push(logEndOffset);
      },
    };
    const plane = await start({ disk, replication: () => ({ fetchers }) });
    await plane.createTopic('orders', { replicas: [BROKER_ID, BROKER_2, BROKER_3] });
    await orders(plane).append(batch(4));
    const { mkdir } = disk;
    disk.mkdir = async (path) => {
      if (path.endsWith('orders-0')) void plane.commit(leaderChange('orders', BROKER_3));
      await mkdir.call(disk, path);
    };
    const [directory] = plane.replicas.directories;
    directory!.onDamage?.('orders-0');
    await plane.commit(
      metadataRecord('PartitionChangeRecord', {
        topicId: topicIdOf('orders'),
        partitionId: 0,
        leader: BROKER_2,
        isr: [BROKER_2, BROKER_3],
        directories: [DirectoryId.LOST, UNASSIGNED, UNASSIGNED],
      }),
    );
    await plane.replicas.settled();
    expect(orders(plane).leader).toBe(BROKER_3);
    expect(fetchedFrom.length).toBeGreaterThan(0);
    expect(fetchedFrom.filter((offset) => offset > 0)).toEqual([]);
  });

  it('given a folder of no known topic, leaves it; given one of an earlier topic of the name, sets it aside', async () => {
    const disk = memoryDisk();
    const plane = await start({ disk });
    await plane.createTopic('orders');
    await plane.createTopic('unknown');
    await orders(plane).append(batch(4));
    await stop(plane);
    const other = await start();
    await other.createTopic('orders', { topicId: topicIdOf('another') });
    const { image } = other;
    const again = await start({ disk, image });
    expect(orders(again).logEndOffset).toBe(0);
    expect(orders(again).topicId).toBe(topicIdOf('another'));
    const names = await disk.readdir('/data');
    expect(names).toContain('unknown-0');
    expect(names.filter((name) => /^orders-0\.[0-9a-f]{32}-stray$/.test(name))).toHaveLength(1);
  });

  it('given a topic that is deleted and made again at once, keeps nothing of the old one', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    await orders(plane).append(batch(4));
    const old = orders(plane);
    const topicId = topicIdOf('orders again');
    await plane.commit(
      removeTopic('orders'),
      metadataRecord('TopicRecord', { name: 'orders', topicId }),
      metadataRecord('PartitionRecord', {
        partitionId: 0,
        topicId,
        replicas: [BROKER_ID],
        isr: [BROKER_ID],
        leader: BROKER_ID,
        leaderEpoch: 0,
        partitionEpoch: 0,
        directories: [topicId],
      }),
    );
    expect(old.isDeleted).toBe(true);
    expect(old.checkLeader(-1)).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    expect([orders(plane).topicId, orders(plane).logEndOffset]).toEqual([topicId, 0]);
    expect(plane.replicas.partitionById(topicIdOf('orders'), 0)).toBeUndefined();
    expect(plane.replicas.whyMissingById(topicIdOf('orders'), 0)).toBe(ErrorCode.UNKNOWN_TOPIC_ID);
  });

  it('given a folder that cannot be renamed when its topic is deleted and made again, then the new one has nothing of it', async () => {
    const disk = memoryDisk();
    const { rename } = disk;
    disk.rename = (from, to) =>
      from.endsWith('/orders-0')
        ? Promise.reject(new DiskError({ code: 'EIO', operation: 'rename', path: from }))
        : rename.call(disk, from, to);
    const plane = await start({ disk });
    await plane.createTopic('orders');
    await orders(plane).append(batch(4));
    const topicId = topicIdOf('orders again');
    await plane.commit(removeTopic('orders'));
    await plane.createTopic('orders', { topicId });
    expect(orders(plane).topicId).toBe(topicId);
    expect(orders(plane).checkLeader(-1)).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(plane.replicas.directories.map(({ failure }) => failure?.code)).toEqual([
      'KAFKA_STORAGE_ERROR',
    ]);
  });

  it('given a topic whose log is on disk, when it is deleted before that is opened, and made again, then the new one has nothing of it', async () => {
    const disk = memoryDisk();
    const before = await start({ disk });
    await before.createTopic('orders');
    await orders(before).append(batch(4));
    await stop(before);
    const plane = await start({ disk });
    const opening = plane.createTopic('orders');
    await plane.commit(removeTopic('orders'));
    await opening;

    await plane.createTopic('orders', { topicId: topicIdOf('orders again') });

    expect(orders(plane).logEndOffset).toBe(0);
    const file = await disk.readFile('/data/orders-0/partition.metadata');
    expect(file.toString()).toBe(encodePartitionMetadata(topicIdOf('orders again')));
  });

  it('given changed settings, appends by them', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    const set = (value: string | null) =>
      plane.commit(
        metadataRecord('ConfigRecord', {
          resourceType: 2,
          resourceName: 'orders',
          name: 'max.message.bytes',
          value,
        }),
      );
    await set('70');
    await expect(orders(plane).append(batch(9))).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
    });
    await set(null);
    await expect(orders(plane).append(batch(9))).resolves.toMatchObject({ baseOffset: 0 });
  });

  it('tells of elections and resignations, of each leader epoch once', async () => {
    const plane = await start();
    const heard: string[] = [];
    const { replicas } = plane;
    replicas.listen({
      elected: ({ name, leaderEpoch }) => heard.push(`${name} elected ${leaderEpoch}`),
      resigned: ({ name, leaderEpoch }) => heard.push(`${name} resigned ${leaderEpoch}`),
    });
    await plane.createTopic('orders', { replicas: [BROKER_ID, BROKER_2] });
    await plane.commit(isrChange('orders', [BROKER_ID]));
    await plane.commit(leaderChange('orders', BROKER_ID));
    await plane.commit(leaderChange('orders', BROKER_2));
    await plane.commit(leaderChange('orders', BROKER_ID));
    await plane.commit(removeTopic('orders'));
    expect(heard).toEqual([
      'orders-0 elected 0',
      'orders-0 elected 1',
      'orders-0 resigned 2',
      'orders-0 elected 3',
      'orders-0 resigned 3',
    ]);
  });

  it('moves the high watermark only as far as all replicas in sync are known to be', async () => {
    const plane = await start();
    await plane.createTopic('orders', { replicas: [BROKER_ID, BROKER_2] });
    await orders(plane).append(batch(3));
    expect(orders(plane).highWatermark).toBe(0);
    await plane.commit(isrChange('orders', [BROKER_ID]));
    expect(orders(plane).highWatermark).toBe(3);
  });

  it('given a reassignment, does not miss the replicas that come, only those that were there', async () => {
    const plane = await start();
    await plane.createTopic('orders', { replicas: [BROKER_ID, BROKER_2] });
    const topicId = topicIdOf('orders');
    await plane.commit(
      metadataRecord('PartitionChangeRecord', {
        topicId,
        partitionId: 0,
        replicas: [BROKER_3, BROKER_ID, BROKER_2],
        directories: [UNASSIGNED, UNASSIGNED, UNASSIGNED],
        addingReplicas: [BROKER_3],
        removingReplicas: [BROKER_2],
      }),
    );
    expect(orders(plane).isUnderReplicated).toBe(false);
    await plane.commit(isrChange('orders', [BROKER_ID]));
    expect(orders(plane).isUnderReplicated).toBe(true);
  });

  it('given a log that cannot be opened, takes that partition alone offline', async () => {
    const memory = memoryDisk();
    const disk: Disk = new Proxy(memory, {
      get(target, name: keyof Disk) {
        if (name !== 'mkdir') return target[name].bind(target);
        return (path: string) =>
          path.endsWith('/orders-1')
            ? Promise.reject(new Error('no such luck'))
            : target.mkdir(path);
      },
    });
    const plane = await start({ disk });
    await plane.createTopic('orders', { partitions: 2 });
    expect(orders(plane).checkLeader(-1)).toBe(ErrorCode.NONE);
    expect(plane.replicas.partition('orders', 1)!.checkLeader(-1)).toBe(
      ErrorCode.KAFKA_STORAGE_ERROR,
    );
  });
});

describe('partition.metadata', () => {
  it('is written and read; what names no topic is refused', () => {
    const id = topicIdOf('orders');
    expect(decodePartitionMetadata(encodePartitionMetadata(id), 'f')).toBe(id);
    expect(decodePartitionMetadata(`version: 0\ntopic_id: ${id}\n`, 'f')).toBe(id);
    for (const text of ['', 'version: 0', 'version: x\ntopic_id: y', `topic_id: ${id}`])
      expect(() => decodePartitionMetadata(text, 'f')).toThrow('does not name a topic id');
  });
});
