import { EMPTY_IMAGE, type MetadataImage, type TopicImage } from '@ottla/metadata';
import type { Timers } from '@ottla/platform';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EncodedTopics } from './metadata-answer.ts';
import { CHUNK_PARTITIONS, TopicChunks } from './topic-chunks.ts';

const TOPICS = 40;
const PARTITIONS = 64;

let turns: (() => void)[];
let encoded: string[];
let chunks: TopicChunks;
beforeEach(() => {
  turns = [];
  encoded = [];
  const timers: Pick<Timers, 'yield'> = { yield: (callback) => void turns.push(callback) };
  chunks = new TopicChunks(timers as Timers);
});

function topic(name: string): TopicImage {
  return { name, id: name, partitions: Array.from({ length: PARTITIONS }) } as TopicImage;
}

function imageOf(...topics: TopicImage[]): MetadataImage {
  return withTopics(EMPTY_IMAGE, topics);
}

function withTopics(image: MetadataImage, topics: readonly TopicImage[]): MetadataImage {
  let { byName } = image.topics;
  for (const one of topics) byName = byName.set(one.name, one);
  return { ...image, topics: { ...image.topics, byName } };
}

const encode = (topics: readonly TopicImage[]): Buffer => {
  const names = topics.map(({ name }) => name).join();
  encoded.push(names);
  return Buffer.from(`${names};`);
};

async function settle<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  void promise.finally(() => (isSettled = true)).catch(() => {});
  for (;;) {
    await Promise.resolve();
    if (isSettled) return promise;
    turns.shift()?.();
  }
}

const many = imageOf(...Array.from({ length: TOPICS }, (_, at) => topic(`t${at}`)));
const namesIn = ({ chunks: all }: EncodedTopics): string[] =>
  Buffer.concat(all).toString().split(/[;,]/).filter(Boolean);

describe('topics in chunks', () => {
  it('given many partitions, then no turn encodes many of them, and nothing is missing', async () => {
    const all = chunks.all('v', many, encode);
    expect(encoded.join().split(',').length * PARTITIONS).toBeLessThanOrEqual(4 * CHUNK_PARTITIONS);

    const done = await settle(all);
    expect(done.count).toBe(TOPICS);
    expect(namesIn(done)).toEqual([...many.topics.byName.keys()]);
  });

  it('given several who ask for the same image, also meanwhile, then it is encoded once and its bytes are shared', async () => {
    const first = chunks.all('v', many, encode);
    const second = chunks.all('v', many, encode);
    const done = await settle(first);
    const count = encoded.length;

    expect((await settle(second)).chunks).toBe(done.chunks);
    expect((await settle(chunks.all('v', many, encode))).chunks).toBe(done.chunks);
    expect(encoded).toHaveLength(count);
  });

  it('given a topic that changed, then only its chunk is encoded again', async () => {
    const before = await settle(chunks.all('v', many, encode));
    encoded = [];
    const after = await settle(chunks.all('v', withTopics(many, [topic('t7')]), encode));

    expect(encoded).toHaveLength(1);
    expect(encoded[0]?.split(',')).toContain('t7');
    const shared = after.chunks.filter((chunk) => before.chunks.includes(chunk));
    expect(shared).toHaveLength(before.chunks.length - 1);
  });

  it('given other brokers, another version or another listener, then everything is encoded again', async () => {
    await settle(chunks.all('v', many, encode));
    const count = encoded.length;
    await settle(chunks.all('w', many, encode));
    expect(encoded).toHaveLength(2 * count);

    const brokers = many.cluster.brokers.set(1, {} as never);
    const image = { ...many, cluster: { ...many.cluster, brokers } };
    await settle(chunks.all('v', image, encode));
    expect(encoded).toHaveLength(3 * count);
  });

  it('given an encoding that fails, then whoever asks next has it done anew', async () => {
    const broken = chunks.all('v', many, () => {
      throw new Error('broken');
    });
    await expect(settle(broken)).rejects.toThrow('broken');

    expect((await settle(chunks.all('v', many, encode))).count).toBe(TOPICS);
  });

  it('given many kinds, then only the latest few are kept', async () => {
    for (const kind of ['1', '2', '3', '4', '5']) await settle(chunks.all(kind, many, encode));
    encoded = [];
    await settle(chunks.all('5', many, encode));
    expect(encoded).toEqual([]);
    await settle(chunks.all('1', many, encode));
    expect(encoded).not.toEqual([]);
  });
});
