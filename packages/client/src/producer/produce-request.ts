// Batches as a Produce request, and its response as an answer to each batch. From version 13 topics go by id, before by name.
import { ZERO_UUID } from '@ottla/protocol';
import type {
  PartitionProduceResponse,
  ProduceRequest,
  ProduceResponse,
} from '@ottla/protocol/messages/produce';
import type { ProducerBatch } from './producer-batch.ts';

/** The last version in which topics go by name. */
export const PRODUCE_VERSION_BY_NAME = 12;

export interface ProduceSettings {
  readonly acks: -1 | 0 | 1;
  /** How long the broker may wait for its replicas, milliseconds. */
  readonly timeoutMs: number;
}

/** A topic of the request, and its id as far as known. */
export type TopicIds = ReadonlyMap<string, string>;

/** The topics of the batches with their ids; undefined unless every id is known. */
export function topicIdsOf(
  batches: readonly ProducerBatch[],
  idOf: (topic: string) => string | undefined,
): TopicIds | undefined {
  const ids = new Map<string, string>();
  for (const { queue } of batches) {
    const id = ids.get(queue.topic) ?? idOf(queue.topic);
    if (id === undefined || id === ZERO_UUID) return undefined;
    ids.set(queue.topic, id);
  }
  return ids;
}

/** The request; the batches are sealed with the sequences that they have now. */
export function toProduceRequest(
  batches: readonly ProducerBatch[],
  { acks, timeoutMs }: ProduceSettings,
  ids: TopicIds | undefined,
): ProduceRequest {
  const topicData: ProduceRequest['topicData'] = [];
  const byTopic = new Map<string, ProduceRequest['topicData'][number]>();
  for (const batch of batches) {
    const { topic: name, partition: index } = batch.queue;
    let topic = byTopic.get(name);
    if (topic === undefined) {
      topic = { name, topicId: ids?.get(name) ?? ZERO_UUID, partitionData: [] };
      byTopic.set(name, topic);
      topicData.push(topic);
    }
    topic.partitionData.push({ index, records: batch.seal() });
  }
  return { transactionalId: null, acks, timeoutMs, topicData };
}

/** Finds each batch's answer. */
export function answersIn(
  response: ProduceResponse,
  ids: TopicIds | undefined,
): (batch: ProducerBatch) => PartitionProduceResponse | undefined {
  return ({ queue }) => {
    const id = ids?.get(queue.topic);
    const topic = response.responses.find(({ name, topicId }) =>
      id === undefined ? name === queue.topic : topicId === id,
    );
    return topic?.partitionResponses.find(({ index }) => index === queue.partition);
  };
}
