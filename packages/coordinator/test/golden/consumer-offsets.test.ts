import { readFileSync } from 'node:fs';
import { silentLogger } from '@ottla/platform';
import { decodeBatches, RecordBatchBuilder } from '@ottla/protocol/records';
import { deleteGroupsRequest } from '@ottla/protocol/messages/delete-groups';
import { listGroupsRequest } from '@ottla/protocol/messages/list-groups';
import { offsetFetchRequest } from '@ottla/protocol/messages/offset-fetch';
import { ErrorCode } from '@ottla/protocol';
import { describe, expect, it } from 'vitest';
import { GroupRecordCodec } from '../../src/index.ts';
import { client, GroupCluster } from '../support/group-cluster.ts';

// The log of `__consumer_offsets-0` of a 4.3.1 broker that served a transaction, a classic group, a consumer group and a share
// group, was restarted, and served them again.
const bytes = readFileSync(new URL('consumer-offsets-0.log', import.meta.url));

async function loaded(): Promise<GroupCluster> {
  const cluster = new GroupCluster();
  cluster.log.load(bytes);
  await cluster.elect();
  return cluster;
}

async function fetchAll(cluster: GroupCluster, groupId: string): Promise<Record<string, number>> {
  const group = { groupId, memberId: null, memberEpoch: -1, topics: null };
  const request = offsetFetchRequest.create({ groups: [group], requireStable: true });
  const { groups } = await cluster.settle(cluster.coordinator.offsetFetch(client(9), request));
  const committed = (groups[0]?.topics ?? []).flatMap(({ name, partitions }) =>
    partitions.map((each) => [`${name}-${each.partitionIndex}`, each.committedOffset] as const),
  );
  return Object.fromEntries(committed);
}

describe('__consumer_offsets as Kafka 4.3.1 wrote it', () => {
  const codec = new GroupRecordCodec(silentLogger);

  it('given every record of a kind that is written here, when encoded again, then the bytes are the same', () => {
    let compared = 0;
    for (const batch of decodeBatches(bytes, { skipControlBatches: true })) {
      for (const { key, value } of batch.records()) {
        const record = codec.decode(key, value);
        if (record === undefined || record.kind === 'foreign-group') continue;
        const encoded = codec.encode(record);
        expect(Buffer.from(encoded.key)).toEqual(key);
        expect(encoded.value).toEqual(value);
        compared += 1;
      }
    }
    expect(compared).toBe(27);
  });

  it('given the batch of a commit, when built again from its records, then it is the same batch', () => {
    const [batch] = [...decodeBatches(bytes)].filter(({ baseOffset }) => baseOffset === 4);
    const builder = new RecordBatchBuilder({ baseOffset: 4, partitionLeaderEpoch: 0, baseSequence: 0 });
    for (const { timestamp, key, value } of batch!.records()) {
      const encoded = codec.encode(codec.decode(key, value)!);
      builder.append(timestamp, encoded.key, encoded.value);
    }
    const end = batch!.position + batch!.sizeInBytes;
    expect(builder.build()).toEqual(bytes.subarray(batch!.position, end));
  });

  it('when loaded, then the classic group is empty at its generation and its offsets are the last committed', async () => {
    const cluster = await loaded();
    const listed = await cluster.coordinator.listGroups(client(5), listGroupsRequest.create());
    expect(listed.groups).toEqual([
      { groupId: 'g-txn', protocolType: '', groupState: 'Empty', groupType: 'classic' },
      { groupId: 'g-classic', protocolType: 'consumer', groupState: 'Empty', groupType: 'classic' },
    ]);
    expect(await fetchAll(cluster, 'g-classic')).toEqual({
      'golden-three-3': 4,
      'golden-three-2': 0,
      'golden-three-1': 0,
      'golden-three-0': 0,
      'golden-0': 60,
    });
  });

  it('when loaded, then offsets of a committed transaction count', async () => {
    const cluster = await loaded();
    expect(await fetchAll(cluster, 'g-txn')).toEqual({ 'golden-0': 3 });
  });

  it('given groups of other kinds, when loaded, then their offsets can be read and classic clients cannot touch them', async () => {
    const cluster = await loaded();
    expect(await fetchAll(cluster, 'g-consumer')).toMatchObject({ 'golden-0': 60 });
    const joined = await cluster.settle(cluster.join({ groupId: 'g-consumer' }));
    expect(joined.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    const request = deleteGroupsRequest.create({ groupsNames: ['g-consumer'] });
    const deleted = await cluster.settle(cluster.coordinator.deleteGroups(client(2), request));
    expect(deleted.results).toEqual([{ groupId: 'g-consumer', errorCode: ErrorCode.NON_EMPTY_GROUP }]);
  });

  it('when the offsets of the classic group expire, then nothing of the other kinds is written', async () => {
    const cluster = await loaded();
    const before = cluster.log.records.length;
    // The golden commits are of November 2026, later than the virtual clock: pass their week.
    await cluster.time.run(420 * 24 * 3_600_000);
    const written = cluster.log.records.slice(before);
    expect(written.map(({ value }) => value)).toEqual(written.map(() => null));
    const kinds = written.map(({ key }) => codec.decode(key, null)?.kind);
    expect(kinds.filter((kind) => kind === 'group-metadata')).toHaveLength(2);
    expect(kinds.filter((kind) => kind === 'offset-commit')).toHaveLength(6);
    expect(kinds).toHaveLength(8);
    expect(await fetchAll(cluster, 'g-consumer')).toMatchObject({ 'golden-0': 60 });
  }, 20_000);
});
