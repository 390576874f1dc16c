// Random histories of a cluster: whatever happens, the log, its snapshot and the images agree, and
// the rules of leadership hold after every step. Work on many partitions is cut into slices of two
// records, and anything may happen between two of them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createBootstrap,
  ELR_FEATURE,
  EMPTY_IMAGE,
  imageRecords,
  type MetadataImage,
  MetadataLoader,
} from '../src/index.ts';
import { contentsOf } from './support/images.ts';
import { checkLeadership } from './support/leadership-rules.ts';
import { history, RandomCluster } from './support/random-cluster.ts';

const LEVELS = fc.constantFrom(0, 1);

function clusterOf(elrLevel: number, seed: number): RandomCluster {
  const bootstrap = createBootstrap({ [ELR_FEATURE]: elrLevel });
  return new RandomCluster({ bootstrap, recordsPerSliceMax: 2 }, seed);
}

describe('Controller, over random histories', () => {
  it('keeps its invariants, and log, snapshot and image agree', () => {
    fc.assert(
      fc.property(history, LEVELS, fc.nat(), (steps, elrLevel, seed) => {
        const cluster = clusterOf(elrLevel, seed);
        for (const one of steps) {
          const before = cluster.image;
          cluster.perform(one);
          checkLeadership(cluster, before);
        }
        cluster.finishAll();
        checkLeadership(cluster, cluster.image);
        checkReplay(cluster);
        checkReturn(cluster);
      }),
      { numRuns: 120 },
    );
  });

  it('goes back to exactly what is committed, however much was not', () => {
    fc.assert(
      fc.property(history, history, LEVELS, (kept, lost, elrLevel) => {
        const cluster = clusterOf(elrLevel, 1);
        for (const one of kept) cluster.perform(one);
        const committed = contentsOf(cluster.image);
        const offset = cluster.nextOffset;

        const commit = cluster.controller.commit.bind(cluster.controller);
        cluster.controller.commit = () => {};
        for (const one of lost) cluster.perform(one);
        expect(contentsOf(cluster.controller.committed)).toEqual(committed);
        cluster.controller.revert();
        cluster.controller.commit = commit;

        expect(contentsOf(cluster.image)).toEqual(committed);
        expect(cluster.image.provenance.lastContainedOffset).toBe(offset - 1);
      }),
      { numRuns: 25 },
    );
  });
});

/** Nothing is held for ever: whoever goes on with its heartbeats serves again, a controlled shutdown that was asked for aside. */
function checkReturn(cluster: RandomCluster): void {
  const { brokers } = cluster.image.cluster;
  for (let round = 0; round < 4; round++) for (const id of brokers.keys()) cluster.heartbeat(id);
  for (const { fenced } of cluster.image.cluster.brokers.values()) expect(fenced).toBe(false);
}

/** Log → image, image → snapshot → image, and log → controller all come to the same. */
function checkReplay({ log, image }: { log: RandomCluster['log']; image: MetadataImage }): void {
  const loader = new MetadataLoader((delta, next) => {
    expect(delta.image).not.toBe(next);
  });
  loader.handleCommit(log);
  expect(contentsOf(loader.image)).toEqual(contentsOf(image));
  expect(loader.image.provenance).toEqual(image.provenance);

  const fromSnapshot = new MetadataLoader(() => {});
  fromSnapshot.handleSnapshot({ provenance: image.provenance, records: imageRecords(image) });
  expect(fromSnapshot.image).toEqual(loader.image);
  expect(fromSnapshot.image).not.toEqual(EMPTY_IMAGE);
}
