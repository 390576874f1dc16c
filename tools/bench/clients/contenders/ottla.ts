// @ottla/client as it comes: idempotent.
import { Consumer, Producer } from '@ottla/client';
import type { ClientUnderTest, Source } from '../client-under-test.ts';

const consumer = ({ bootstrap, topic, group: groupId }: Source): Consumer => {
  const made = new Consumer({ bootstrapServers: bootstrap, groupId, autoOffsetReset: 'earliest' });
  made.subscribe([topic]);
  return made;
};

export const client: ClientUnderTest = {
  producer: (bootstrapServers) => {
    const producer = new Producer({ bootstrapServers });
    return Promise.resolve({
      send: (topic, value) => producer.send({ topic, value }),
      sendMany: (topic, values) => producer.sendBatch(values.map((value) => ({ topic, value }))),
      close: () => producer.close(),
    });
  },
  consumeRecords: async (from, onRecord) => {
    await using reader = consumer(from);
    for await (const { value } of reader) if (!onRecord(value!.length)) return;
  },
  consumeBatches: async (from, onRecord) => {
    await using reader = consumer(from);
    for await (const { records } of reader.batches())
      for (const { value } of records) if (!onRecord(value!.length)) return;
  },
};
