import { encodeMessage } from '@ottla/protocol';
import { createMetadataResponseTopic, metadataResponse } from '@ottla/protocol/messages/metadata';
import { describe, expect, it } from 'vitest';
import { encodeTopics, metadataAnswer } from './metadata-answer.ts';

const partition = (partitionIndex: number) => ({
  errorCode: 0,
  partitionIndex,
  leaderId: 1,
  leaderEpoch: 7,
  replicaNodes: [1, 2],
  isrNodes: [2],
  offlineReplicas: [],
});
const topicsOf = (count: number) =>
  Array.from({ length: count }, (_, at) =>
    createMetadataResponseTopic({ name: `t${at}`, partitions: [partition(0), partition(at)] }),
  );

const VERSIONS = Array.from({ length: 14 }, (_, version) => version);
// A compact count of 126 takes one byte, of 127 two.
const SPLITS = [[], [0], [1], [126], [127], [100, 0, 28], [60, 66]];

describe('an answer with encoded topics', () => {
  it.each(VERSIONS)('given version %d, then its bytes are those of the same topics', (version) => {
    const topics = topicsOf(128);
    const response = metadataResponse.create({
      brokers: [{ nodeId: 1, host: 'here', port: 9092, rack: null }],
      clusterId: version < 2 ? null : 'c',
      ...(version >= 8 && version <= 10 ? { clusterAuthorizedOperations: 5 } : {}),
    });
    for (const split of SPLITS) {
      const whole = topics.slice(0, sum(split));
      let from = 0;
      const chunks = split.map((count) =>
        encodeTopics(whole.slice(from, (from += count)), version),
      );
      const answer = { ...response, encodedTopics: { count: whole.length, chunks } };

      const bytes = encodeMessage(metadataAnswer, answer, version);
      const expected = encodeMessage(metadataResponse, { ...response, topics: whole }, version);
      expect(bytes.equals(expected), `${split.join(' + ')} topics`).toBe(true);
    }
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
