import { ErrorCode } from '@ottla/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { assigned, TestCluster } from '../../test/support/cluster.ts';
import { type ControllerResponse, LeaderRecoveryState, NO_LEADER } from '../index.ts';

const PREFERRED = 0;
const UNCLEAN = 1;

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster().startBrokers(1, 2, 3);
});

function elect(
  electionType: number,
  topicPartitions: Array<{ topic: string; partitions: number[] }> | null,
): ControllerResponse<'electLeaders'> {
  return cluster.handle('electLeaders', { electionType, topicPartitions, timeoutMs: 0 }, 2);
}

/** Broker `id` goes away and comes back; what it led stays where it went. */
function bounce(id: number): void {
  cluster.heartbeat(id, { wantFence: true });
  cluster.heartbeat(id);
}

describe('ElectLeaders, preferred', () => {
  beforeEach(() => {
    cluster.createTopic('a', assigned([1, 2], [2, 1]));
    bounce(1);
    expect(cluster.partition('a')).toMatchObject({ leader: 2, isr: [2] });
  });

  it('given a first replica that is in sync again, then it leads', () => {
    cluster.alterIsr('a', [2, 1]);

    const { replicaElectionResults } = elect(PREFERRED, [{ topic: 'a', partitions: [0, 1] }]);

    expect(replicaElectionResults[0]?.partitionResult).toMatchObject([
      { partitionId: 0, errorCode: ErrorCode.NONE, errorMessage: null },
      { partitionId: 1, errorCode: ErrorCode.ELECTION_NOT_NEEDED },
    ]);
    expect(cluster.partition('a')).toMatchObject({ leader: 1, leaderEpoch: 2 });
  });

  it('given a first replica that is not in sync, then nothing is elected', () => {
    const { replicaElectionResults } = elect(PREFERRED, [{ topic: 'a', partitions: [0] }]);

    expect(replicaElectionResults[0]?.partitionResult[0]).toMatchObject({
      errorCode: ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
      errorMessage: 'The preferred leader was not available.',
    });
    expect(cluster.partition('a').leader).toBe(2);
  });

  it('given null for all partitions, then those that need nothing are left out', () => {
    cluster.alterIsr('a', [2, 1]);

    expect(elect(PREFERRED, null).replicaElectionResults).toEqual([
      { topic: 'a', partitionResult: [{ partitionId: 0, errorCode: 0, errorMessage: null }] },
    ]);
  });

  it('refuses what does not exist, and kinds of election that nobody knows', () => {
    const { replicaElectionResults } = elect(PREFERRED, [
      { topic: 'none', partitions: [0] },
      { topic: 'a', partitions: [7] },
    ]);

    for (const { partitionResult } of replicaElectionResults) {
      expect(partitionResult[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    }
    expect(elect(2, null).errorCode).toBe(ErrorCode.INVALID_REQUEST);
  });
});

describe('unclean elections', () => {
  /** Partition 0 of `a`: broker 1 alone in sync, and then gone. */
  function loseIsr(): void {
    cluster.createTopic('a', assigned([1, 2]));
    cluster.alterIsr('a', [1]);
    cluster.heartbeat(1, { wantFence: true });
    expect(cluster.partition('a')).toMatchObject({ leader: NO_LEADER, isr: [1] });
  }
  const lead = { leader: 2, isr: [2], leaderRecoveryState: LeaderRecoveryState.RECOVERING };

  it('given ElectLeaders, then a live replica leads, though the topic does not allow it by itself', () => {
    loseIsr();

    const { replicaElectionResults } = elect(UNCLEAN, [{ topic: 'a', partitions: [0] }]);

    expect(replicaElectionResults[0]?.partitionResult[0]?.errorCode).toBe(ErrorCode.NONE);
    expect(cluster.partition('a')).toMatchObject(lead);
    expect(elect(UNCLEAN, null).replicaElectionResults[0]?.partitionResult).toEqual([]);
  });

  it('given ElectLeaders and nobody alive, then there is nobody to elect', () => {
    loseIsr();
    cluster.heartbeat(2, { wantFence: true });

    expect(elect(UNCLEAN, null).replicaElectionResults[0]?.partitionResult[0]?.errorCode).toBe(
      ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
    );
  });

  it('given the config changed after the loss, then the next round elects, and not before', () => {
    loseIsr();
    const round = (): void =>
      void cluster.append(cluster.controller.electUncleanLeaders(cluster.moment));
    round();
    expect(cluster.partition('a').leader).toBe(NO_LEADER);

    const configs = [{ name: 'unclean.leader.election.enable', configOperation: 0, value: 'true' }];
    const resources = [{ resourceType: 2, resourceName: 'a', configs }];
    cluster.handle('incrementalAlterConfigs', { resources, validateOnly: false });
    round();

    expect(cluster.partition('a')).toMatchObject(lead);
  });

  it('given a leader that recovered, then it says so, and only then others may join', () => {
    loseIsr();
    elect(UNCLEAN, null);

    const recovering = { leaderRecoveryState: LeaderRecoveryState.RECOVERING };
    cluster.heartbeat(1);
    expect(cluster.alterIsr('a', [2, 1], recovering)).toBe(ErrorCode.INVALID_REQUEST);
    expect(cluster.alterIsr('a', [2])).toBe(ErrorCode.NONE);
    expect(cluster.partition('a').leaderRecoveryState).toBe(LeaderRecoveryState.RECOVERED);
    expect(cluster.alterIsr('a', [2, 1])).toBe(ErrorCode.NONE);
    expect(cluster.alterIsr('a', [2], recovering)).toBe(ErrorCode.INVALID_REQUEST);
  });
});
