import { describe, expect, it } from 'vitest';
import {
  ConfigResourceType,
  configsOf,
  imageRecords,
  type LocalReplicaChanges,
  localReplicaChanges,
  type MetadataBatch,
  type MetadataDelta,
  MetadataLoader,
  type MetadataRecord,
  metadataRecord,
  partitionOf,
  quotaEntityKey,
  topicByName,
} from '../index.ts';

const ID = 'abcdefghijklmnopqrstuQ';
const OTHER_ID = 'bbcdefghijklmnopqrstuQ';

const level = metadataRecord('FeatureLevelRecord', { name: 'metadata.version', featureLevel: 30 });
const topic = (name: string, topicId = ID): MetadataRecord =>
  metadataRecord('TopicRecord', { name, topicId });
const partition = (partitionId: number, replicas: number[], topicId = ID): MetadataRecord =>
  metadataRecord('PartitionRecord', {
    partitionId,
    topicId,
    replicas,
    isr: replicas,
    leader: replicas[0] ?? -1,
    leaderEpoch: 0,
    partitionEpoch: 0,
  });
const change = (fields: object): MetadataRecord =>
  metadataRecord('PartitionChangeRecord', { topicId: ID, partitionId: 0, ...fields });
const begin = metadataRecord('BeginTransactionRecord', {});
const end = metadataRecord('EndTransactionRecord', {});
const abort = metadataRecord('AbortTransactionRecord', {});

/** Loads batches of records, one after the other, and keeps what was published. */
class Loading {
  readonly deltas: MetadataDelta[] = [];
  readonly loader = new MetadataLoader((delta) => this.deltas.push(delta));
  #offset = 0;

  commit(...batches: MetadataRecord[][]): this {
    this.loader.handleCommit(batches.map((records) => this.#batch(records)));
    return this;
  }

  get image(): MetadataLoader['image'] {
    return this.loader.image;
  }

  get names(): string[] {
    return [...this.image.topics.byName.keys()];
  }

  localChanges(brokerId: number): LocalReplicaChanges {
    const delta = this.deltas.at(-1);
    if (delta === undefined) throw new Error('nothing was published');
    return localReplicaChanges(delta.topics, brokerId);
  }

  #batch(records: MetadataRecord[]): MetadataBatch {
    const baseOffset = this.#offset;
    this.#offset += records.length;
    return { baseOffset, epoch: 3, appendTimestampMs: 7, records };
  }
}

describe('MetadataLoader', () => {
  it('publishes one image for all batches that were committed together', () => {
    const loading = new Loading().commit([level], [topic('a'), partition(0, [1])]);

    expect(loading.deltas).toHaveLength(1);
    expect(loading.image.provenance).toEqual({
      lastContainedOffset: 2,
      lastContainedEpoch: 3,
      lastContainedLogTimeMs: 7,
    });
  });

  it('given an image, when more is committed, then the old one stays and what did not change is shared', () => {
    const loading = new Loading().commit([level, topic('a'), partition(0, [1])]);
    const before = loading.image;

    loading.commit([topic('b', OTHER_ID), partition(0, [1], OTHER_ID)]);

    expect([...before.topics.byName.keys()]).toEqual(['a']);
    expect(topicByName(loading.image, 'a')).toBe(topicByName(before, 'a'));
    expect(loading.image.configs).toBe(before.configs);
  });

  it('given a transaction, then nothing of it is seen before its end, even over several commits', () => {
    const loading = new Loading().commit([level, begin, topic('a')]);
    expect(loading.names).toEqual([]);
    expect(loading.image.provenance.lastContainedOffset).toBe(0);

    loading.commit([partition(0, [1])]);
    expect(loading.names).toEqual([]);

    loading.commit([end]);
    expect(loading.names).toEqual(['a']);
    expect(partitionOf(loading.image, 'a', 0)?.leader).toBe(1);
    expect(loading.image.provenance.lastContainedOffset).toBe(4);
  });

  it('given a transaction that is aborted, then what came before and after it stands', () => {
    const loading = new Loading().commit([
      level,
      begin,
      topic('a'),
      partition(0, [1]),
      abort,
      topic('b', OTHER_ID),
      partition(0, [1], OTHER_ID),
    ]);

    expect(loading.names).toEqual(['b']);
  });

  it('given a snapshot inside a transaction, then the transaction is forgotten', () => {
    const loading = new Loading().commit([level, begin, topic('a')]);
    const { provenance } = loading.image;

    loading.loader.handleSnapshot({ provenance, records: [level, topic('b', OTHER_ID)] });
    loading.commit([partition(0, [1], OTHER_ID)]);

    expect(loading.names).toEqual(['b']);
  });

  it.each([
    ['a partition of no topic', [partition(0, [1])]],
    ['a change of no partition', [topic('a'), change({ leader: 1 })]],
    ['a hole in the partitions', [topic('a'), partition(1, [1])]],
    ['a removed topic that was not there', [metadataRecord('RemoveTopicRecord', { topicId: ID })]],
    [
      'a partition of a removed topic',
      [topic('a'), metadataRecord('RemoveTopicRecord', { topicId: ID }), partition(0, [1])],
    ],
    ['a fenced broker that is not registered', [metadataRecord('FenceBrokerRecord', { id: 1 })]],
    ['a transaction inside another', [begin, begin]],
    ['an end without a beginning', [end]],
    ['an abort without a beginning', [abort]],
    [
      'directories for other replicas',
      [
        topic('a'),
        metadataRecord('PartitionRecord', {
          topicId: ID,
          partitionId: 0,
          replicas: [1],
          directories: [ID, ID],
        }),
      ],
    ],
  ])('refuses %s', (_what, records) => {
    expect(() => new Loading().commit(records)).toThrow(
      expect.objectContaining({ code: 'INCONSISTENT_METADATA' }) as Error,
    );
  });

  it('given producer ids that go back, then the log is refused', () => {
    const ids = (nextProducerId: number): MetadataRecord =>
      metadataRecord('ProducerIdsRecord', { nextProducerId });

    expect(() => new Loading().commit([ids(2000), ids(1000)])).toThrow(/go back/);
  });

  it('given a metadata.version that is not known, then it says which are', () => {
    const record = metadataRecord('FeatureLevelRecord', {
      name: 'metadata.version',
      featureLevel: 99,
    });

    expect(() => new Loading().commit([record])).toThrow(/levels 7 to 31/);
  });

  it('keeps quotas, ACLs, SCRAM credentials and tokens, though nothing serves them', () => {
    const entity = [
      { entityType: 'user', entityName: 'u' },
      { entityType: 'client-id', entityName: null },
    ];
    const secret = Buffer.from('s');
    const loading = new Loading().commit([
      level,
      metadataRecord('ClientQuotaRecord', { entity, key: 'producer_byte_rate', value: 5 }),
      metadataRecord('AccessControlEntryRecord', { id: ID, resourceName: 'a' }),
      metadataRecord('UserScramCredentialRecord', {
        name: 'u',
        mechanism: 1,
        salt: secret,
        storedKey: secret,
        serverKey: secret,
      }),
      metadataRecord('DelegationTokenRecord', { tokenId: 't' }),
    ]);

    const quota = loading.image.clientQuotas.get(quotaEntityKey(entity.toReversed()));
    expect(quota?.quotas.get('producer_byte_rate')).toBe(5);
    expect([...imageRecords(loading.image)].map(({ type }) => type)).toEqual([
      'FeatureLevelRecord',
      'ClientQuotaRecord',
      'AccessControlEntryRecord',
      'UserScramCredentialRecord',
      'DelegationTokenRecord',
    ]);

    loading.commit([
      metadataRecord('ClientQuotaRecord', { entity, key: 'producer_byte_rate', remove: true }),
      metadataRecord('RemoveAccessControlEntryRecord', { id: ID }),
      metadataRecord('RemoveUserScramCredentialRecord', { name: 'u', mechanism: 1 }),
      metadataRecord('RemoveDelegationTokenRecord', { tokenId: 't' }),
    ]);
    expect([...imageRecords(loading.image)]).toHaveLength(1);
  });

  it('given a topic with configs, when it is deleted, then the configs are reported as changed and gone', () => {
    const resource = { type: ConfigResourceType.TOPIC, name: 'a' };
    const config = metadataRecord('ConfigRecord', {
      resourceType: 2,
      resourceName: 'a',
      name: 'retention.ms',
      value: '1',
    });
    const loading = new Loading().commit([level, topic('a'), partition(0, [1]), config]);
    expect(loading.deltas.at(-1)?.changedConfigResources).toEqual([resource]);

    loading.commit([metadataRecord('RemoveTopicRecord', { topicId: ID })]);

    expect(loading.deltas.at(-1)?.changedConfigResources).toEqual([resource]);
    expect(configsOf(loading.image, resource).size).toBe(0);
  });
});

describe('localReplicaChanges', () => {
  const made = (): Loading =>
    new Loading().commit([level, topic('a'), partition(0, [1, 2]), partition(1, [2, 1])]);

  it('given a new topic, then each replica is led or followed', () => {
    const { leaders, electedLeaders, followers, deletes } = made().localChanges(1);

    expect(leaders.map(({ partitionId }) => partitionId)).toEqual([0]);
    expect(electedLeaders).toEqual(leaders);
    expect(followers).toMatchObject([{ topicName: 'a', topicId: ID, partitionId: 1 }]);
    expect(deletes).toEqual([]);
  });

  it('given a broker without replicas, then nothing changes for it', () => {
    const changes = made().localChanges(3);

    expect(Object.values(changes).flat()).toEqual([]);
  });

  it('given an ISR that changed under the same leader, then it leads on without an election', () => {
    const { leaders, electedLeaders } = made()
      .commit([change({ isr: [1] })])
      .localChanges(1);

    expect(leaders[0]?.partition).toMatchObject({ isr: [1], leaderEpoch: 0, partitionEpoch: 1 });
    expect(electedLeaders).toEqual([]);
  });

  it('given an election, then one leads and the other follows', () => {
    const loading = made().commit([change({ leader: 2 })]);

    expect(loading.localChanges(2).electedLeaders[0]?.partition.leaderEpoch).toBe(1);
    expect(loading.localChanges(1).followers).toHaveLength(1);
  });

  it('given a replica that moved away, then it is deleted, but not as a topic', () => {
    const loading = made().commit([change({ replicas: [2, 3], isr: [2], leader: 2 })]);

    expect(loading.localChanges(1).deletes).toEqual([
      { topicName: 'a', topicId: ID, partitionId: 0, isTopicDeleted: false },
    ]);
  });

  // Found by the simulator (seed 6001 of nine brokers): who was given a snapshot kept the replicas that had moved away meanwhile.
  it('given a snapshot in which a replica has moved away, then it is deleted, and what is as it was does not change', () => {
    const loading = made();
    const provenance = { ...loading.image.provenance, lastContainedOffset: 100 };
    const records = [level, topic('a'), partition(0, [2, 3]), partition(1, [2, 1])];

    loading.loader.handleSnapshot({ provenance, records });

    expect(loading.localChanges(1)).toEqual({
      deletes: [{ topicName: 'a', topicId: ID, partitionId: 0, isTopicDeleted: false }],
      leaders: [],
      electedLeaders: [],
      followers: [],
    });
    expect(partitionOf(loading.image, 'a', 0)?.replicas).toEqual([2, 3]);
  });

  it('given a topic that was deleted and made again at once, then the old replicas go and the new ones come', () => {
    const loading = made().commit([
      metadataRecord('RemoveTopicRecord', { topicId: ID }),
      topic('a', OTHER_ID),
      partition(0, [1], OTHER_ID),
    ]);

    const { deletes, electedLeaders } = loading.localChanges(1);
    expect(deletes.map(({ topicId, isTopicDeleted }) => [topicId, isTopicDeleted])).toEqual([
      [ID, true],
      [ID, true],
    ]);
    expect(electedLeaders).toMatchObject([{ topicId: OTHER_ID, partitionId: 0 }]);
    expect(topicByName(loading.image, 'a')?.id).toBe(OTHER_ID);
    expect(loading.image.topics.nameById.get(ID)).toBeUndefined();
  });
});
