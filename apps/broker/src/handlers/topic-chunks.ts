// Topics of Metadata answers, encoded in chunks, a few in a turn of the event loop: thousands of topics take a while, and
// heartbeats must not wait for them. Answers about all topics are kept for the next who asks and share their bytes, for many
// clients come back at once when a broker was away.
//
//   topics in their order ──▶ chunks of some hundred partitions ──▶ bytes
//                             (same topics, same brokers as before: same bytes)

import type { MetadataImage, TopicImage } from '@ottla/metadata';
import type { Timers } from '@ottla/platform';
import type { EncodedTopics } from './metadata-answer.ts';

/** Partitions after which a chunk ends: their encoding takes less than a millisecond. */
export const CHUNK_PARTITIONS = 256;
const CHUNK_TOPICS_MAX = 256;
const CHUNKS_PER_TURN = 4;
/** Answers that are kept: clients of a few versions, on a few listeners. */
const KEPT_MAX = 4;

/** Some topics, as bytes. */
export type EncodeChunk = (topics: readonly TopicImage[]) => Buffer;

interface Chunk {
  readonly topics: readonly TopicImage[];
  readonly bytes: Buffer;
}

/** All topics of one image, or as many as are encoded yet. */
interface Kept {
  readonly byName: MetadataImage['topics']['byName'];
  readonly brokers: MetadataImage['cluster']['brokers'];
  readonly chunks: Chunk[];
  readonly encoded: Promise<EncodedTopics>;
}

/** Encodes topics in turns. */
export class TopicChunks {
  readonly #timers: Timers;
  readonly #kept = new Map<string, Kept>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /**
   * All topics of the image.
   *
   * @param kind on what else the bytes depend: version, listener
   */
  all(kind: string, image: MetadataImage, encode: EncodeChunk): Promise<EncodedTopics> {
    const { byName } = image.topics;
    const { brokers } = image.cluster;
    const kept = this.#kept.get(kind);
    if (kept?.byName === byName && kept.brokers === brokers) return kept.encoded;
    // Who is away is told with every partition: other brokers, other bytes.
    const former = kept?.brokers === brokers ? kept.chunks : [];
    const chunks: Chunk[] = [];
    const encoded = this.#encode(byName.values(), encode, former, chunks);
    this.#keep(kind, { byName, brokers, chunks, encoded });
    return encoded;
  }

  /** Topics that somebody named; nothing is kept. */
  these(topics: Iterable<TopicImage>, encode: EncodeChunk): Promise<EncodedTopics> {
    return this.#encode(topics, encode, [], []);
  }

  async #encode(
    topics: Iterable<TopicImage>,
    encode: EncodeChunk,
    former: readonly Chunk[],
    chunks: Chunk[],
  ): Promise<EncodedTopics> {
    let count = 0;
    let inTurn = 0;
    for (const group of groupsOf(topics)) {
      const before = former[chunks.length];
      count += group.length;
      if (before !== undefined && areSame(before.topics, group)) {
        chunks.push(before);
        continue;
      }
      if (inTurn++ === CHUNKS_PER_TURN) {
        inTurn = 1;
        await new Promise<void>((resolve) => this.#timers.yield(resolve));
      }
      chunks.push({ topics: group, bytes: encode(group) });
    }
    return { count, chunks: chunks.map(({ bytes }) => bytes) };
  }

  #keep(kind: string, kept: Kept): void {
    this.#kept.delete(kind);
    this.#kept.set(kind, kept);
    kept.encoded.catch(() => {
      if (this.#kept.get(kind) === kept) this.#kept.delete(kind);
    });
    const [eldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_MAX && eldest !== undefined) this.#kept.delete(eldest);
  }
}

function* groupsOf(topics: Iterable<TopicImage>): Generator<readonly TopicImage[]> {
  let group: TopicImage[] = [];
  let partitions = 0;
  for (const topic of topics) {
    group.push(topic);
    partitions += topic.partitions.length;
    if (partitions < CHUNK_PARTITIONS && group.length < CHUNK_TOPICS_MAX) continue;
    yield group;
    group = [];
    partitions = 0;
  }
  if (group.length > 0) yield group;
}

function areSame(a: readonly TopicImage[], b: readonly TopicImage[]): boolean {
  return a.length === b.length && a.every((topic, at) => topic === b[at]);
}
