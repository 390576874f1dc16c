import { type MetadataRecord, metadataRecord } from '@ottla/metadata';
import { silentLogger } from '@ottla/platform';
import { describe, expect, it } from 'vitest';
import { registration } from '../../test/metadata-records.ts';
import { ClusterLog } from './cluster-log.ts';

const TOPIC_ID = 'b3JkZXJzLW9yZGVycy1vcg';

function clusterLog() {
  const lines: string[] = [];
  const told = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
  const log = new ClusterLog({ ...silentLogger, info: told('info'), warn: told('warn') }, 1);
  const commit = (...records: readonly MetadataRecord[]): void =>
    log.handleCommit([{ baseOffset: 0, epoch: 1, appendTimestampMs: 0, records }]);
  return { log, commit, lines };
}

function active() {
  const world = clusterLog();
  world.log.handleLeaderChange({ leaderId: 1, epoch: 3, isLocal: true });
  world.lines.splice(0);
  return world;
}

function brokerChange(value: { fenced?: number; inControlledShutdown?: number }): MetadataRecord {
  return metadataRecord('BrokerRegistrationChangeRecord', { brokerId: 2, ...value });
}

function partitionChange(value: { leader?: number; leaderRecoveryState?: number }): MetadataRecord {
  return metadataRecord('PartitionChangeRecord', { topicId: TOPIC_ID, partitionId: 0, ...value });
}

describe('the log of a cluster', () => {
  it('says who the active controller is, once each time it changes, and of itself when it may act', () => {
    const { log, lines } = clusterLog();
    log.handleLeaderChange({ leaderId: -1, epoch: 1, isLocal: false });
    log.handleLeaderChange({ leaderId: 2, epoch: 1, isLocal: false });
    log.handleLeaderChange({ leaderId: 2, epoch: 1, isLocal: false });
    log.handleLeaderChange({ leaderId: 1, epoch: 2, isLocal: false });
    expect(lines).toEqual(['info: node 2 is the active controller']);
    log.handleLeaderChange({ leaderId: 1, epoch: 2, isLocal: true });
    expect(lines.at(-1)).toBe('info: node 1 is the active controller');
  });

  it('tells of a broker that comes, stops, goes and is removed', () => {
    const { commit, lines } = active();
    commit(registration(2), brokerChange({ fenced: -1 }));
    commit(brokerChange({ inControlledShutdown: 1 }));
    commit(brokerChange({ fenced: 1 }));
    commit(metadataRecord('UnregisterBrokerRecord', { brokerId: 2 }));
    expect(lines).toEqual([
      'info: broker 2 has registered',
      'info: broker 2 is active',
      'info: broker 2 stops: others take its leaderships over',
      'info: broker 2 is fenced',
      'info: broker 2 was removed from the cluster',
    ]);
  });

  it('counts partitions without a leader, and those whose leader may lack records', () => {
    const { commit, lines } = active();
    commit(partitionChange({ leader: -1 }), partitionChange({ leader: -1 }));
    commit(partitionChange({ leader: 2, leaderRecoveryState: 1 }), partitionChange({ leader: 3 }));
    expect(lines).toEqual([
      'warn: 2 partitions without a leader: nobody in sync is left to lead',
      'warn: 1 partition led by a replica that may lack records: it was out of sync, or had crashed as the last one in sync',
    ]);
  });

  it('given the last broker in sync that stops in order, then its partitions are no warning; after its return they are', () => {
    const { commit, lines } = active();
    commit(brokerChange({ inControlledShutdown: 1 }), partitionChange({ leader: -1 }));
    expect(lines.at(-1)).toMatch(/^info: 1 partition without a leader/);
    commit(registration(2), partitionChange({ leader: -1 }));
    expect(lines.at(-1)).toMatch(/^warn: 1 partition without a leader/);
  });

  it('given that another node leads, then is silent about what it hears', () => {
    const { log, commit, lines } = active();
    log.handleLeaderChange({ leaderId: 2, epoch: 4, isLocal: false });
    lines.splice(0);
    commit(registration(3), brokerChange({ fenced: 1 }), partitionChange({ leader: -1 }));
    expect(lines).toEqual([]);
  });
});
