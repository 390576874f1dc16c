// What the leader of a group shares when brokers do not agree on which topics there are.
import { createSimulation } from '@ottla/platform/simulated';
import { ErrorCode } from '@ottla/protocol';
import {
  createJoinGroupResponseMember,
  joinGroupResponse,
} from '@ottla/protocol/messages/join-group';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../connection/cluster.ts';
import { resolveOptions } from '../options.ts';
import { encodeSubscription } from './consumer-protocol.ts';
import { LeaderTask } from './leader-task.ts';
import { rangeAssignor } from './range-assignor.ts';

/** A member that reads `orders`, of two partitions. @param errorOf of the topic, in the answers to come */
function given(errorOf: (answer: number) => number) {
  const simulation = createSimulation({ seed: 1 });
  const { platform } = simulation.node('client');
  let answers = 0;
  let metadata = { topics: new Map<string, unknown>() };
  const cluster = {
    options: resolveOptions({ bootstrapServers: 'b:1', platform }),
    closing: new AbortController().signal,
    get metadata() {
      return metadata;
    },
    refresh: () => {
      const errorCode = errorOf(++answers);
      const partitions = errorCode === 0 ? [{ partition: 0 }, { partition: 1 }] : [];
      metadata = { topics: new Map([['orders', { errorCode, partitions }]]) };
      return Promise.resolve(metadata);
    },
  } as unknown as Cluster;
  const subscription = { topics: ['orders'], ownedPartitions: [], generationId: -1, userData: null, rackId: null }; // prettier-ignore
  const joined = joinGroupResponse.create({
    memberId: 'm',
    leader: 'm',
    members: [
      createJoinGroupResponseMember({ memberId: 'm', metadata: encodeSubscription(subscription) }),
    ],
  });
  const task = new LeaderTask(cluster);
  const share = async () => {
    const shares = await simulation.settle(task.share(joined, rangeAssignor, [rangeAssignor]));
    return shares.get('m')?.partitions.length ?? 0;
  };
  return { simulation, task, share, cluster };
}

describe('LeaderTask', () => {
  it.each(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'] as const)(
    'given %s from a broker that is behind, then asks again before it takes the topic away from its readers',
    async (name) => {
      const { share, task } = given((answer) => (answer < 3 ? ErrorCode[name] : 0));
      expect(await share()).toBe(2);
      expect(task.isOutdated()).toBe(false);
    },
  );

  it('given a topic that is not there, then shares without it, soon, and is outdated when it comes', async () => {
    const { share, task, simulation, cluster } = given((answer) =>
      answer < 6 ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : 0,
    );
    expect(await share()).toBe(0);
    expect(simulation.elapsedMs).toBeLessThan(3_000);
    expect(task.topics).toEqual(['orders']);
    await cluster.refresh([]);
    expect(task.isOutdated()).toBe(false);
    await cluster.refresh([]);
    expect(task.isOutdated()).toBe(true);
  });

  it('given a topic that must not be seen, then shares without it at once', async () => {
    const { share, simulation } = given(() => ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    expect(await share()).toBe(0);
    expect(simulation.elapsedMs).toBeLessThan(1);
  });
});
