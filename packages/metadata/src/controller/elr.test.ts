// Eligible leader replicas (KIP-966) as the whole controller keeps them.
import { ErrorCode } from '@ottla/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { assigned, incarnationOf, TestCluster } from '../../test/support/cluster.ts';
import {
  ConfigResourceType,
  configsOf,
  createBootstrap,
  ELR_FEATURE,
  NO_LEADER,
} from '../index.ts';

const { BROKER, TOPIC } = ConfigResourceType;

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster({ bootstrap: createBootstrap({ [ELR_FEATURE]: 1 }) });
  cluster.startBrokers(1, 2, 3);
  setMinIsr(BROKER, '', '2');
  cluster.createTopic('a', assigned([1, 2, 3]));
});

/** Sets min.insync.replicas, or removes it; returns the error message. */
function setMinIsr(type: number, name: string, value: string | null): string | null | undefined {
  const configs = [{ name: 'min.insync.replicas', configOperation: value === null ? 1 : 0, value }];
  const resources = [{ resourceType: type, resourceName: name, configs }];
  const { responses } = cluster.handle('incrementalAlterConfigs', {
    resources,
    validateOnly: false,
  });
  return responses[0]?.errorMessage;
}

function fence(...ids: number[]): void {
  for (const id of ids) cluster.heartbeat(id, { wantFence: true });
}

/** The broker's process ends and starts again. */
function restart(id: number, { isClean }: { readonly isClean: boolean }): void {
  const { brokerEpoch = -1 } = cluster.image.cluster.brokers.get(id) ?? {};
  cluster.nowMs += 9001;
  cluster.register(id, {
    incarnationId: incarnationOf(id, cluster.nextOffset),
    previousBrokerEpoch: isClean ? brokerEpoch : -1,
  });
}

describe('eligible leader replicas', () => {
  it('given all replicas lost one after the other, then only those that have every record may lead again', () => {
    fence(3);
    expect(cluster.partition('a')).toMatchObject({ isr: [1, 2], elr: [] });
    fence(2);
    expect(cluster.partition('a')).toMatchObject({ isr: [1], elr: [2] });
    fence(1);
    expect(cluster.partition('a')).toMatchObject({
      isr: [],
      elr: [2, 1],
      leader: NO_LEADER,
      lastKnownElr: [1],
    });

    cluster.heartbeat(3);
    expect(cluster.partition('a').leader).toBe(NO_LEADER);

    cluster.heartbeat(2);
    expect(cluster.partition('a')).toMatchObject({
      leader: 2,
      isr: [2],
      elr: [1],
      lastKnownElr: [],
      leaderRecoveryState: 0,
    });
    cluster.alterIsr('a', [2, 3]);
    expect(cluster.partition('a')).toMatchObject({ isr: [2, 3], elr: [] });
  });

  it('given an eligible replica that comes back without its disk, then it is not eligible any more', () => {
    fence(3, 2, 1);

    restart(2, { isClean: false });

    expect(cluster.partition('a')).toMatchObject({ elr: [1], leader: NO_LEADER });
    cluster.heartbeat(2);
    expect(cluster.partition('a').leader).toBe(NO_LEADER);
  });

  it('given an eligible replica that shut down cleanly, then it is eligible as before', () => {
    fence(3, 2, 1);

    restart(2, { isClean: true });
    cluster.heartbeat(2);

    expect(cluster.partition('a')).toMatchObject({ leader: 2, isr: [2], elr: [1] });
  });

  it('given a member of the ISR that crashed, then it leaves the ISR without becoming eligible', () => {
    fence(3);

    restart(1, { isClean: false });

    expect(cluster.partition('a')).toMatchObject({ leader: 2, isr: [2], elr: [] });
  });

  it('given nobody left who has every record, then the last leader may come back, and nobody else', () => {
    fence(3, 2, 1);
    restart(2, { isClean: false });
    restart(1, { isClean: false });
    expect(cluster.partition('a')).toMatchObject({ isr: [], elr: [], lastKnownElr: [1] });

    cluster.heartbeat(2);
    expect(cluster.partition('a').leader).toBe(NO_LEADER);
    cluster.heartbeat(1);

    expect(cluster.partition('a')).toMatchObject({
      leader: 1,
      isr: [1],
      leaderRecoveryState: 1,
      lastKnownElr: [],
    });
  });

  it('given a topic with one replica, then its fenced broker is eligible and leads again', () => {
    cluster.createTopic('single', assigned([1]));
    fence(1);
    expect(cluster.partition('single')).toMatchObject({ isr: [], elr: [1], leader: NO_LEADER });

    cluster.heartbeat(1);

    expect(cluster.partition('single')).toMatchObject({ isr: [1], elr: [], leader: 1 });
  });

  it('given another min.insync.replicas, then what was eligible under the old one is forgotten', () => {
    cluster.createTopic('b', assigned([1, 2, 3]));
    fence(3, 2);
    expect(cluster.partition('a').elr).toEqual([2]);

    setMinIsr(TOPIC, 'a', '1');
    expect(cluster.partition('a').elr).toEqual([]);
    expect(cluster.partition('b').elr).toEqual([2]);

    setMinIsr(BROKER, '', '3');
    expect(cluster.partition('b').elr).toEqual([]);
  });

  it('given the feature, then min.insync.replicas stands at the level of the cluster, and there only', () => {
    expect(setMinIsr(BROKER, '1', '2')).toBe(
      'Broker-level min.insync.replicas cannot be altered while ELR is enabled.',
    );
    expect(setMinIsr(BROKER, '', null)).toBe(
      'Cluster-level min.insync.replicas cannot be removed while ELR is enabled.',
    );
    expect(setMinIsr(BROKER, '', '1')).toBeNull();
    expect(setMinIsr(TOPIC, 'a', '1')).toBeNull();
    expect(setMinIsr(TOPIC, 'a', null)).toBeNull();
  });
});

describe('switching eligible leader replicas on and off', () => {
  function finalize(level: number, upgradeType = 1): number {
    const update = {
      feature: ELR_FEATURE,
      maxVersionLevel: level,
      allowDowngrade: false,
      upgradeType,
    };
    const request = { timeoutMs: 0, featureUpdates: [update], validateOnly: false };
    return cluster.handle('updateFeatures', request, 2).errorCode;
  }
  const minIsrOf = (name: string): string | undefined =>
    configsOf(cluster.image, { type: BROKER, name }).get('min.insync.replicas');

  it('given it is switched on, then min.insync.replicas goes to the cluster and away from the brokers', () => {
    cluster = new TestCluster().startBrokers(1, 2);
    setMinIsr(BROKER, '1', '2');
    cluster.createTopic('a', assigned([1, 2]));

    expect(finalize(1)).toBe(ErrorCode.NONE);

    expect(minIsrOf('')).toBe('1');
    expect(minIsrOf('1')).toBeUndefined();
    fence(2, 1);
    expect(cluster.partition('a')).toMatchObject({ isr: [], elr: [1] });
  });

  it('given it is switched off while an ISR is empty, then who was eligible still leads again', () => {
    fence(3, 2, 1);

    expect(finalize(0, 2)).toBe(ErrorCode.NONE);
    cluster.heartbeat(3);
    expect(cluster.partition('a')).toMatchObject({ leader: NO_LEADER, isr: [], elr: [2, 1] });
    cluster.heartbeat(2);

    const led = { leader: 2, isr: [2], elr: [], lastKnownElr: [] };
    expect(cluster.partition('a')).toMatchObject(led);
    fence(2);
    expect(cluster.partition('a')).toMatchObject({ leader: NO_LEADER, isr: [2] });
  });
});
