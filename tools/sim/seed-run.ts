// One seed from its world's first moment to its verdict: servers, load and faults; then all is healed, the cluster must come
// together again in time, everything is read, and the history is checked.
import { Admin, type ClientOptions } from '@ottla/client';
import type { Logger, Platform } from '@ottla/platform';
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import type { Verdict } from '../history/anomaly.ts';
import type { Operation } from '../history/operation.ts';
import { type Aim, AimedFaults } from './aimed-faults.ts';
import { CommittedRecords } from './committed-records.ts';
import { FaultInjector } from './faults.ts';
import { drillFlips } from './flip-drill.ts';
import { Household } from './household.ts';
import { Load, readAll, readCommitted, TOPIC } from './load.ts';
import { Invariants, notConverged, notInSync } from './invariants.ts';
import { Member } from './member.ts';
import { BROKER_PORT, plannedMembers } from './member-properties.ts';
import { describePlan, drawPlan, type Plan, type PlanLimits } from './plan.ts';
import { preload } from './preload.ts';
import { notAgreed } from './quorum-invariants.ts';
import { Recorder } from './recorder.ts';
import { drillSites } from './site-drill.ts';
import { layLinks, siteOf } from './sites.ts';

export interface SeedOptions extends PlanLimits {
  /** Undefined: all that can go wrong. */
  readonly aim?: Aim | undefined;
  /** What happens, line by line. */
  readonly log?: (line: string) => void;
  readonly logger?: (name: string) => Logger | undefined;
  /** Each event of the world. */
  readonly trace?: (line: string) => void;
  readonly onOperation?: (operation: Operation) => void;
}

export interface SeedResult {
  readonly seed: number;
  readonly plan: Plan;
  /** Undefined: nothing wrong. */
  readonly failure: string | undefined;
  readonly verdict: Verdict | undefined;
  /** Ran long enough, with enough faults and records, to be counted. */
  readonly counts: boolean;
  readonly traceHash: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly faults: number;
  readonly faultsByName: ReadonlyMap<string, number>;
  readonly acknowledged: number;
}

export const VIRTUAL_MS_MIN = 60_000;
export const FAULTS_MIN = 5;
export const ACKNOWLEDGED_MIN = 1_000;

const START_LIMIT_MS = 120_000;
/** After all is healed: everything that was sent has an answer, everybody serves. */
const CONVERGE_LIMIT_MS = 180_000;
const CONVERGE_LOOK_MS = 100;
const LOAD_LIMIT_MS = 240_000;
/** With `segments`: of the topic of the load. */
const SEGMENT_BYTES = '2500';
const CLUSTER_ID = 'c2ltdWxhdGVkLWNsdXN0ZQ';

/** Runs a seed; throws nothing that the cluster can be blamed for. */
export async function runSeed(seed: number, options: SeedOptions): Promise<SeedResult> {
  await preload();
  return new SeedRun(seed, options).run();
}

class SeedRun {
  readonly #simulation: Simulation;
  readonly #plan: Plan;
  readonly #options: SeedOptions;
  readonly #members: Member[] = [];
  readonly #recorder: Recorder;
  readonly #records = new CommittedRecords();
  #faults: FaultInjector | AimedFaults | undefined;

  constructor(seed: number, options: SeedOptions) {
    this.#simulation = createSimulation({
      seed,
      ...(options.trace === undefined ? {} : { log: options.trace }),
    });
    this.#plan = drawPlan(this.#simulation.random, seed, options);
    this.#options = options;
    this.#recorder = new Recorder(this.#simulation, (operation) => {
      this.#records.noted(operation);
      options.onOperation?.(operation);
    });
  }

  async run(): Promise<SeedResult> {
    const { seed } = this.#simulation;
    this.#log(`seed ${seed}: ${describePlan(this.#plan)}`);
    let failure: string | undefined;
    let verdict: Verdict | undefined;
    const rejected = (error: unknown): void => {
      failure ??= `unhandled rejection: ${errorText(error)}`;
    };
    process.on('unhandledRejection', rejected);
    try {
      await this.#live();
      verdict = this.#recorder.finish();
      failure ??=
        verdict.anomalies[0] && `${verdict.anomalies[0].kind}: ${verdict.anomalies[0].message}`;
    } catch (error) {
      failure ??= errorText(error);
    } finally {
      process.off('unhandledRejection', rejected);
    }
    const { elapsedMs, traceHash, eventCount } = this.#simulation;
    const faults = this.#faults?.count ?? 0;
    const { acknowledged } = this.#recorder;
    return {
      seed,
      plan: this.#plan,
      failure,
      verdict,
      traceHash,
      faults,
      acknowledged,
      events: eventCount,
      virtualMs: elapsedMs,
      faultsByName: this.#faults?.countByName ?? new Map(),
      counts:
        elapsedMs >= VIRTUAL_MS_MIN && faults >= FAULTS_MIN && acknowledged >= ACKNOWLEDGED_MIN,
    };
  }

  async #live(): Promise<void> {
    const simulation = this.#simulation;
    this.#startMembers();
    const invariants = new Invariants(this.#members, this.#records);
    simulation.watch((name) => invariants.check(name));
    await simulation.runUntil(() => this.#isServing(), START_LIMIT_MS);
    await this.#createTopic();
    const load = new Load({
      plan: this.#plan,
      recorder: this.#recorder,
      clientOn: (machine) => this.#clientOn(machine),
    });
    load.start();
    const household = new Household({
      plan: this.#plan,
      members: this.#members,
      clientOn: (machine) => this.#clientOn(machine),
      log: (line) => this.#log(line),
    });
    await this.#disturb();
    this.#log('healed');
    await simulation.settle(household.finish(), CONVERGE_LIMIT_MS);
    await this.#converge(load);
    if (this.#plan.traits.has('stretch')) await this.#drill();
    if (this.#plan.traits.has('flips')) await this.#drillFlips();
    await this.#readEverything();
    // Damage that was found by reading is replaced from the others.
    if (this.#plan.traits.has('flips')) await this.#becomeWhole();
    await this.#closeServers();
    await simulation.run(1_000);
    if (simulation.net.connectionCount > 0)
      throw new Error(`${simulation.net.connectionCount} connections are left open`);
  }

  /** The first hands over what it leads; the others stop together. */
  async #closeServers(): Promise<void> {
    const [first, ...others] = this.#members.flatMap(({ server }) => server ?? []);
    await this.#simulation.settle(first?.close() ?? Promise.resolve());
    await this.#simulation.settle(
      Promise.all(others.map((other) => other.close({ leave: false }))),
    );
  }

  #startMembers(): void {
    const { producers, consumers } = this.#plan;
    const planned = plannedMembers(this.#plan);
    layLinks(this.#simulation, this.#plan, [
      ...planned.map(({ name }) => name),
      ...clientNames(producers, consumers),
    ]);
    for (const each of planned) {
      const member = new Member({
        simulation: this.#simulation,
        planned: each,
        clusterId: CLUSTER_ID,
        isSynced: this.#plan.isSynced,
        logger: (of) => this.#options.logger?.(of),
      });
      this.#members.push(member);
      if (!each.isLate) member.begin();
    }
  }

  /** Everybody who is to serve does. */
  #isServing(): boolean {
    return this.#members.every(({ isWanted, server }) => !isWanted || server !== undefined);
  }

  #isWhole(): boolean {
    return notConverged(this.#members, this.#plan.replicationFactor) === undefined;
  }

  async #drill(): Promise<void> {
    await drillSites({
      simulation: this.#simulation,
      plan: this.#plan,
      members: this.#members,
      recorder: this.#recorder,
      clientOn: (machine) => this.#clientOn(machine),
      log: (line) => this.#log(line),
    });
    await this.#becomeWhole();
  }

  async #drillFlips(): Promise<void> {
    await drillFlips({
      simulation: this.#simulation,
      members: this.#members,
      clientOn: (machine) => this.#clientOn(machine),
      log: (line) => this.#log(line),
      becomeWhole: () => this.#becomeWhole(),
    });
  }

  async #createTopic(): Promise<void> {
    const admin = new Admin(this.#clientOn('admin'));
    const { partitions, replicationFactor, minInSyncReplicas, isSynced, traits } = this.#plan;
    await this.#simulation.settle(
      admin.createTopics([
        {
          name: TOPIC,
          numPartitions: partitions,
          replicationFactor,
          configs: {
            'min.insync.replicas': String(minInSyncReplicas),
            ...(isSynced ? { 'flush.messages': '1' } : {}),
            ...(traits.has('segments') ? { 'internal.segment.bytes': SEGMENT_BYTES } : {}),
          },
        },
      ]),
    );
    await this.#simulation.settle(admin.close());
  }

  async #disturb(): Promise<void> {
    const simulation = this.#simulation;
    const plan = this.#plan;
    const { aim } = this.#options;
    const world = {
      simulation,
      plan,
      members: this.#members,
      clients: clientNames(plan.producers, plan.consumers),
      mayLosePower: () => plan.isSynced || this.#isWhole(),
      isWhole: () => this.#isWhole(),
      isInSync: () => notInSync(this.#members, plan.replicationFactor) === undefined,
    };
    const log = (line: string): void => this.#log(line);
    this.#faults =
      aim === undefined ? new FaultInjector(world, log) : new AimedFaults(world, aim, log);
    await simulation.run(this.#plan.faultsMs);
    await simulation.runUntil(() => (this.#faults?.count ?? 0) >= FAULTS_MIN, LOAD_LIMIT_MS);
    this.#faults.heal();
  }

  async #converge(load: Load): Promise<void> {
    const simulation = this.#simulation;
    const leftMs = VIRTUAL_MS_MIN - simulation.elapsedMs;
    if (leftMs > 0) await simulation.run(leftMs);
    await simulation.runUntil(() => this.#isServing(), CONVERGE_LIMIT_MS);
    await simulation.runUntil(
      () => this.#recorder.acknowledged >= ACKNOWLEDGED_MIN,
      CONVERGE_LIMIT_MS,
    );
    await simulation.settle(load.stop(), CONVERGE_LIMIT_MS);
    await this.#becomeWhole();
  }

  /** All replicas in sync, with the same in them. */
  async #becomeWhole(): Promise<void> {
    const untilMs = this.#simulation.elapsedMs + CONVERGE_LIMIT_MS;
    const { replicationFactor } = this.#plan;
    for (;;) {
      const why = notConverged(this.#members, replicationFactor) ?? notAgreed(this.#members);
      if (why === undefined) return;
      if (this.#simulation.elapsedMs > untilMs)
        throw new Error(`the cluster did not converge: ${why}`);
      await this.#simulation.run(CONVERGE_LOOK_MS);
    }
  }

  async #readEverything(): Promise<void> {
    const client = this.#clientOn('reader');
    await this.#simulation.settle(readAll(client, this.#plan, this.#recorder));
    await this.#simulation.settle(readCommitted(client, this.#plan, this.#recorder));
  }

  #clientOn(machine: string): ClientOptions & { readonly platform: Platform } {
    const rackId = siteOf(this.#plan, machine);
    return {
      ...(rackId === undefined ? {} : { rackId }),
      bootstrapServers: this.#members
        .filter(({ planned }) => planned.isBroker && !planned.isLate)
        .map(({ name }) => `${name}:${BROKER_PORT}`),
      clientId: machine,
      platform: this.#simulation.node(machine).platform,
      requestTimeoutMs: 5_000,
      metadataMaxAgeMs: 10_000,
      ...loggerOf(this.#options.logger?.(machine)),
    };
  }

  #log(line: string): void {
    this.#options.log?.(`${this.#simulation.elapsedMs.toFixed(3).padStart(12)} ${line}`);
  }
}

function loggerOf(logger: Logger | undefined): { readonly logger?: Logger } {
  return logger === undefined ? {} : { logger };
}

function clientNames(producers: number, consumers: number): string[] {
  return [
    ...Array.from({ length: producers }, (_, index) => `producer-${index + 1}`),
    ...Array.from({ length: consumers }, (_, index) => `consumer-${index + 1}`),
  ];
}

function errorText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
