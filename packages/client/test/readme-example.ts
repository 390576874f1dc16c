// What the README shows; its test compares both.
import { Admin, Consumer, Producer } from '../src/index.ts';

export async function example(
  bootstrapServers: string,
  print: (line: string) => void,
): Promise<void> {
  await using admin = new Admin({ bootstrapServers });
  await admin.createTopics([{ name: 'orders', numPartitions: 1 }]);

  await using producer = new Producer({ bootstrapServers, compression: 'zstd' });
  await producer.send({ topic: 'orders', key: 'customer-7', value: JSON.stringify({ id: 1 }) });

  await using consumer = new Consumer({
    bootstrapServers,
    groupId: 'billing',
    autoOffsetReset: 'earliest',
  });
  consumer.subscribe(['orders']);
  for await (const record of consumer) {
    print(`${record.topic}-${record.partition}@${record.offset}: ${String(record.value)}`);
    break;
  }
}
