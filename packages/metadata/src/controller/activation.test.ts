import { describe, expect, it } from 'vitest';
import { TestCluster } from '../../test/support/cluster.ts';
import { createBootstrap, metadataRecord, type MetadataRecord } from '../index.ts';
import { activationRecords } from './activation.ts';
import { INITIAL_STATE, replayBatch, type ControllerState } from './controller-state.ts';

const bootstrap = createBootstrap();
const typesOf = (records: readonly MetadataRecord[]): string[] => records.map(({ type }) => type);

function stateAfter(...records: MetadataRecord[]): ControllerState {
  const batch = { baseOffset: 0, epoch: 1, appendTimestampMs: 0, records };
  return replayBatch(INITIAL_STATE, batch);
}

const begin = metadataRecord('BeginTransactionRecord', { name: 'x' });
const level = metadataRecord('FeatureLevelRecord', { name: 'metadata.version', featureLevel: 30 });

describe('activation', () => {
  it('given an empty log, then the bootstrap records are written in one transaction', () => {
    expect(typesOf(activationRecords(INITIAL_STATE, bootstrap))).toEqual([
      'BeginTransactionRecord',
      'FeatureLevelRecord',
      'EndTransactionRecord',
    ]);
  });

  it('given a metadata.version before transactions, then without one', () => {
    const old = createBootstrap({ 'metadata.version': 12 });

    expect(typesOf(activationRecords(INITIAL_STATE, old))).toEqual(['FeatureLevelRecord']);
  });

  it('given a log that is not empty, then nothing is written', () => {
    expect(activationRecords(stateAfter(level), bootstrap)).toEqual([]);
  });

  it('given a bootstrap that was cut off, then it is aborted and written again', () => {
    const records = activationRecords(stateAfter(begin, level), bootstrap);

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

    const records = activationRecords(open, bootstrap);
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
