// One site of two is lost, also with all its disks, or they lose each other, while nothing else is wrong: writes must go on within the time that
// docs/clusters.md promises, and what was acknowledged meanwhile must be there when all is well again. With three of four in
// sync nothing is acknowledged that one site alone has, until somebody decides that it may be.
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
  const admin = new Admin(clientOn('drill-operator'));
  const isDecided = plan.minInSyncReplicas > 2;
  const waiting = isDecided ? await writeUndecided(options, disaster) : undefined;
  const startMs = simulation.elapsedMs;
  if (isDecided) await simulation.settle(setMinInSync(admin, 2), disaster.limitMs);
  await simulation.settle(writeEverywhere(options, 'drill'), 2 * disaster.limitMs);
  const tookMs = simulation.elapsedMs - startMs;
  log(`drill: writes went on after ${tookMs.toFixed(0)} ms`);
  if (tookMs > disaster.limitMs)
    throw new Error(`${disaster.name}: writes went on after ${tookMs.toFixed(0)} ms only`);
  end();
  if (waiting !== undefined) await simulation.settle(waiting.ended, DELIVERY_MS);
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
  switch (random.below(4)) {
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
        name: `site ${here} burns`,
        limitMs: LOST_LIMIT_MS,
        begin: () => {
          for (const member of at(here)) member.replaceDisk(2 * LOST_LIMIT_MS);
          return () => undefined;
        },
      };
    case 2:
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

/**
 * Writes for as long as writes may stand still. @returns the end of those that wait on
 * @throws Error when one site alone has what was acknowledged
 */
async function writeUndecided(
  options: SiteDrillOptions,
  { name, limitMs }: Disaster,
): Promise<{ readonly ended: Promise<void> }> {
  const { simulation } = options;
  let alone: string | undefined;
  let isOver = false;
  const ended = writeEverywhere(options, 'drill-undecided', (partition, offset) => {
    const sites = sitesOf(options, partition, offset);
    if (!isOver && sites.size < 2)
      alone ??= `${TOPIC}-${partition}@${offset} is acknowledged, and only ${[...sites].join()} has it`;
  });
  ended.catch(() => undefined);
  await simulation.run(limitMs);
  isOver = true;
  if (alone !== undefined) throw new Error(`${name}: ${alone}`);
  return { ended };
}

/** Where a record is. */
function sitesOf({ plan, members }: SiteDrillOptions, partition: number, offset: number) {
  const sites = new Set<Site | undefined>();
  for (const { name, parts } of members)
    for (const replica of parts?.broker?.replicas.partitions() ?? [])
      if (replica.name === `${TOPIC}-${partition}` && replica.logEndOffset > offset)
        sites.add(siteOf(plan, name));
  return sites;
}

/** One record for each partition, each acknowledged. */
async function writeEverywhere(
  { plan, recorder, clientOn }: SiteDrillOptions,
  process: string,
  acknowledged: (partition: number, offset: number) => void = () => undefined,
): Promise<void> {
  const producer = new Producer({ ...clientOn(process), deliveryTimeoutMs: DELIVERY_MS });
  const write = async (partition: number): Promise<void> => {
    const value = `${process}-${partition}`;
    recorder.note({ process, op: 'send', type: 'invoke', topic: TOPIC, partition, value });
    const { offset } = await producer.send({ topic: TOPIC, partition, value });
    acknowledged(partition, offset);
    recorder.note({ process, op: 'send', type: 'ok', value, offset });
  };
  await Promise.all(Array.from({ length: plan.partitions }, (_, partition) => write(partition)));
  await producer.close();
}
