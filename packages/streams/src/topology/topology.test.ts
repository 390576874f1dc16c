import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { StateStore } from '../store/state-store.ts';
import type { StoreBuilder } from '../store/store-builder.ts';
import { copartitionGroupsOf, subtopologiesOf } from './subtopologies.ts';
import { Topology } from './topology.ts';

const nothing = () => ({ process: () => undefined });

/** A builder that nobody builds with. */
function storeNamed(name: string, loggingEnabled = true): StoreBuilder {
  return {
    name,
    loggingEnabled,
    cachingEnabled: false,
    logConfig: {},
    retentionMs: undefined,
    build: (): StateStore => {
      throw new Error('only described');
    },
  };
}

type Step =
  | readonly ['source', name: string, topics: readonly string[]]
  | readonly ['processor', name: string, parents: readonly string[], stores: readonly string[]]
  | readonly ['sink', name: string, topic: string, parents: readonly string[]]
  | readonly ['store', name: string]
  | readonly ['global', source: string, topic: string, processor: string, store: string];

function build(steps: readonly Step[]): Topology {
  const topology = new Topology();
  for (const step of steps) {
    switch (step[0]) {
      case 'source':
        topology.addSource(step[1], { topics: step[2] });
        break;
      case 'processor':
        topology.addProcessor(step[1], nothing, ...step[2]);
        if (step[3].length > 0) topology.connectProcessorAndStateStores(step[1], ...step[3]);
        break;
      case 'sink':
        topology.addSink(step[1], { topic: step[2] }, ...step[3]);
        break;
      case 'store':
        topology.addStateStore(storeNamed(step[1]));
        break;
      case 'global':
        topology.addGlobalStore(storeNamed(step[4], false), {
          sourceName: step[1],
          topic: step[2],
          processorName: step[3],
          processor: nothing,
        });
        break;
    }
  }
  return topology;
}

describe('Topology.describe', () => {
  const { topologies } = JSON.parse(
    readFileSync(new URL('../../test/golden/topology-descriptions.json', import.meta.url), 'utf8'),
  ) as { topologies: { steps: Step[]; description: string[] }[] };

  it.each(topologies.map((topology, index) => [index, topology] as const))(
    'given random topology %i, then the text is Kafka’s',
    (_index, { steps, description }) => {
      expect(build(steps).describe().toString().split('\n')).toEqual(description);
    },
  );

  it('given a pattern and a topic by record, then both are shown', () => {
    const route = (): string => 'anywhere';
    const topology = new Topology()
      .addSource('source', { topics: /in-.*/ })
      .addSink('sink', { topic: route }, 'source');

    expect(topology.describe().toString()).toBe(
      'Topologies:\n   Sub-topology: 0\n' +
        '    Source: source (topics: in-.*)\n      --> sink\n' +
        '    Sink: sink (extractor class: route)\n      <-- source\n\n',
    );
  });

  it('gives the same as data', () => {
    const { subtopologies, globalStores } = build([
      ['source', 's', ['in']],
      ['processor', 'p', ['s'], []],
      ['global', 'gs', 'table', 'gp', 'g'],
    ]).describe();

    expect(subtopologies.map(({ id, nodes }) => [id, nodes.map(({ name }) => name)])).toEqual([
      [0, ['s', 'p']],
    ]);
    expect(subtopologies[0]!.nodes[1]!.predecessors.map(({ name }) => name)).toEqual(['s']);
    expect(globalStores).toMatchObject([
      { id: 1, source: { name: 'gs' }, processor: { stores: ['g'] } },
    ]);
  });
});

describe('Topology', () => {
  const base = () => new Topology().addSource('s', { topics: 'in' });

  it.each([
    ['a name twice', () => base().addSource('s', { topics: 'x' }), 'Processor s is already added'],
    [
      'a topic twice',
      () => base().addSource('t', { topics: 'in' }),
      'Topic in has already been registered',
    ],
    [
      'a topic that a pattern matches',
      () => new Topology().addSource('p', { topics: /i.*/ }).addSource('s', { topics: 'in' }),
      'matches a Pattern',
    ],
    [
      'a pattern that matches a topic',
      () => base().addSource('p', { topics: /i./ }),
      'will match a topic',
    ],
    ['no topics', () => new Topology().addSource('s', { topics: [] }), 'topics cannot be empty'],
    ['no parents', () => base().addProcessor('p', nothing), 'predecessorNames cannot be empty'],
    [
      'an unknown parent',
      () => base().addProcessor('p', nothing, 'x'),
      'Parent node x is unknown.',
    ],
    ['itself as parent', () => base().addProcessor('p', nothing, 'p'), '(self-reference)'],
    [
      'a sink as parent',
      () => base().addSink('k', { topic: 'out' }, 's').addProcessor('p', nothing, 'k'),
      'Sink k cannot be used',
    ],
    [
      'an unknown store',
      () => base().addProcessor('p', nothing, 's').connectProcessorAndStateStores('p', 'x'),
      'StateStore x is not added yet',
    ],
    [
      'a store of a source',
      () => base().addStateStore(storeNamed('x'), 's'),
      'State stores cannot be connect to sources',
    ],
    [
      'a store of an unknown processor',
      () => base().addStateStore(storeNamed('x'), 'p'),
      'Processor p is not added yet',
    ],
    [
      'another store of the same name',
      () => base().addStateStore(storeNamed('x')).addStateStore(storeNamed('x')),
      'A different StateStore',
    ],
    [
      'one processor for all tasks',
      () => {
        const one = nothing();
        return base().addProcessor('p', () => one, 's');
      },
      'must return a new processor each time',
    ],
    [
      'a global store connected',
      () =>
        build([
          ['source', 's', ['in']],
          ['processor', 'p', ['s'], []],
          ['global', 'gs', 'table', 'gp', 'g'],
        ]).connectProcessorAndStateStores('p', 'g'),
      'can be used by a Processor without being specified',
    ],
  ] as const)('refuses %s', (_what, make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_TOPOLOGY' }));
  });

  it('given a supplier with stores, then they are added and connected', () => {
    const topology = base().addProcessor(
      'p',
      { get: nothing, stores: () => [storeNamed('x')] },
      's',
    );

    expect(topology.describe().toString()).toContain('Processor: p (stores: [x])');
  });

  it('given two parts joined by a topic of the application, then there are two sub-topologies', () => {
    const topology = build([
      ['source', 's', ['in']],
      ['sink', 'k', 'middle', ['s']],
      ['source', 't', ['middle']],
      ['store', 'counts'],
      ['processor', 'p', ['t'], ['counts']],
    ]);
    Topology.graphOf(topology).addInternalTopic('middle', { partitions: 3 });

    const [first, second] = subtopologiesOf(Topology.graphOf(topology), 'app');

    expect(first).toMatchObject({ id: 0, sourceTopics: ['in'], sinkTopics: ['app-middle'] });
    expect(second).toMatchObject({ id: 1, sourceTopics: ['app-middle'] });
    expect(second!.repartitionTopics).toEqual(new Map([['app-middle', { partitions: 3 }]]));
    expect(second!.stores).toMatchObject([
      { changelogTopic: 'app-counts-changelog', isSourceTopic: false },
    ]);
  });

  it('given processors that share a store, then they are in one sub-topology', () => {
    const steps: Step[] = [
      ['source', 's', ['a']],
      ['source', 't', ['b']],
      ['store', 'x'],
      ['processor', 'p', ['s'], ['x']],
      ['processor', 'q', ['t'], ['x']],
    ];

    expect(subtopologiesOf(Topology.graphOf(build(steps)), 'app')).toHaveLength(1);
    const apart = steps.map((step): Step =>
      step[1] === 'q' ? ['processor', 'q', ['t'], []] : step,
    );
    expect(subtopologiesOf(Topology.graphOf(build(apart)), 'app')).toHaveLength(2);
  });

  it('given a read-only store, then its topic is its changelog and nothing else is made', () => {
    const topology = new Topology().addReadOnlyStateStore(storeNamed('x'), {
      topic: 'table',
      sourceName: 's',
      processorName: 'p',
      processor: nothing,
    });
    const graph = Topology.graphOf(topology);

    expect(subtopologiesOf(graph, 'app')[0]!.stores).toMatchObject([
      { changelogTopic: 'table', isSourceTopic: true },
    ]);
    expect(graph.offsetResetOf('table')).toBe('earliest');
  });

  it('given groups of co-partitioned sources with a topic in common, then they are one group', () => {
    const topology = build([
      ['source', 'a', ['ta']],
      ['source', 'b', ['tb']],
      ['source', 'c', ['tc']],
      ['source', 'd', ['td']],
    ]);
    const graph = Topology.graphOf(topology);
    graph.addInternalTopic('tb');
    graph.copartitionSources(['a', 'b']);
    graph.copartitionSources(['b', 'c']);

    expect(copartitionGroupsOf(graph, 'app')).toEqual([['ta', 'app-tb', 'tc']]);
  });

  it('given a pattern, then the topics that exist and match wholly are read', () => {
    const graph = Topology.graphOf(new Topology().addSource('s', { topics: /in-\d/ }));

    expect(
      subtopologiesOf(graph, 'app', ['in-1', 'in-12', 'out', 'in-2'])[0]!.sourceTopics,
    ).toEqual(['in-1', 'in-2']);
  });
});
