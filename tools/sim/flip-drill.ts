// When all is healed, every copy that was damaged is read: the servers start anew, so that nothing is served from memory, and
// who holds a damaged copy is made its leader. Whoever reads then must be given what was written, and nobody may have lost it.
import { Admin, type ClientOptions, KafkaError } from '@ottla/client';
import type { Platform } from '@ottla/platform';
import type { Simulation } from '@ottla/platform/simulated';
import { damagedCopies } from './bit-flips.ts';
import { TOPIC } from './load.ts';
import type { Member } from './member.ts';

export interface FlipDrillOptions {
  readonly simulation: Simulation;
  readonly members: readonly Member[];
  readonly clientOn: (machine: string) => ClientOptions & { readonly platform: Platform };
  readonly log: (line: string) => void;
  /** Resolves when all replicas are in sync. */
  readonly becomeWhole: () => Promise<void>;
}

const START_LIMIT_MS = 120_000;
const DOWN_MS_MAX = 1_000;
const ELECTION_LIMIT_MS = 60_000;

/** @throws Error when the cluster does not come together again */
export async function drillFlips(options: FlipDrillOptions): Promise<void> {
  const { simulation, members, clientOn, becomeWhole } = options;
  const client = clientOn('flip-operator');
  const { random } = client.platform;
  for (const member of members)
    member.crash(random.below(DOWN_MS_MAX), { unsynced: 'keep', peers: 'reset' });
  await simulation.runUntil(
    () => members.every(({ isWanted, server }) => !isWanted || server !== undefined),
    START_LIMIT_MS,
  );
  await becomeWhole();
  const admin = new Admin(client);
  await simulation.settle(letDamagedLead(admin, options), ELECTION_LIMIT_MS);
  await simulation.settle(admin.close());
}

async function letDamagedLead(admin: Admin, { members, log }: FlipDrillOptions): Promise<void> {
  const [topic] = await admin.describeTopics([TOPIC]);
  for (const { partition, replicas } of topic?.partitions ?? []) {
    const holder = damagedCopies(members).get(`${TOPIC}-${partition}`)?.nodeId;
    if (holder === undefined || !replicas.includes(holder)) continue;
    log(`drill: ${holder} is to lead ${TOPIC}-${partition}, where it has a flipped bit`);
    const wanted = [holder, ...replicas.filter((id) => id !== holder)];
    try {
      await admin.alterPartitionReassignments([{ topic: TOPIC, partition, replicas: wanted }]);
      await admin.electLeaders('preferred', [{ topic: TOPIC, partition }]);
    } catch (error) {
      // It leads already, or has found the damage meanwhile.
      if (!(error instanceof KafkaError)) throw error;
    }
  }
}
