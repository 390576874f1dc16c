// Topics that come and go while everything goes wrong, some under the name of one that was deleted just before. Whoever lost
// power at the wrong moment still has folders of topics that are gone.
import { Admin, type ClientOptions, KafkaError, Producer } from '@ottla/client';
import type { Platform } from '@ottla/platform';
import type { Plan } from './plan.ts';

const REST_MS_MAX = 3_000;
const NAMES = 3;
const PARTITIONS_MAX = 4;
const RECORDS = 10;
const DELIVERY_MS = 10_000;

/** Works until the signal says that it is enough. */
export async function churnTopics(
  plan: Plan,
  client: ClientOptions & { readonly platform: Platform },
  signal: AbortSignal,
): Promise<void> {
  const { random, timers } = client.platform;
  const admin = new Admin(client);
  while (!signal.aborted) {
    await timers.sleep(random.below(REST_MS_MAX));
    const name = `churn-${random.below(NAMES)}`;
    try {
      if (random.below(2) === 0) await admin.deleteTopics([name]);
      else await createAndFill(admin, name, plan, client);
    } catch (error) {
      // It is there already, or not any more, or nobody answered in time.
      if (!(error instanceof KafkaError)) throw error;
    }
  }
  await admin.close();
}

async function createAndFill(
  admin: Admin,
  name: string,
  { replicationFactor }: Plan,
  client: ClientOptions & { readonly platform: Platform },
): Promise<void> {
  const numPartitions = 1 + client.platform.random.below(PARTITIONS_MAX);
  await admin.createTopics([{ name, numPartitions, replicationFactor }]);
  // A topic that is gone again does not come back by being written to, with fewer replicas.
  const producer = new Producer({
    ...client,
    deliveryTimeoutMs: DELIVERY_MS,
    allowAutoTopicCreation: false,
  });
  const sent = Array.from({ length: RECORDS }, (_, index) =>
    producer.send({ topic: name, value: `${name} ${index}` }),
  );
  await Promise.allSettled(sent);
  await producer.close();
}
