// A cluster of processes changes under its clients, by what somebody types: a broker joins, all are restarted one by one, a
// voter leaves, a feature level rises. Our client and the Java client see nothing that their retries do not absorb.
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkHistory } from '../tools/history/history-checker.ts';
import { readToTheEnd } from './chaos/load/final-reader.ts';
import { readHistories, untilFlowing } from './chaos/load/histories.ts';
import type { LoadOptions } from './chaos/load/load-options.ts';
import { type LoadProcess, startJavaLoad, startOttlaLoad } from './chaos/load/load-process.ts';
import { runTool } from './src/java-tools.ts';
import { LocalCluster } from './src/local-cluster.ts';
import { missing } from './src/toolchain.ts';

const LIMIT_MS = 240_000;
const DRAIN_LIMIT_MS = 90_000;
const TOPIC = 'orders';
const PARTITIONS = 6;
const FEATURE = 'eligible.leader.replicas.version';
/** A commit that a rebalance has overtaken; the member's next one covers it. */
const OVERTAKEN = /ILLEGAL_GENERATION|RebalanceInProgress|REBALANCE_IN_PROGRESS/;
const whyNot = missing(['java']);

function isFailure(complaint: string): boolean {
  return complaint !== '' && !OVERTAKEN.test(complaint);
}

describe.skipIf(whyNot !== undefined)('a cluster that changes while clients use it', () => {
  let cluster: LocalCluster;
  const loads: LoadProcess[] = [];
  const histories: string[] = [];

  const features = async (...args: string[]): Promise<string> =>
    (await runTool('features', ['--bootstrap-server', cluster.bootstrap, ...args])).stdout;
  const load = (name: string): LoadOptions => ({
    bootstrap: cluster.bootstrap,
    topic: TOPIC,
    partitions: PARTITIONS,
    group: `billing-${name}`,
    history: path.join(cluster.folder, `${name}.ndjson`),
    name,
    producers: 1,
    consumers: 2,
    stay: 20_000,
    rate: 100,
  });
  const member = async (nodeId: number) =>
    (await cluster.status()).members.find((one) => one.nodeId === nodeId);

  beforeAll(async () => {
    cluster = await LocalCluster.start(3, [
      'min.insync.replicas=2',
      'offsets.topic.num.partitions=3',
      'group.initial.rebalance.delay.ms=0',
    ]);
    await cluster.ottla('topic', 'create', TOPIC, '--partitions', String(PARTITIONS));
    await features('downgrade', '--feature', `${FEATURE}=0`);
    for (const [options, start] of [
      [load('ottla'), startOttlaLoad],
      [load('java'), startJavaLoad],
    ] as const) {
      histories.push(options.history);
      loads.push(start(options));
    }
    for (const history of histories) await untilFlowing(history);
  }, LIMIT_MS);

  afterAll(async () => {
    for (const each of loads) await each.stop(0);
    await cluster?.close();
  }, LIMIT_MS);

  it(
    'a fourth broker joins, and gets its share of replicas and leaders',
    async () => {
      await cluster.resize(4);
      expect(await cluster.ottla('cluster', 'add', '4')).toContain('Broker 4 has its share');
      const fourth = await member(4);
      expect(fourth).toMatchObject({ state: 'active', quorum: 'observer' });
      expect(fourth!.replicas).toBeGreaterThan(0);
      expect(fourth!.leads).toBeGreaterThan(0);
      await cluster.untilWhole();
    },
    LIMIT_MS,
  );

  it(
    'all brokers are restarted one after the other, the active controller last',
    async () => {
      const { activeController, members } = await cluster.status();
      const ids = members.map(({ nodeId }) => nodeId);
      for (const nodeId of [...ids.filter((id) => id !== activeController), activeController]) {
        await cluster.stopBroker(nodeId);
        await cluster.resize(4);
        await cluster.untilWhole();
      }
    },
    LIMIT_MS,
  );

  it(
    'the voter that leads the quorum is drained and removed, another takes its place',
    async () => {
      const { activeController: leaving } = await cluster.status();
      expect(await cluster.ottla('cluster', 'drain', String(leaving))).toContain('holds nothing');
      await cluster.resize(3);
      await cluster.ottla('cluster', 'remove', String(leaving), '--yes');
      expect(await cluster.voters()).toEqual([1, 2, 3, 4].filter((id) => id !== leaving));
      expect(await member(leaving)).toBeUndefined();
      await cluster.untilWhole();
    },
    LIMIT_MS,
  );

  it(
    'a feature level rises',
    async () => {
      expect(await features('upgrade', '--feature', `${FEATURE}=1`)).toContain('was upgraded to 1');
    },
    LIMIT_MS,
  );

  it(
    'nothing that was acknowledged is lost, and nobody was told of a failure',
    async () => {
      for (const each of loads) {
        expect(each.isRunning, `${each.name}: ${each.complaints}`).toBe(true);
        expect(await each.stop(DRAIN_LIMIT_MS), `${each.name}: ${each.complaints}`).toBe(true);
      }
      const history = path.join(cluster.folder, 'reader.ndjson');
      await readToTheEnd({
        bootstrap: cluster.bootstrap,
        topic: TOPIC,
        partitions: PARTITIONS,
        groups: ['billing-ottla', 'billing-java'],
        history,
        limitMs: DRAIN_LIMIT_MS,
      });
      const verdict = checkHistory(readHistories([...histories, history]));
      expect(verdict.anomalies).toEqual([]);
      expect(verdict.acknowledged).toBe(verdict.sent);
      expect(verdict.acknowledged).toBeGreaterThan(2_000);
      expect(loads.flatMap(({ complaints }) => complaints.split('\n').filter(isFailure))).toEqual(
        [],
      );
      expect((await cluster.status()).underReplicated).toEqual([]);
    },
    LIMIT_MS,
  );
});
