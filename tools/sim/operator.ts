// Somebody who looks after the cluster while it is under load: elects preferred leaders, moves partitions to other brokers,
// changes their mind half-way.
import { Admin, type ClientOptions, KafkaError } from '@ottla/client';
import type { Platform } from '@ottla/platform';
import { TOPIC } from './load.ts';
import type { Plan } from './plan.ts';
import { pickReplicas, type Roster } from './roster.ts';

const REST_MS_MIN = 1_000;
const REST_MS_MAX = 9_000;

/** Works until the signal says that it is enough. */
export async function operate(
  plan: Plan,
  roster: Roster,
  client: ClientOptions & { readonly platform: Platform },
  signal: AbortSignal,
): Promise<void> {
  const { random, timers } = client.platform;
  const admin = new Admin(client);
  while (!signal.aborted) {
    await timers.sleep(REST_MS_MIN + random.below(REST_MS_MAX - REST_MS_MIN));
    if (signal.aborted) break;
    try {
      await doSomething(admin, plan, roster, random);
    } catch (error) {
      // Refused, or nobody answered in time: an operator tries something else.
      if (!(error instanceof KafkaError)) throw error;
    }
  }
  await admin.close();
}

async function doSomething(
  admin: Admin,
  plan: Plan,
  roster: Roster,
  random: Platform['random'],
): Promise<void> {
  const partition = random.below(plan.partitions);
  switch (random.below(4)) {
    case 0:
      await admin.electLeaders('preferred');
      break;
    case 1:
      await admin.alterPartitionReassignments([{ topic: TOPIC, partition, replicas: null }]);
      break;
    default: {
      const replicas = pickReplicas(roster, plan.replicationFactor, random);
      await admin.alterPartitionReassignments([{ topic: TOPIC, partition, replicas }]);
    }
  }
}
