// One site of two is lost, or they lose each other, while nothing else is wrong: writes must go on within the time that
// docs/clusters.md promises, and what was acknowledged meanwhile must be there when all is well again.
import { Admin, type ClientOptions, Producer } from '@ottla/client';
import type { Platform } from '@ottla/platform';
import type { Simulation } from '@ottla/platform/simulated';
import { TOPIC } from './load.ts';
import type { Member } from './member.ts';
import type { Plan } from './plan.ts';
import type { Recorder } from './recorder.ts';
import { type Site, siteOf } from './sites.ts';

export interface SiteDrillOptions {
  readonly simulation: Simulation;
  readonly plan: Plan;
  readonly members: readonly Member[];
  readonly recorder: Recorder;
  /** A machine at the third place. */
  readonly clientOn: (machine: string) => ClientOptions & { readonly platform: Platform };
  readonly log: (line: string) => void;
}

/** A site that is gone: its brokers' sessions (9 s), an election, and what clients need to notice. */
const LOST_LIMIT_MS = 30_000;
/** Sites that do not hear each other while the third place leads: `replica.lag.time.max.ms` (30 s) comes first. */
const CUT_LIMIT_MS = 60_000;
const DELIVERY_MS = 300_000;

interface Disaster {
  readonly name: string;
  readonly limitMs: number;
  /** Returns what ends it. */
  begin(): () => void;
}

/** @throws Error when writes do not go on in time */
export async function drillSites(options: SiteDrillOptions): Promise<void> {
  const { simulation, plan, clientOn, log } = options;
  const disaster = drawDisaster(options);
  log(`drill: ${disaster.name}`);
  const end = disaster.begin();
  const startMs = simulation.elapsedMs;
  const admin = new Admin(clientOn('drill-operator'));
  // With three of four in sync a record is at both sites, and what is at one alone is nobody's: somebody has to decide.
  const isDecided = plan.minInSyncReplicas > 2;
  if (isDecided) await simulation.settle(setMinInSync(admin, 2), disaster.limitMs);
  await simulation.settle(writeEverywhere(options), DELIVERY_MS);
  const tookMs = simulation.elapsedMs - startMs;
  log(`drill: writes went on after ${tookMs.toFixed(0)} ms`);
  if (tookMs > disaster.limitMs)
    throw new Error(`${disaster.name}: writes went on after ${tookMs.toFixed(0)} ms only`);
  end();
  if (isDecided) await simulation.settle(setMinInSync(admin, plan.minInSyncReplicas), DELIVERY_MS);
  await simulation.settle(admin.close());
  await simulation.runUntil(
    () => options.members.every(({ server }) => server !== undefined),
    DELIVERY_MS,
  );
}

function drawDisaster({ simulation, plan, members, clientOn }: SiteDrillOptions): Disaster {
  const { random } = clientOn('drill-operator').platform;
  const at = (site: Site): Member[] => members.filter(({ name }) => siteOf(plan, name) === site);
  const [here, there] = (random.below(2) === 0 ? ['a', 'b'] : ['b', 'a']) as [Site, Site];
  const block = (from: Site, to: Site): void => {
    for (const one of at(from))
      for (const other of at(to)) simulation.net.block(one.name, other.name);
  };
  const { net } = simulation;
  switch (random.below(3)) {
    case 0:
      return {
        name: `site ${here} is lost`,
        limitMs: LOST_LIMIT_MS,
        begin: () => {
          const peers = random.below(2) === 0 ? 'silent' : 'reset';
          for (const member of at(here))
            member.crash(2 * LOST_LIMIT_MS, { unsynced: 'lose', peers });
          return () => undefined;
        },
      };
    case 1:
      return {
        name: 'the sites lose each other',
        limitMs: CUT_LIMIT_MS,
        begin: () => {
          block(here, there);
          block(there, here);
          return () => net.heal();
        },
      };
    default:
      return {
        name: `site ${there} does not hear site ${here}`,
        limitMs: CUT_LIMIT_MS,
        begin: () => {
          block(here, there);
          return () => net.heal();
        },
      };
  }
}

async function setMinInSync(admin: Admin, count: number): Promise<void> {
  await admin.incrementalAlterConfigs({ type: 'topic', name: TOPIC }, [
    { name: 'min.insync.replicas', operation: 'set', value: String(count) },
  ]);
}

/** One record for each partition, each acknowledged. */
async function writeEverywhere({ plan, recorder, clientOn }: SiteDrillOptions): Promise<void> {
  const process = 'drill';
  const producer = new Producer({ ...clientOn(process), deliveryTimeoutMs: DELIVERY_MS });
  const write = async (partition: number): Promise<void> => {
    const value = `${process}-${partition}`;
    recorder.note({ process, op: 'send', type: 'invoke', topic: TOPIC, partition, value });
    const { offset } = await producer.send({ topic: TOPIC, partition, value });
    recorder.note({ process, op: 'send', type: 'ok', value, offset });
  };
  await Promise.all(Array.from({ length: plan.partitions }, (_, partition) => write(partition)));
  await producer.close();
}
