import { describe, expect, it } from 'vitest';
import { testConfigs, TestCluster } from '../../test/support/cluster.ts';
import { createBootstrap, metadataRecord, type MetadataRecord } from '../index.ts';
import { activationRecords } from './activation.ts';
import { INITIAL_STATE, replayBatch, type ControllerState } from './controller-state.ts';

const from = (levels: Record<string, number> = {}) => ({
  bootstrap: createBootstrap(levels),
  configs: testConfigs,
});
const typesOf = (records: readonly MetadataRecord[]): string[] => records.map(({ type }) => type);

function stateAfter(...records: MetadataRecord[]): ControllerState {
  const batch = { baseOffset: 0, epoch: 1, appendTimestampMs: 0, records };
  return replayBatch(INITIAL_STATE, batch);
}

const begin = metadataRecord('BeginTransactionRecord', { name: 'x' });
const level = metadataRecord('FeatureLevelRecord', { name: 'metadata.version', featureLevel: 30 });

describe('activation', () => {
  it('given an empty log, then the bootstrap records are written in one transaction', () => {
    expect(typesOf(activationRecords(INITIAL_STATE, from()))).toEqual([
      'BeginTransactionRecord',
      'FeatureLevelRecord',
      'EndTransactionRecord',
    ]);
  });

  it('given a metadata.version before transactions, then without one', () => {
    const old = from({ 'metadata.version': 12 });

    expect(typesOf(activationRecords(INITIAL_STATE, old))).toEqual(['FeatureLevelRecord']);
  });

  it('given eligible leader replicas, then min.insync.replicas is fixed for the whole cluster', () => {
    const records = activationRecords(
      INITIAL_STATE,
      from({ 'eligible.leader.replicas.version': 1 }),
    );

    expect(records.at(-2)?.value).toMatchObject({
      resourceType: 4,
      resourceName: '',
      name: 'min.insync.replicas',
      value: '1',
    });
  });

  it('given a log that is not empty, then nothing is written', () => {
    expect(activationRecords(stateAfter(level), from())).toEqual([]);
  });

  it('given a bootstrap that was cut off, then it is aborted and written again', () => {
    const records = activationRecords(stateAfter(begin, level), from());

    expect(typesOf(records)).toEqual([
      'AbortTransactionRecord',
      'BeginTransactionRecord',
      'FeatureLevelRecord',
      'EndTransactionRecord',
    ]);
  });

  it('given a transaction that was left open, then it is aborted and leaves no trace', () => {
    const topic = metadataRecord('TopicRecord', { name: 'a', topicId: 'abcdefghijklmnopqrstuQ' });
    const open = stateAfter(level, begin, topic);
    expect(open.image.topics.byName.size).toBe(1);

    const records = activationRecords(open, from());
    expect(typesOf(records)).toEqual(['AbortTransactionRecord']);

    const batch = { baseOffset: 3, epoch: 2, appendTimestampMs: 0, records };
    const after = replayBatch(open, batch);
    expect(after.image.topics.byName.size).toBe(0);
    expect(after.image.features.get('metadata.version')).toBe(30);
    expect(after.image.provenance.lastContainedOffset).toBe(3);
    expect(after.transaction).toBeUndefined();
  });

  it('given a first activation, then exactly the served levels are finalized', () => {
    const { image } = new TestCluster();

    expect([...image.features]).toEqual([['metadata.version', 30]]);
  });
});
