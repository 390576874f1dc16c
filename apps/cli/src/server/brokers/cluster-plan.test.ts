// Who is who among several brokers on one machine, from one start to the next.
import { describe, expect, it } from 'vitest';
import {
  controllerCount,
  parsePlan,
  planCluster,
  planText,
  propertiesOf,
  resizedPlan,
} from './cluster-plan.ts';

const ID = 'Ej3_evlyTlCg2mz1BVtabw';

function settings(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

describe('the plan of a cluster on one machine', () => {
  it('has one controller for one or two brokers, three for more', () => {
    expect([1, 2, 3, 4, 9].map(controllerCount)).toEqual([1, 1, 3, 3, 3]);
  });

  it('gives ports one after the other, and controllers one of their own', () => {
    expect(planCluster(ID, 4, 9092).nodes).toEqual([
      { nodeId: 1, port: 9092, controllerPort: 19092 },
      { nodeId: 2, port: 9093, controllerPort: 19093 },
      { nodeId: 3, port: 9094, controllerPort: 19094 },
      { nodeId: 4, port: 9095, controllerPort: undefined },
    ]);
  });

  it('puts controller ports below where there is no room above', () => {
    expect(planCluster(ID, 1, 60_000).nodes[0]?.controllerPort).toBe(50_000);
  });

  it('refuses ports that do not exist', () => {
    expect(() => planCluster(ID, 3, 65_534)).toThrow('there is no port 65536');
  });

  it('tells every node where the controllers are', () => {
    const plan = planCluster(ID, 4, 9092);
    const [first, , , fourth] = plan.nodes.map((node) =>
      settings(propertiesOf(plan, node, '/data')),
    );
    expect(first?.get('process.roles')).toBe('broker,controller');
    expect(first?.get('listeners')).toBe('PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:19092');
    expect(fourth?.get('process.roles')).toBe('broker');
    expect(fourth?.get('listeners')).toBe('PLAINTEXT://127.0.0.1:9095');
    expect(fourth?.get('log.dirs')).toBe('/data/broker-4');
    expect(first?.get('controller.quorum.auto.join.enable')).toBe('true');
    expect(fourth?.get('controller.quorum.auto.join.enable')).toBeUndefined();
    for (const each of [first, fourth]) {
      expect(each?.get('controller.quorum.bootstrap.servers')).toBe(
        '127.0.0.1:19092,127.0.0.1:19093,127.0.0.1:19094',
      );
      expect(each?.get('ottla.default.replication.factor.max')).toBe('3');
    }
  });

  it('keeps everybody in place when it grows; who comes later is a broker only', () => {
    const plan = planCluster(ID, 3, 9092);
    const grown = resizedPlan(plan, 5);
    expect(grown.nodes.slice(0, 3)).toEqual(plan.nodes);
    expect(grown.nodes.slice(3)).toEqual([
      { nodeId: 4, port: 9095, controllerPort: undefined },
      { nodeId: 5, port: 9096, controllerPort: undefined },
    ]);
    expect(resizedPlan(plan, 3)).toEqual(plan);
  });

  it('has three controllers as soon as it has three brokers', () => {
    const one = planCluster(ID, 1, 9092);
    const two = resizedPlan(one, 2);
    expect(two.nodes.map(({ controllerPort }) => controllerPort)).toEqual([19_092, undefined]);
    expect(resizedPlan(two, 3).nodes.map(({ controllerPort }) => controllerPort)).toEqual([
      19_092, 19_093, 19_094,
    ]);
  });

  it('does not shrink while data would be left behind', () => {
    const plan = planCluster(ID, 4, 9092);
    expect(() => resizedPlan(plan, 3)).toThrow('would stop some that hold data');
    expect(() => resizedPlan(plan, 2, new Set([4]))).toThrow('would stop some that hold data');
  });

  it('leaves out who was drained, and gives nobody the place of somebody else', () => {
    const plan = planCluster(ID, 4, 9092);
    const drained = resizedPlan(plan, 3, new Set([1]));
    expect(drained.nodes).toEqual([
      { nodeId: 2, port: 9093, controllerPort: 19_093 },
      { nodeId: 3, port: 9094, controllerPort: 19_094 },
      { nodeId: 4, port: 9095, controllerPort: 19_095 },
    ]);
    expect(resizedPlan(drained, 4).nodes.at(-1)).toEqual({
      nodeId: 5,
      port: 9096,
      controllerPort: undefined,
    });
    expect(resizedPlan(plan, 4, new Set([1, 4]))).toEqual(plan);
    expect(resizedPlan(plan, 3, new Set([1, 4])).nodes.map(({ nodeId }) => nodeId)).toEqual([
      1, 2, 3,
    ]);
  });

  it('does not leave out the only controller', () => {
    const plan = planCluster(ID, 2, 9092);
    expect(() => resizedPlan(plan, 1, new Set([1]))).toThrow('its only controller, node 1');
    expect(resizedPlan(plan, 1, new Set([2])).nodes.map(({ nodeId }) => nodeId)).toEqual([1]);
  });

  it('is read as it was written, and anything else is refused', () => {
    const plan = resizedPlan(planCluster(ID, 3, 9092), 4);
    expect(parsePlan(planText(plan), 'cluster.json')).toEqual(plan);
    for (const text of [
      '',
      '[]',
      '{"clusterId":"x"}',
      '{"clusterId":"x","nodes":[{"nodeId":"1"}]}',
      'null',
    ])
      expect(() => parsePlan(text, 'cluster.json'), text).toThrow('cluster.json is no plan');
  });
});
