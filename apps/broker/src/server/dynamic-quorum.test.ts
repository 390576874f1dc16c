// A quorum that grows and shrinks under way (KIP-853), in whole servers: controllers join by themselves, are added, taken
// away and come back with an empty disk, while topics are created all the time.
import { silentLogger } from '@ottla/platform';
import { ErrorCode, ZERO_UUID } from '@ottla/protocol';
import { addRaftVoterRequest, addRaftVoterResponse } from '@ottla/protocol/messages/add-raft-voter';
import { createTopicsRequest, createTopicsResponse } from '@ottla/protocol/messages/create-topics';
import {
  describeQuorumRequest,
  describeQuorumResponse,
  type DescribeQuorumResponse,
} from '@ottla/protocol/messages/describe-quorum';
import { metadataRequest, metadataResponse } from '@ottla/protocol/messages/metadata';
import {
  removeRaftVoterRequest,
  removeRaftVoterResponse,
} from '@ottla/protocol/messages/remove-raft-voter';
import {
  createFeatureUpdateKey,
  updateFeaturesRequest,
  updateFeaturesResponse,
} from '@ottla/protocol/messages/update-features';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ClusterNode, startCluster, type TestCluster } from '../../test/cluster.ts';
import { MortalMachine } from '../../test/mortal-machine.ts';
import { withClient } from '../../test/running-server.ts';

const IN_TIME = { timeout: 15_000, interval: 30 };
const SOME_ID = 'JEXY6aqzQY-32P5TStzaFg';
const AUTO_JOIN = { 'controller.quorum.auto.join.enable': 'true' };

/** Voters in a line of the log. */
type Said = readonly { readonly voterId: number; readonly voterDirectoryId: string }[];

function idsIn(voters: Said): number[] {
  return voters.map(({ voterId }) => voterId);
}

let cluster: TestCluster;
let writer: Writer | undefined;
afterEach(async () => {
  await writer?.stop();
  writer = undefined;
  await cluster.close();
});

/** Creates topics one after the other through a broker, until it is stopped; remembers those that were acknowledged. */
class Writer {
  readonly acknowledged: string[] = [];
  #isStopped = false;
  readonly #running: Promise<void>;

  constructor(node: ClusterNode) {
    this.#running = this.#run(node);
  }

  async #run(node: ClusterNode): Promise<void> {
    for (let n = 0; !this.#isStopped; n += 1) {
      const name = `topic-${n}`;
      const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
      const answer = await withClient(node.address, (client) =>
        client.ask([createTopicsRequest, createTopicsResponse], {
          topics: [topic],
          timeoutMs: 8_000,
        }),
      ).catch(() => undefined);
      if (answer?.topics[0]?.errorCode === ErrorCode.NONE) this.acknowledged.push(name);
    }
  }

  /** Resolves when so many more were acknowledged. */
  async progress(count = 5): Promise<void> {
    const goal = this.acknowledged.length + count;
    await vi.waitUntil(() => this.acknowledged.length >= goal, IN_TIME);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }
}

async function quorum(node: ClusterNode): Promise<DescribeQuorumResponse> {
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
  return withClient(node.address, (client) =>
    client.ask([describeQuorumRequest, describeQuorumResponse], { topics }),
  );
}

async function voterIds(node: ClusterNode): Promise<number[]> {
  const partition = (await quorum(node)).topics[0]!.partitions[0]!;
  return partition.currentVoters.map(({ replicaId }) => replicaId).sort((a, b) => a - b);
}

async function untilVoters(node: ClusterNode, ids: readonly number[]): Promise<void> {
  await vi.waitFor(async () => expect(await voterIds(node)).toEqual(ids), IN_TIME);
}

async function remove(through: ClusterNode, id: number): Promise<void> {
  await vi.waitFor(async () => {
    const partition = (await quorum(through)).topics[0]!.partitions[0]!;
    const voter = partition.currentVoters.find(({ replicaId }) => replicaId === id);
    if (voter === undefined) return;
    const answer = await withClient(through.address, (client) =>
      client.ask([removeRaftVoterRequest, removeRaftVoterResponse], {
        clusterId: cluster.clusterId,
        voterId: id,
        voterDirectoryId: voter.replicaDirectoryId,
      }),
    );
    expect(answer).toMatchObject({ errorCode: ErrorCode.NONE });
  }, IN_TIME);
}

/** Every acknowledged topic is known to the broker. */
async function nothingLost(node: ClusterNode, names: readonly string[]): Promise<void> {
  const { topics } = await withClient(node.address, (client) =>
    client.ask([metadataRequest, metadataResponse], {
      topics: names.map((name) => ({ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name })),
      allowAutoTopicCreation: false,
    }),
  );
  expect(topics.filter(({ errorCode }) => errorCode !== ErrorCode.NONE)).toEqual([]);
}

describe('a quorum whose voters are in the log', () => {
  it('given controllers that join by themselves, then it grows to three and shrinks to one, the leader leaves too, and nothing is lost', async () => {
    const said: { formerVoters: Said; voters: Said }[] = [];
    const info = (message: string, fields?: object): void => {
      if (message.startsWith('the voters')) said.push(fields as (typeof said)[number]);
    };
    cluster = await startCluster({
      controllers: 3,
      isDynamic: true,
      brokers: 1,
      combined: false,
      properties: AUTO_JOIN,
      logger: (id) => (id === 1 ? { ...silentLogger, info } : silentLogger),
    });
    const broker = cluster.node(1);
    writer = new Writer(broker);
    await untilVoters(broker, [101, 102, 103]);
    await writer.progress();

    // Those that stop do not ask again. The first leader goes first.
    const first = cluster.activeController()!;
    const others = [101, 102, 103].filter((id) => id !== first);
    await remove(broker, first);
    await cluster.stop(first);
    await untilVoters(broker, others);
    await writer.progress();
    await remove(broker, others[0]!);
    cluster.kill(others[0]!);
    await untilVoters(broker, [others[1]!]);
    await writer.progress();

    await writer.stop();
    await nothingLost(broker, writer.acknowledged);
    expect(cluster.activeController()).toBe(others[1]);
    // The log tells the same story, each change from where the one before has ended.
    await vi.waitFor(() => expect(idsIn(said.at(-1)!.voters)).toEqual([others[1]]), IN_TIME);
    for (const [at, { formerVoters }] of said.entries())
      if (at > 0) expect(formerVoters).toEqual(said[at - 1]!.voters);
    expect(said.map(({ voters }) => idsIn(voters))).toContainEqual([101, 102, 103]);
  }, 60_000);

  it('given a voter whose disk is replaced, then it takes its old self out of the quorum, and votes again', async () => {
    const machines = new Map<number, MortalMachine>();
    cluster = await startCluster({
      controllers: 3,
      isDynamic: true,
      brokers: 1,
      combined: false,
      properties: AUTO_JOIN,
      machine: (id) => {
        const machine = new MortalMachine();
        machines.set(id, machine);
        return machine;
      },
    });
    const broker = cluster.node(1);
    writer = new Writer(broker);
    await untilVoters(broker, [101, 102, 103]);
    const directoryOf = async (): Promise<string | undefined> =>
      (await quorum(broker)).topics[0]!.partitions[0]!.currentVoters.find(
        ({ replicaId }) => replicaId === victim,
      )?.replicaDirectoryId;
    const victim = [102, 103].find((id) => id !== cluster.activeController())!;
    const before = await directoryOf();
    expect(before).toBeDefined();
    cluster.kill(victim);
    machines.get(victim)!.replaceDisk();
    await cluster.restart(victim);
    await vi.waitFor(async () => {
      const directory = await directoryOf();
      expect(directory).toBeDefined();
      expect(directory).not.toBe(before);
    }, IN_TIME);
    await writer.progress();
    await writer.stop();
    await nothingLost(broker, writer.acknowledged);
  }, 60_000);

  it('given a voter that comes back on another port, then the quorum knows where', async () => {
    cluster = await startCluster({
      controllers: 3,
      isDynamic: true,
      brokers: 1,
      combined: false,
      properties: (id) => ({
        ...AUTO_JOIN,
        ...(id === 103 ? { listeners: 'CONTROLLER://127.0.0.1:0' } : {}),
      }),
    });
    const broker = cluster.node(1);
    await untilVoters(broker, [101, 102, 103]);
    const portOf103 = async (): Promise<number | undefined> =>
      (await quorum(broker)).nodes.find(({ nodeId }) => nodeId === 103)?.listeners[0]?.port;
    const isKnown = async (): Promise<void> =>
      expect(await portOf103()).toBe(cluster.node(103).server?.controllerEndpoint.port);
    await vi.waitFor(isKnown, IN_TIME);
    const before = await portOf103();
    cluster.kill(103);
    await cluster.restart(103);
    await vi.waitFor(isKnown, IN_TIME);
    expect(await portOf103()).not.toBe(before);
  }, 60_000);

  it('given a controller that is added by hand, when the first one dies, then the others go on', async () => {
    cluster = await startCluster({
      controllers: 3,
      isDynamic: true,
      brokers: 1,
      combined: false,
    });
    const broker = cluster.node(1);
    writer = new Writer(broker);
    for (const id of [102, 103]) {
      await vi.waitFor(async () => {
        const observer = (await quorum(broker)).topics[0]!.partitions[0]!.observers.find(
          ({ replicaId }) => replicaId === id,
        );
        expect(observer).toBeDefined();
        const [host = '', port] = cluster.node(id).controllerAddress.split(':');
        const answer = await withClient(broker.address, (client) =>
          client.ask([addRaftVoterRequest, addRaftVoterResponse], {
            clusterId: cluster.clusterId,
            timeoutMs: 5_000,
            voterId: id,
            voterDirectoryId: observer!.replicaDirectoryId,
            listeners: [{ name: 'CONTROLLER', host, port: Number(port) }],
          }),
        );
        expect(answer).toMatchObject({ errorCode: ErrorCode.NONE });
      }, IN_TIME);
    }
    await untilVoters(broker, [101, 102, 103]);
    const { nodes } = await quorum(broker);
    expect(new Set(nodes.map(({ nodeId }) => nodeId))).toEqual(new Set([101, 102, 103]));
    await writer.progress();
    cluster.kill(101);
    await writer.progress();
    expect([102, 103]).toContain(cluster.activeController());
    await writer.stop();
    await nothingLost(broker, writer.acknowledged);
  }, 60_000);
});

describe('a quorum whose voters are in the configuration', () => {
  it('given kraft.version 0, when it is raised, then the voters come into the log and can be taken away', async () => {
    cluster = await startCluster({ controllers: 3, brokers: 1, combined: false });
    const broker = cluster.node(1);
    writer = new Writer(broker);
    const directories = async (): Promise<string[]> =>
      (await quorum(broker)).topics[0]!.partitions[0]!.currentVoters.map(
        ({ replicaDirectoryId }) => replicaDirectoryId,
      );
    expect(new Set(await directories())).toEqual(new Set([ZERO_UUID]));
    const refused = await withClient(broker.address, (client) =>
      client.ask([removeRaftVoterRequest, removeRaftVoterResponse], {
        clusterId: cluster.clusterId,
        voterId: 102,
        voterDirectoryId: SOME_ID,
      }),
    );
    expect(refused.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION);

    // Each voter tells the leader its directory first.
    await vi.waitFor(async () => {
      const feature = { feature: 'kraft.version', maxVersionLevel: 1, upgradeType: 1 };
      const answer = await withClient(broker.address, (client) =>
        client.ask([updateFeaturesRequest, updateFeaturesResponse], {
          featureUpdates: [createFeatureUpdateKey(feature)],
        }),
      );
      expect(answer.errorCode).toBe(ErrorCode.NONE);
    }, IN_TIME);
    await vi.waitFor(async () => expect(await directories()).not.toContain(ZERO_UUID), IN_TIME);
    const leaving = [101, 102, 103].find((id) => id !== cluster.activeController())!;
    await remove(broker, leaving);
    await untilVoters(
      broker,
      [101, 102, 103].filter((id) => id !== leaving),
    );
    await writer.progress();
    await writer.stop();
    await nothingLost(broker, writer.acknowledged);
  }, 60_000);
});
