import { LogDirectory } from '@ottla/log';
import { silentLogger } from '@ottla/platform';
import { createSimulation } from '@ottla/platform/simulated';
import type { FetchRequest } from '@ottla/protocol/messages/fetch';
import { expect, it } from 'vitest';
import {
  type CommittedBatch,
  drain,
  type KnownLeader,
  QuorumNode,
  QuorumRequests,
  type RaftTransport,
  VoterSet,
} from '../../src/index.ts';

const CLUSTER = 'AAAAAAAAAAAAAAAAAAAAZA';
const IDS = [1, 2, 3];
const directoryOf = (id: number): string => `AAAAAAAAAAAAAAAAAAAAA${'AQgw'[id]}`;

interface Member {
  readonly node: QuorumNode;
  readonly requests: QuorumRequests;
  readonly logs: LogDirectory;
  readonly values: string[];
  readonly leaders: KnownLeader[];
}

it('given three nodes, when one leads, then all get its records; when it stops, then another one leads', async () => {
  const simulation = createSimulation({ seed: 7 });
  const members = new Map<number, Member>();
  const voters = new VoterSet(
    IDS.map((id) => ({
      id,
      directoryId: directoryOf(id),
      endpoints: [{ name: 'C', host: 'h', port: id }],
    })),
  );

  const transport = (from: number): RaftTransport => ({
    send: async (to, kind, request) => {
      const { timers } = simulation.node(`n${from}`).platform;
      await timers.sleep(2);
      const target = members.get(to.id);
      if (target === undefined) throw new Error('nobody there');
      const { requests } = target;
      const answer = async (): Promise<unknown> => {
        if (kind.request.name === 'VoteRequest') return requests.vote(request as never);
        if (kind.request.name === 'BeginQuorumEpochRequest')
          return requests.beginQuorumEpoch(request as never);
        if (kind.request.name === 'EndQuorumEpochRequest')
          return requests.endQuorumEpoch(request as never);
        const response = await requests.fetch(request as FetchRequest);
        const partition = response.responses[0]!.partitions[0]!;
        return {
          ...response,
          responses: [
            {
              ...response.responses[0]!,
              partitions: [{ ...partition, records: await drain(partition.records!) }],
            },
          ],
        };
      };
      const response = await answer();
      await timers.sleep(2);
      return response as never;
    },
  });

  const start = async (id: number): Promise<void> => {
    const { platform } = simulation.node(`n${id}`);
    const logs = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
    await logs.format({ clusterId: CLUSTER, nodeId: id, directoryId: directoryOf(id) });
    const node = await QuorumNode.open({
      platform,
      logger: silentLogger,
      logs,
      clusterId: CLUSTER,
      self: { id, directoryId: directoryOf(id) },
      staticVoters: voters,
      transport: transport(id),
    });
    const values: string[] = [];
    const leaders: KnownLeader[] = [];
    node.register({
      handleCommit: (batches: readonly CommittedBatch[]) => {
        for (const batch of batches) values.push(...batch.values.map(String));
      },
      handleSnapshot: () => {},
      handleLeaderChange: (leader) => leaders.push(leader),
    });
    members.set(id, {
      node,
      requests: new QuorumRequests(node, platform, CLUSTER),
      logs,
      values,
      leaders,
    });
    node.start();
  };
  await simulation.settle(Promise.all(IDS.map(start)));

  const leading = (): Member | undefined =>
    [...members.values()].find(({ leaders }) => leaders.at(-1)?.isLocal);
  await simulation.runUntil(() => leading() !== undefined, 20_000);
  const first = leading()!;
  first.node.append([Buffer.from('a'), Buffer.from('b')], first.node.core.epoch);
  await simulation.runUntil(
    () => [...members.values()].every(({ values }) => values.length === 2),
    5_000,
  );

  members.delete(first.node.core.self.id);
  const stopping = first.node.close();
  await simulation.settle(stopping);
  await simulation.runUntil(() => leading() !== undefined, 20_000);
  const second = leading()!;
  second.node.append([Buffer.from('c')], second.node.core.epoch);
  await simulation.runUntil(
    () => [...members.values()].every(({ values }) => values.join('') === 'abc'),
    5_000,
  );
  expect(second.node.core.epoch).toBeGreaterThan(first.node.core.epoch);

  await simulation.settle(Promise.all([...members.values()].map(({ node }) => node.close())));
  await simulation.settle(
    Promise.all([first, ...members.values()].map(({ logs }) => logs.close())),
  );
});
