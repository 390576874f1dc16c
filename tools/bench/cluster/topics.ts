// Topics with three replicas, and when all of them are in sync.
import { Admin } from '@ottla/client';
import { until } from '../../../e2e/src/processes.ts';

/** Does something with an admin client of its own. */
export async function withAdmin<T>(
  bootstrap: string,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Admin({ bootstrapServers: bootstrap });
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

/** A topic with three replicas, leaders spread over the brokers; returns when all brokers serve it. */
export async function createTopic(
  bootstrap: string,
  name: string,
  partitions: number,
  configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  await withAdmin(bootstrap, async (admin) => {
    await admin.createTopics([{ name, numPartitions: partitions, replicationFactor: 3, configs }]);
    await whole(admin, name);
  });
}

/** Returns when every partition of the topic has three replicas in sync and is led by the first of them. */
export async function restored(bootstrap: string, name: string): Promise<void> {
  await withAdmin(bootstrap, async (admin) => {
    await whole(admin, name);
    await admin.electLeaders('preferred').catch(() => undefined);
    await until(`${name} is led by its preferred leaders`, async () => {
      const [topic] = await admin.describeTopics([name]);
      return topic!.partitions.every(({ leaderId, replicas }) => leaderId === replicas[0]);
    });
  });
}

async function whole(admin: Admin, name: string): Promise<void> {
  await until(
    `${name} has all its replicas in sync`,
    async () => {
      const topics = await admin.describeTopics([name]).catch(() => []);
      return topics.length > 0 && topics[0]!.partitions.every(({ isr }) => isr.length === 3);
    },
    120_000,
  );
}
