// Changes of topics and partitions. Kafka: org.apache.kafka.image.TopicsDelta and TopicDelta.
import type { Uuid } from '@ottla/protocol';
import type { PartitionChangeRecord } from '@ottla/protocol/messages/partition-change-record';
import type { PartitionRecord } from '@ottla/protocol/messages/partition-record';
import type { TopicRecord } from '@ottla/protocol/messages/topic-record';
import { inconsistent } from '../errors.ts';
import type { TopicImage, TopicsImage } from './metadata-image.ts';
import {
  changePartition,
  clearElr,
  partitionFromRecord,
  type PartitionImage,
} from './partition-image.ts';

/** Changes of one topic, which may be new. */
export class TopicDelta {
  /** The topic before the changes; without partitions when it is new. */
  readonly base: TopicImage;
  /** Whether the topic was created by these changes. */
  readonly isNew: boolean;
  readonly #changed = new Map<number, PartitionImage>();

  constructor(base: TopicImage, isNew: boolean) {
    this.base = base;
    this.isNew = isNew;
  }

  get name(): string {
    return this.base.name;
  }

  get id(): Uuid {
    return this.base.id;
  }

  /** Changed and new partitions by id. */
  get changedPartitions(): ReadonlyMap<number, PartitionImage> {
    return this.#changed;
  }

  /** The partition after the changes. */
  partition(partitionId: number): PartitionImage | undefined {
    return this.#changed.get(partitionId) ?? this.base.partitions[partitionId];
  }

  setPartition(partitionId: number, partition: PartitionImage): void {
    this.#changed.set(partitionId, partition);
  }

  /** Empties the eligible leader replicas of every partition that has any. */
  clearElr(): void {
    const ids = new Set([...this.base.partitions.keys(), ...this.#changed.keys()]);
    for (const id of ids) {
      const partition = this.partition(id);
      if (partition === undefined) continue;
      const cleared = clearElr(partition);
      if (cleared !== partition) this.#changed.set(id, cleared);
    }
  }

  /** @throws MetadataError INCONSISTENT_METADATA when partition ids have holes */
  apply(): TopicImage {
    if (this.#changed.size === 0) return this.base;
    const partitions = [...this.base.partitions];
    for (const id of [...this.#changed.keys()].toSorted((a, b) => a - b)) {
      if (id < 0 || id > partitions.length) {
        inconsistent(
          `topic ${this.name} has ${partitions.length} partitions and then partition ${id}`,
        );
      }
      partitions[id] = this.#changed.get(id) as PartitionImage;
    }
    return { ...this.base, partitions };
  }
}

/** Changes on top of a TopicsImage. */
export class TopicsDelta {
  readonly image: TopicsImage;
  readonly #changed = new Map<Uuid, TopicDelta>();
  /** Latest id of each name that was created; the topic may have been deleted and created again. */
  readonly #created = new Map<string, Uuid>();
  /** Topics of `image` that are gone. */
  readonly #deleted = new Map<Uuid, TopicImage>();

  constructor(image: TopicsImage) {
    this.image = image;
  }

  /** Whether anything changed. */
  get isChanged(): boolean {
    return this.#changed.size > 0 || this.#deleted.size > 0;
  }

  /** New and changed topics by id. */
  get changedTopics(): ReadonlyMap<Uuid, TopicDelta> {
    return this.#changed;
  }

  /** Topics of the base image that were deleted, by id, as they were. */
  get deletedTopics(): ReadonlyMap<Uuid, TopicImage> {
    return this.#deleted;
  }

  /** New topics that were not deleted again. */
  get createdTopics(): readonly TopicDelta[] {
    return [...this.#changed.values()].filter((topic) => topic.isNew);
  }

  /**
   * Starts a topic. In a snapshot it may be in the image already: then its partitions, which the snapshot all names, are
   * compared with those, for who lost a replica meanwhile has to drop it.
   */
  createTopic({ name, topicId }: TopicRecord): void {
    const known = this.#imageTopic(topicId);
    const base = known ?? { name, id: topicId, partitions: [] };
    this.#changed.set(topicId, new TopicDelta(base, known === undefined));
    this.#created.set(name, topicId);
  }

  /** @throws MetadataError INCONSISTENT_METADATA when there is no such topic */
  createPartition(record: PartitionRecord): void {
    this.#topic(record.topicId).setPartition(record.partitionId, partitionFromRecord(record));
  }

  /** @throws MetadataError INCONSISTENT_METADATA when there is no such partition */
  changePartition(record: PartitionChangeRecord): void {
    const topic = this.#topic(record.topicId);
    const partition = topic.partition(record.partitionId);
    if (partition === undefined) {
      inconsistent(
        `a change of partition ${topic.name}-${record.partitionId}, which does not exist`,
      );
    }
    topic.setPartition(record.partitionId, changePartition(partition, record));
  }

  /**
   * Deletes a topic.
   *
   * @returns its name
   * @throws MetadataError INCONSISTENT_METADATA when there is no such topic
   */
  removeTopic(topicId: Uuid): string {
    const { name } = this.#topic(topicId);
    this.#changed.delete(topicId);
    if (this.#created.get(name) === topicId) this.#created.delete(name);
    const before = this.#imageTopic(topicId);
    if (before !== undefined) this.#deleted.set(topicId, before);
    return name;
  }

  /** @param topicName '' for all topics */
  clearElr(topicName: string): void {
    if (topicName !== '') {
      const id = this.#created.get(topicName) ?? this.image.byName.get(topicName)?.id;
      if (id === undefined)
        inconsistent(`clears the ELR of topic ${topicName}, which does not exist`);
      if (!this.#deleted.has(id)) this.#topic(id).clearElr();
      return;
    }
    for (const id of this.image.nameById.keys()) {
      if (!this.#deleted.has(id)) this.#topic(id).clearElr();
    }
    for (const id of this.#created.values()) this.#topic(id).clearElr();
  }

  /** After all records of a snapshot: topics that it did not mention are gone. */
  finishSnapshot(): void {
    for (const topic of this.image.byName.values()) {
      if (!this.#changed.has(topic.id)) this.#deleted.set(topic.id, topic);
    }
  }

  apply(): TopicsImage {
    let { byName, nameById } = this.image;
    for (const [id, topic] of this.#deleted) {
      byName = byName.delete(topic.name);
      nameById = nameById.delete(id);
    }
    for (const [id, delta] of this.#changed) {
      const topic = delta.apply();
      byName = byName.set(topic.name, topic);
      nameById = nameById.set(id, topic.name);
    }
    return { byName, nameById };
  }

  /** The changes of an existing topic, begun if need be. */
  #topic(topicId: Uuid): TopicDelta {
    const changed = this.#changed.get(topicId);
    if (changed !== undefined) return changed;
    const topic = this.#deleted.has(topicId) ? undefined : this.#imageTopic(topicId);
    if (topic === undefined) inconsistent(`a change of topic id ${topicId}, which does not exist`);
    const delta = new TopicDelta(topic, false);
    this.#changed.set(topicId, delta);
    return delta;
  }

  #imageTopic(topicId: Uuid): TopicImage | undefined {
    const name = this.image.nameById.get(topicId);
    return name === undefined ? undefined : this.image.byName.get(name);
  }
}
