// Several processes as one group; each broker is a few lines that say what a broker would.
import { nodePlatform } from '@ottla/platform';
import { afterEach, describe, expect, it } from 'vitest';
import { BrokerGroup } from './broker-group.ts';
import { BrokerProcess } from './broker-process.ts';
import type { PlannedNode } from './cluster-plan.ts';

const READY = `console.log(JSON.stringify({ level: 'info', msg: 'ready' }));`;
const BROKER = `process.on('SIGTERM', () => process.exit(0)); ${READY} process.stdin.on('end', () => process.exit(0)).resume();`;

const groups: BrokerGroup[] = [];
afterEach(async () => {
  await Promise.all(groups.splice(0).map((group) => group.stop()));
});

const broker = (nodeId: number): PlannedNode => ({
  nodeId,
  port: 9091 + nodeId,
  controllerPort: undefined,
});
const controller = (nodeId: number): PlannedNode => ({
  ...broker(nodeId),
  controllerPort: 19_091 + nodeId,
});

/** A group with what its processes went through, as `<node> <state>`. */
function newGroup(scripts: Readonly<Record<number, string>> = {}): {
  group: BrokerGroup;
  states: string[];
  until: (state: string) => Promise<void>;
} {
  const states: string[] = [];
  let changed: () => void = () => {};
  const group: BrokerGroup = new BrokerGroup(
    ({ nodeId }) =>
      new BrokerProcess({
        nodeId,
        command: [process.execPath, '-e', scripts[nodeId] ?? BROKER],
        env: process.env,
        timers: nodePlatform().timers,
        onState: ({ state }) => {
          states.push(`${nodeId} ${state}`);
          group.changed();
          changed();
        },
        onLine: () => {},
      }),
  );
  groups.push(group);
  const until = async (state: string): Promise<void> => {
    while (!states.includes(state)) await new Promise<void>((resolve) => (changed = resolve));
  };
  return { group, states, until };
}

const never = new AbortController().signal;
const idsOf = (group: BrokerGroup): string[] =>
  group.members.map(({ node, process: { state } }) => `${node.nodeId} ${state}`);

describe('BrokerGroup', () => {
  it('has started when all are ready, and stops all', async () => {
    const { group } = newGroup();
    expect(await group.start([controller(1), broker(2)], never)).toBe(true);
    expect(idsOf(group)).toEqual(['1 ready', '2 ready']);
    await group.stop();
    expect(idsOf(group)).toEqual(['1 stopped', '2 stopped']);
  });

  it('given one that does not start, then says which and why', async () => {
    const { group } = newGroup({ 2: `console.error('ottla: the port is taken'); process.exit(1)` });
    await expect(group.start([controller(1), broker(2)], never)).rejects.toThrow(
      'broker 2 did not start (exit code 1): the port is taken',
    );
  });

  it('given an interruption before all are ready, then does not wait for them', async () => {
    const { group } = newGroup({ 1: 'process.stdin.resume()' });
    const interruption = new AbortController();
    const starting = group.start([controller(1)], interruption.signal);
    interruption.abort();
    expect(await starting).toBe(false);
  });

  it('given a plan with one more, then starts that one and leaves the others alone', async () => {
    const { group, states } = newGroup();
    await group.start([controller(1)], never);
    states.length = 0;
    await group.follow([controller(1), broker(2)]);
    expect(states).toEqual(['2 starting', '2 ready']);
    expect(idsOf(group)).toEqual(['1 ready', '2 ready']);
  });

  it('given a plan that leaves one out and makes another a controller, then starts the other again, and stops the one', async () => {
    const { group, states } = newGroup();
    await group.start([controller(1), broker(2), broker(3)], never);
    states.length = 0;
    await group.follow([controller(2), broker(3)]);
    const again = ['2 stopping', '2 stopped', '2 starting', '2 ready'];
    expect(states).toEqual([...again, '1 stopping', '1 stopped']);
    expect(idsOf(group)).toEqual(['2 ready', '3 ready']);
  });

  it('given a stop while it follows a plan, then stops who was to be left out as well', async () => {
    const { group, states, until } = newGroup({ 3: 'process.stdin.resume()' });
    await group.start([controller(1), broker(2)], never);
    const following = group.follow([controller(1), broker(3)]);
    await until('3 starting');
    await group.stop();
    await following;
    expect(states).toContain('2 stopped');
  });

  it('given one that somebody stopped, when the same plan comes again, then starts it', async () => {
    const { group, states, until } = newGroup();
    const plan = [controller(1), broker(2)];
    await group.start(plan, never);
    process.kill(group.members[1]!.process.pid!, 'SIGTERM');
    await until('2 stopped');
    states.length = 0;
    await group.follow(plan);
    expect(states).toEqual(['2 starting', '2 ready']);
  });

  it('given a stop while it follows a plan, then starts nobody any more', async () => {
    const { group, states, until } = newGroup({ 2: 'process.stdin.resume()' });
    await group.start([controller(1)], never);
    const following = group.follow([controller(1), broker(2), broker(3)]);
    await until('2 starting');
    await group.stop();
    await following;
    expect(states).not.toContain('3 starting');
    expect(idsOf(group).filter((one) => !one.endsWith('stopped'))).toEqual([]);
  });
});
