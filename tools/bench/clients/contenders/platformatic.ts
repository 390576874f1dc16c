// @platformatic/kafka; not idempotent, which would limit it to one request in flight.
import { Consumer, type MessagesStream, ProduceAcks, Producer } from '@platformatic/kafka';
import type { ClientUnderTest, Source } from '../client-under-test.ts';

async function withStream(
  { bootstrap, topic, group, settings }: Source,
  read: (stream: MessagesStream<Buffer, Buffer, Buffer, Buffer>) => Promise<void>,
): Promise<void> {
  const consumer = new Consumer({
    clientId: 'platformatic',
    groupId: group,
    bootstrapBrokers: [bootstrap],
  });
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'earliest',
    autocommit: true,
    maxBytes: settings.platformaticFetchBytes,
  });
  await read(stream);
  await consumer.close(true);
}

export const client: ClientUnderTest = {
  producer: (bootstrap, { platformaticMaxInflights }) => {
    const producer = new Producer({
      clientId: 'platformatic',
      bootstrapBrokers: [bootstrap],
      acks: ProduceAcks.ALL,
      maxInflights: platformaticMaxInflights,
    });
    const acks = ProduceAcks.ALL;
    return Promise.resolve({
      send: (topic, value) => producer.send({ messages: [{ topic, value }], acks }),
      sendMany: (topic, values) =>
        producer.send({ messages: values.map((value) => ({ topic, value })), acks }),
      close: () => producer.close(),
    });
  },
  consumeRecords: (from, onRecord) =>
    withStream(from, async (stream) => {
      for await (const { value } of stream) if (!onRecord(value.length)) break;
    }),
  // It has no batches; its events are its fastest way.
  consumeBatches: (from, onRecord) =>
    withStream(
      from,
      (stream) =>
        new Promise((resolve, reject) => {
          stream.on('error', reject);
          stream.on('data', ({ value }) => {
            if (!onRecord(value.length)) resolve();
          });
        }),
    ),
};
