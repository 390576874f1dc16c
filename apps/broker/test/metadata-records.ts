// Records that change partitions, for tests that play the controller.
import { type MetadataRecord, metadataRecord } from '@ottla/metadata';
import { topicIdOf } from './data-plane.ts';

/** A broker that exists but never answers. */
export const BROKER_2 = 2;

export function registration(brokerId: number): MetadataRecord {
  return metadataRecord('RegisterBrokerRecord', {
    brokerId,
    brokerEpoch: brokerId,
    endPoints: [{ name: 'PLAINTEXT', host: `broker-${brokerId}`, port: 9092, securityProtocol: 0 }],
    rack: null,
    fenced: false,
  });
}

/** Elects a leader of partition 0, also the same one again. */
export function leaderChange(topic: string, leader: number): MetadataRecord {
  return metadataRecord('PartitionChangeRecord', {
    topicId: topicIdOf(topic),
    partitionId: 0,
    leader,
  });
}

export function isrChange(topic: string, isr: number[]): MetadataRecord {
  return metadataRecord('PartitionChangeRecord', {
    topicId: topicIdOf(topic),
    partitionId: 0,
    isr,
  });
}

export function removeTopic(topic: string): MetadataRecord {
  return metadataRecord('RemoveTopicRecord', { topicId: topicIdOf(topic) });
}
