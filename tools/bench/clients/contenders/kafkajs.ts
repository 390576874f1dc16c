// KafkaJS; not idempotent.
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import type { ClientUnderTest, OnRecord, Source } from '../client-under-test.ts';

const kafka = (bootstrap: string): Kafka =>
  new Kafka({ clientId: 'kafkajs', brokers: [bootstrap], logLevel: logLevel.NOTHING });

async function consume(
  { bootstrap, topic, group: groupId }: Source,
  onRecord: OnRecord,
  byBatch: boolean,
): Promise<void> {
  const consumer = kafka(bootstrap).consumer({ groupId });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const tell = (value: Buffer | null): void => {
      if (!onRecord(value!.length)) resolve();
    };
    consumer
      .run(
        byBatch
          ? {
              eachBatch: async ({ batch }) => {
                for (const { value } of batch.messages) tell(value);
              },
            }
          : { eachMessage: async ({ message }) => tell(message.value) },
      )
      .catch(reject);
  });
  await consumer.disconnect();
}

export const client: ClientUnderTest = {
  producer: async (bootstrap) => {
    const producer = kafka(bootstrap).producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    });
    await producer.connect();
    const acks = -1;
    return {
      send: (topic, value) => producer.send({ topic, acks, messages: [{ value }] }),
      sendMany: (topic, values) =>
        producer.send({ topic, acks, messages: values.map((value) => ({ value })) }),
      close: () => producer.disconnect(),
    };
  },
  consumeRecords: (from, onRecord) => consume(from, onRecord, false),
  consumeBatches: (from, onRecord) => consume(from, onRecord, true),
};
