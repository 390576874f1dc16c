import { describe, expect, it } from 'vitest';
import {
  bootstrapFromRecords,
  configsOf,
  ConfigResourceType,
  createBootstrap,
  EMPTY_IMAGE,
  type MetadataImage,
  MetadataLoader,
  type MetadataRecord,
  topicById,
  topicByName,
} from '../src/index.ts';
import { contentsOf } from './support/images.ts';
import { batchesOf, goldenFile } from './support/log-file.ts';

function imageOfLog(endOffsetExclusive = Infinity): MetadataImage {
  const loader = new MetadataLoader(() => {});
  for (const batch of batchesOf(goldenFile('cluster-metadata.log'))) {
    if (batch.baseOffset < endOffsetExclusive) loader.handleCommit([batch]);
  }
  return loader.image;
}

function snapshotRecords(): MetadataRecord[] {
  const bytes = goldenFile('00000000000000000208-0000000002.checkpoint');
  return batchesOf(bytes).flatMap((batch) => batch.records);
}

function imageOfSnapshot(records: readonly MetadataRecord[]): MetadataImage {
  const loader = new MetadataLoader(() => {});
  loader.handleSnapshot({ provenance: EMPTY_IMAGE.provenance, records });
  return loader.image;
}

describe("the metadata log of Kafka 4.3.1's own", () => {
  it('given its segment, when replayed, then the topics are there with the ids of their folders', () => {
    const image = imageOfLog();

    const golden = topicByName(image, 'golden');
    expect(golden?.partitions).toHaveLength(1);
    // The log ends with a clean stop of the only broker, at a level where an ISR may become empty.
    expect(golden?.partitions[0]).toMatchObject({ replicas: [1], isr: [], leader: -1, elr: [1] });
    expect(topicByName(image, 'golden-three')?.partitions).toHaveLength(4);
    expect(topicByName(image, 'golden-compact')).toBeDefined();
    expect(topicById(image, golden?.id ?? '')).toBe(golden);
    expect(topicByName(image, 'to-delete')).toBeUndefined();
  });

  it('given its segment, when replayed, then features, broker and controller are those of the node', () => {
    const image = imageOfLog();

    expect(image.features.get('metadata.version')).toBe(30);
    expect(image.features.get('transaction.version')).toBe(2);
    expect(image.cluster.brokers.get(1)).toMatchObject({
      fenced: true,
      inControlledShutdown: true,
    });
    expect(image.cluster.controllers.get(1)?.endPoints[0]?.name).toBe('CONTROLLER');
    const cluster = { type: ConfigResourceType.BROKER, name: '' };
    expect(configsOf(image, cluster).get('min.insync.replicas')).toBe('1');
  });

  it('given the log up to a snapshot, when replayed, then image and snapshot hold the same records', () => {
    const fromLog = contentsOf(imageOfLog(208));

    const records = snapshotRecords();
    expect(fromLog).toEqual(contentsOf(imageOfSnapshot(records)));
    expect(fromLog).toHaveLength(records.length);
  });

  it('given the snapshot, when loaded over the later log, then only what it holds is left', () => {
    const changes: string[] = [];
    const loader = new MetadataLoader((delta) => {
      changes.push(...[...delta.topics.deletedTopics.values()].map((topic) => topic.name));
    });
    loader.handleCommit([
      {
        baseOffset: 0,
        epoch: 1,
        appendTimestampMs: 0,
        records: [
          {
            type: 'TopicRecord',
            version: 0,
            value: { name: 'gone', topicId: 'gone-gone-gone-gone-go' },
          },
        ],
      },
    ]);

    const provenance = {
      lastContainedOffset: 207,
      lastContainedEpoch: 2,
      lastContainedLogTimeMs: 1,
    };
    loader.handleSnapshot({ provenance, records: snapshotRecords() });

    expect(changes).toEqual(['gone']);
    expect(contentsOf(loader.image)).toEqual(contentsOf(imageOfLog(208)));
    expect(loader.image.provenance).toEqual(provenance);
  });

  it('given bootstrap.checkpoint, when read, then it says how the cluster begins', () => {
    const records = batchesOf(goldenFile('bootstrap.checkpoint')).flatMap((batch) => batch.records);

    const bootstrap = bootstrapFromRecords(records);

    expect(bootstrap.metadataVersion).toBe(30);
    expect(bootstrap.records.map(({ type }) => type)).toEqual([
      ...Array.from({ length: 6 }, () => 'FeatureLevelRecord'),
      'UserScramCredentialRecord',
    ]);
  });

  it("given the levels of Kafka's default, when a bootstrap is made, then its records are Kafka's", () => {
    const records = batchesOf(goldenFile('bootstrap.checkpoint')).flatMap((batch) => batch.records);

    const bootstrap = createBootstrap({
      'transaction.version': 2,
      'group.version': 1,
      'share.version': 1,
      'streams.version': 1,
      'eligible.leader.replicas.version': 1,
      'kraft.version': 1,
    });

    expect(bootstrap.records).toEqual(records.slice(0, 6));
    expect(() => createBootstrap({ 'group.version': 2 })).toThrow(RangeError);
    expect(() => createBootstrap({ 'no.version': 1 })).toThrow(RangeError);
  });
});
