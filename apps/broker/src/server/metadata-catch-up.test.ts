import { EMPTY_IMAGE, MetadataDelta, metadataRecord } from '@ottla/metadata';
import type { MetadataImage } from '@ottla/metadata';
import { createSimulation } from '@ottla/platform/simulated';
import { expect, it } from 'vitest';
import { MetadataCatchUp } from './metadata-catch-up.ts';

function imageWith(name: string): MetadataImage {
  const delta = new MetadataDelta(EMPTY_IMAGE);
  delta.replay(metadataRecord('TopicRecord', { name, topicId: 'AAAAAAAAAAAAAAAAAAAACQ' }));
  return delta.apply(EMPTY_IMAGE.provenance);
}

const hasOrders = (image: MetadataImage): boolean => image.topics.byName.has('orders');

function waiting(settled: () => Promise<void> = () => Promise.resolve()) {
  const simulation = createSimulation({ seed: 1 });
  const state = { image: EMPTY_IMAGE };
  const { timers } = simulation.node('broker').platform;
  const catchUp = new MetadataCatchUp({ timers, image: () => state.image, settled });
  const publish = (image: MetadataImage): void => {
    state.image = image;
    catchUp.published();
  };
  const over: string[] = [];
  const wait = (timeoutMs: number): Promise<void> =>
    catchUp.applied(hasOrders, timeoutMs).then(() => void over.push('over'));
  return { simulation, catchUp, publish, over, wait };
}

it('given metadata without the topic, then it waits for one with it, and for its partitions', async () => {
  const opened = Promise.withResolvers<void>();
  const { simulation, publish, over, wait } = waiting(() => opened.promise);
  void wait(1000);
  publish(imageWith('payments'));
  await simulation.run(10);
  publish(imageWith('orders'));
  await simulation.run(10);
  expect(over).toEqual([]);
  opened.resolve();
  await simulation.run(10);
  expect(over).toEqual(['over']);
});

it('given metadata that does not come, then it waits for so long and no longer', async () => {
  const { simulation, over, wait } = waiting();
  void wait(1000);
  await simulation.run(999);
  expect(over).toEqual([]);
  await simulation.run(2);
  expect(over).toEqual(['over']);
});

it('given a broker that closes, then nobody waits any more', async () => {
  const { simulation, catchUp, over, wait } = waiting();
  void wait(1_000_000);
  catchUp.close();
  await simulation.run(1);
  expect(over).toEqual(['over']);
});
