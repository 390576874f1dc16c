// Topics created, deleted and configured by several admins at once are as if one did it after the other, whoever of the
// controllers dies meanwhile. Judged by Porcupine; what it must not let pass is planted first.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ottlaCluster } from '../src/ottla-cluster.ts';
import { missing } from '../src/toolchain.ts';
import { ClusterView } from './cluster-view.ts';
import { checkLinearizability } from './metadata/linearizability.ts';
import { formatHistory, type MetadataOperation } from './metadata/metadata-history.ts';
import { MetadataLoad } from './metadata/metadata-load.ts';

const whyNot = missing(['go']);

type Step = Pick<MetadataOperation, 'op' | 'outcome'> & { value?: string };

/** One call after the other, each by another client. */
function inTurn(...steps: readonly Step[]): MetadataOperation[] {
  return steps.map(({ op, outcome, value = '' }, index) => ({
    client: index,
    topic: 'orders',
    op,
    value,
    outcome,
    call: index * 10,
    return: index * 10 + 5,
  }));
}

const created: Step = { op: 'create', outcome: 'ok', value: '1' };

describe.skipIf(whyNot !== undefined)('the checker of metadata histories', () => {
  it.each<[string, Step[]]>([
    ['a topic is created twice', [created, { ...created, value: '2' }]],
    ['a created topic is gone by itself', [created, { op: 'get', outcome: 'missing' }]],
    [
      'a deleted topic is there',
      [created, { op: 'delete', outcome: 'ok' }, { op: 'get', outcome: 'ok', value: '1' }],
    ],
    [
      'an acknowledged config is lost',
      [created, { op: 'set', outcome: 'ok', value: '2' }, { op: 'get', outcome: 'ok', value: '1' }],
    ],
    ['a config is set of no topic', [{ op: 'set', outcome: 'ok', value: '2' }]],
    [
      'a topic is deleted twice',
      [created, { op: 'delete', outcome: 'ok' }, { op: 'delete', outcome: 'ok' }],
    ],
  ])('given that %s, then it says so', async (_, steps) => {
    const verdict = await checkLinearizability(inTurn(...steps));
    expect(verdict.isLinearizable).toBe(false);
    expect(verdict.text).toContain('orders: not linearizable');
  });

  it('given calls without an answer, then both what they did and what they did not do may be', async () => {
    const lost: Step = { op: 'set', outcome: 'unknown', value: '2' };
    for (const value of ['1', '2']) {
      const verdict = await checkLinearizability(
        inTurn(created, lost, { op: 'get', outcome: 'ok', value }),
      );
      expect(verdict.isLinearizable, value).toBe(true);
    }
  });
});

it('given admins at work, when the active controller is killed again and again, then their operations are linearizable', async (context) => {
  if (whyNot !== undefined) return context.skip(whyNot);
  const cluster = await ottlaCluster.start();
  try {
    await cluster.ready();
    const topics = ['orders', 'payments', 'refunds', 'clicks', 'views'];
    const load = new MetadataLoad({ bootstrap: cluster.bootstrap, clients: 5, topics });
    const running = load.run();
    const view = new ClusterView(cluster, 'orders');
    for (let round = 0; round < 3; round++) {
      await sleep(2_000);
      const { leaderId } = await view.quorum();
      const node = cluster.nodes.find(({ nodeId }) => nodeId === leaderId)!;
      await node.kill();
      await sleep(3_000);
      node.start();
      await cluster.ready();
    }
    load.stop();
    await running;
    // A broker tells what it has heard so far: wait until it has heard all.
    await sleep(2_000);
    await load.readFinally();
    const history = path.join(tmpdir(), `metadata-history-${process.pid}.ndjson`);
    writeFileSync(history, formatHistory(load.operations));
    const ok = load.operations.filter(({ outcome }) => outcome === 'ok').length;
    expect(ok).toBeGreaterThan(30);
    const verdict = await checkLinearizability(load.operations);
    console.log(`${verdict.text}, ${ok} of them done`);
    expect(verdict.isLinearizable, `${verdict.text}; history: ${history}`).toBe(true);
  } finally {
    await cluster.stop();
  }
});
