// The catalogue of what goes wrong, and the one who makes it go wrong: at random, every so often, until told to stop.
// Each fault ends by itself, and `heal` ends all of them.
import type { Random } from '@ottla/platform';
import type { NetworkConditions, SimulatedNetwork, Simulation } from '@ottla/platform/simulated';
import { flipBit } from './bit-flips.ts';
import type { Member } from './member.ts';
import type { Plan } from './plan.ts';
import { linkBetween } from './sites.ts';

export interface FaultWorld {
  readonly simulation: Simulation;
  readonly plan: Plan;
  readonly members: readonly Member[];
  /** Machines of clients. */
  readonly clients: readonly string[];
  /** Whether a node may lose what it has not synced, now: the others have it. */
  readonly mayLosePower: () => boolean;
  /** Whether all replicas are in sync, and equal. */
  readonly isWhole: () => boolean;
  /** Whether all replicas are in sync. */
  readonly isInSync: () => boolean;
}

interface Fault {
  readonly name: string;
  readonly weight: number;
  /** Returns what ends it early, or nothing when it is over at once; undefined when it cannot happen now. */
  begin(world: FaultWorld, random: Random): (() => void) | undefined;
}

const DONE = (): void => undefined;
const DOWN_MS_MAX = 12_000;
const HOUR_MS = 3_600_000;
const YEARS_10_HOURS = 87_600;
/** How often, and for how long, somebody waits for all replicas to be in sync. */
const LOOKS = 50;
const LOOK_MS = 100;
/** The session of a member of the load's group is 6 s. */
const CLIENT_STALL_MS_MAX = 20_000;

const FAULTS: readonly Fault[] = [
  {
    name: 'kill',
    weight: 4,
    begin: ({ members }, random) => {
      pickMember(members, random).crash(downMs(random), { unsynced: 'keep', peers: 'reset' });
      return DONE;
    },
  },
  {
    name: 'power cut',
    weight: 4,
    begin: ({ members, mayLosePower }, random) => {
      const member = pickMember(members, random);
      if (!mayLosePower()) return undefined;
      const peers = random.below(2) === 0 ? 'silent' : 'reset';
      member.crash(downMs(random), { unsynced: 'lose', peers });
      return DONE;
    },
  },
  {
    name: 'power cut at a disk call',
    weight: 4,
    begin: ({ members, plan }, random) => {
      const member = pickMember(members, random);
      // It happens later, when others may have lost something too.
      if (!plan.isSynced) return undefined;
      return member.node.disk.inject({
        ...(random.below(2) === 0 ? {} : { operation: ['write', 'datasync', 'rename'] as const }),
        after: random.below(60),
        effect: { kind: 'crash' },
      });
    },
  },
  {
    name: 'kill at a disk call',
    weight: 3,
    begin: ({ members }, random) =>
      pickMember(members, random).node.disk.inject({
        ...(random.below(2) === 0 ? {} : { operation: ['write', 'datasync', 'rename'] as const }),
        after: random.below(60),
        effect: { kind: 'crash', unsynced: 'keep' },
      }),
  },
  {
    name: 'power cut everywhere',
    weight: 1,
    begin: ({ members, plan, mayLosePower }, random) => {
      // Who has just lost what it had not synced, and is not missed yet, must not be all that is left: in a world that neither
      // syncs nor knows eligible leaders it would lead (as with Apache Kafka before KIP-966).
      if (!mayLosePower()) return undefined;
      for (const member of members)
        member.crash(downMs(random), { unsynced: plan.isSynced ? 'lose' : 'keep', peers: 'reset' });
      return DONE;
    },
  },
  {
    name: 'restart',
    weight: 2,
    begin: ({ members }, random) => {
      void pickMember(members, random).restart(random.below(2_000));
      return DONE;
    },
  },
  {
    name: 'stall',
    weight: 3,
    begin: ({ members }, random) => {
      pickMember(members, random).node.stall(200 + random.below(15_000));
      return DONE;
    },
  },
  {
    name: 'client stands still',
    weight: 2,
    begin: ({ clients, simulation }, random) => {
      simulation.node(pick(clients, random)).stall(200 + random.below(CLIENT_STALL_MS_MAX));
      return DONE;
    },
  },
  {
    name: 'clock jump',
    weight: 2,
    begin: ({ members, simulation }, random) => {
      const { node } = pickMember(members, random);
      const hours = random.below(8) === 0 ? YEARS_10_HOURS : 1;
      const deltaMs = (random.float() * 2 - 1) * hours * HOUR_MS;
      node.jumpClock(deltaMs);
      return untilLater(simulation, random, 20_000, () => node.jumpClock(-deltaMs));
    },
  },
  {
    name: 'failed write',
    weight: 2,
    begin: ({ members }, random) =>
      pickMember(members, random).node.disk.inject({
        operation: random.below(2) === 0 ? 'write' : 'datasync',
        after: random.below(40),
        effect: { kind: 'fail', code: 'EIO' },
      }),
  },
  {
    name: 'torn write',
    weight: 2,
    begin: ({ members }, random) =>
      pickMember(members, random).node.disk.inject({
        operation: 'write',
        after: random.below(40),
        effect: { kind: 'tear' },
      }),
  },
  {
    name: 'full disk',
    weight: 1,
    begin: ({ members, simulation }, random) => {
      const { disk } = pickMember(members, random).node;
      const { conditions } = disk;
      let usedBytes = 0;
      for (const file of disk.files()) usedBytes += disk.peek(file)?.length ?? 0;
      disk.conditions = { ...conditions, capacityBytes: usedBytes + random.below(20_000) };
      return untilLater(
        simulation,
        random,
        10_000,
        () => (disk.conditions = { ...disk.conditions, capacityBytes: 2 ** 40 }),
      );
    },
  },
  {
    name: 'slow disk',
    weight: 2,
    begin: ({ members, simulation }, random) => {
      const { disk } = pickMember(members, random).node;
      const healthy =
        disk.conditions.syncMs.max > 10 ? { min: 0.2, max: 2 } : disk.conditions.syncMs;
      disk.conditions = { ...disk.conditions, syncMs: { min: 50, max: 50 + random.below(450) } };
      return untilLater(
        simulation,
        random,
        15_000,
        () => (disk.conditions = { ...disk.conditions, syncMs: healthy }),
      );
    },
  },
  {
    name: 'connections reset',
    weight: 3,
    begin: (world, random) => {
      world.simulation.net.reset({ to: pickMember(world.members, random).name });
      return DONE;
    },
  },
  {
    name: 'connection cut at a byte',
    weight: 4,
    begin: (world, random) => {
      const [from, to] = twoMachines(world, random);
      world.simulation.net.cutAfter({ from, to }, random.below(3_000));
      return DONE;
    },
  },
  {
    name: 'one-way partition',
    weight: 3,
    begin: (world, random) => {
      const [from, to] = twoMachines(world, random);
      world.simulation.net.block(from, to);
      return untilLater(world.simulation, random, 15_000, () =>
        world.simulation.net.unblock(from, to),
      );
    },
  },
  {
    name: 'isolated machine',
    weight: 3,
    begin: (world, random) => {
      const { net } = world.simulation;
      const alone = pickMember(world.members, random).name;
      const others = [...world.members.map(({ name }) => name), ...world.clients].filter(
        (name) => name !== alone,
      );
      net.partition([alone], others);
      return untilLater(world.simulation, random, 15_000, () => unblockAll(net, [alone], others));
    },
  },
  {
    name: 'flapping link',
    weight: 2,
    begin: (world, random) => {
      const [from, to] = twoMachines(world, random);
      return flap(world.simulation, random, from, to);
    },
  },
  {
    name: 'slow link',
    weight: 2,
    begin: (world, random) => {
      const [from, to] = twoMachines(world, random);
      const conditions: Partial<NetworkConditions> = {
        latencyMs: { min: 20, max: 20 + random.below(600) },
        windowBytes: 4_096,
      };
      world.simulation.net.link(from, to, conditions);
      return untilLater(world.simulation, random, 15_000, () =>
        world.simulation.net.link(from, to, linkBetween(world.plan, from, to)),
      );
    },
  },
  {
    name: 'lossy network',
    weight: 2,
    begin: ({ simulation }, random) => {
      const { net } = simulation;
      net.conditions = {
        ...net.conditions,
        lossProbability: random.float() * 0.1,
        resetProbability: random.float() * 0.004,
      };
      return untilLater(simulation, random, 8_000, () => {
        net.conditions = { ...net.conditions, lossProbability: 0, resetProbability: 0 };
      });
    },
  },
];

/** In worlds with the trait `flips`. */
const FLIP: Fault = {
  name: 'flipped bit',
  weight: 6,
  begin: (world, random) => {
    const { members } = world;
    const member = pickMember(members, random);
    // All have a record that is then damaged on one; what is not in memory any more is read from the disk.
    const isForgotten = random.below(2) === 0;
    return soonWhen(world, world.isWhole, () => {
      if (flipBit(member, members, random) && isForgotten)
        member.crash(downMs(random), { unsynced: 'keep' });
    });
  },
};

/** In worlds with the trait `disks`. */
const LOST_DISK: Fault = {
  name: 'lost disk',
  weight: 6,
  begin: (world, random) => {
    // A vote that is lost with its disk may be given twice: voters are replaced by who changes them (`voters`).
    const brokers = world.members.filter(({ planned }) => !planned.isController);
    if (brokers.length === 0) return undefined;
    const member = pickMember(brokers, random);
    // The others have what is committed, and are in sync: one at a time.
    return soonWhen(world, world.isInSync, () => member.replaceDisk(downMs(random)));
  },
};

/** What may go wrong in a world. */
function faultsOf({ traits }: Plan): readonly Fault[] {
  return [
    ...FAULTS,
    ...(traits.has('flips') ? [FLIP] : []),
    ...(traits.has('disks') ? [LOST_DISK] : []),
  ];
}

/** Makes things go wrong from its making until `heal`. */
export class FaultInjector {
  count = 0;
  readonly countByName: Map<string, number> = new Map();
  readonly #world: FaultWorld;
  readonly #random: Random;
  readonly #log: (line: string) => void;
  readonly #faults: readonly Fault[];
  #ends: (() => void)[] = [];
  #isOver = false;

  constructor(world: FaultWorld, log: (line: string) => void) {
    this.#world = world;
    this.#random = world.simulation.random;
    this.#log = log;
    this.#faults = faultsOf(world.plan);
    this.#next();
  }

  /** Ends what is going on and begins nothing more; what is down comes back in its time. */
  heal(): void {
    this.#isOver = true;
    for (const end of this.#ends.splice(0)) end();
    this.#world.simulation.net.heal();
    for (const { node } of this.#world.members) node.disk.clearFaults();
  }

  #next(): void {
    // Exponential: sometimes two at once, sometimes none for long.
    const delayMs = -Math.log(1 - this.#random.float()) * this.#world.plan.faultEveryMs;
    this.#world.simulation.at(delayMs, () => {
      if (this.#isOver) return;
      this.#begin();
      this.#next();
    });
  }

  #begin(): void {
    const fault = this.#draw();
    const end = fault.begin(this.#world, this.#random);
    if (end === undefined) return;
    this.#ends.push(end);
    this.count++;
    this.countByName.set(fault.name, (this.countByName.get(fault.name) ?? 0) + 1);
    this.#log(`fault: ${fault.name}`);
  }

  #draw(): Fault {
    let place = this.#random.below(this.#faults.reduce((sum, { weight }) => sum + weight, 0));
    for (const fault of this.#faults) {
      place -= fault.weight;
      if (place < 0) return fault;
    }
    throw new Error('weights do not add up');
  }
}

function pick<T>(from: readonly T[], random: Random): T {
  const picked = from[random.below(from.length)];
  if (picked === undefined) throw new Error('nothing to pick from');
  return picked;
}

/** One that is part of the cluster now. */
function pickMember(members: readonly Member[], random: Random): Member {
  return pick(
    members.filter(({ isWanted }) => isWanted),
    random,
  );
}

function downMs(random: Random): number {
  return random.below(4) === 0 ? random.below(300) : random.below(DOWN_MS_MAX);
}

/** Two machines that talk to each other, in one direction. */
function twoMachines({ members, clients }: FaultWorld, random: Random): [string, string] {
  const server = pickMember(members, random).name;
  const others = [...members.map(({ name }) => name), ...clients].filter((name) => name !== server);
  const other = pick(others, random);
  return random.below(2) === 0 ? [server, other] : [other, server];
}

/** Acts when it may, if that is soon. @returns what calls it off */
function soonWhen({ simulation }: FaultWorld, may: () => boolean, act: () => void): () => void {
  let isOver = false;
  let looksLeft = LOOKS;
  const look = (): void => {
    if (isOver || looksLeft-- === 0) return;
    if (may()) act();
    else simulation.at(LOOK_MS, look);
  };
  look();
  return () => {
    isOver = true;
  };
}

/** Calls `end` after a while, or when asked to, once. */
function untilLater(
  simulation: Simulation,
  random: Random,
  maxMs: number,
  end: () => void,
): () => void {
  let isOver = false;
  const once = (): void => {
    if (isOver) return;
    isOver = true;
    end();
  };
  simulation.at(100 + random.below(maxMs), once);
  return once;
}

function unblockAll(
  net: SimulatedNetwork,
  left: readonly string[],
  right: readonly string[],
): void {
  for (const one of left) {
    for (const other of right) {
      net.unblock(one, other);
      net.unblock(other, one);
    }
  }
}

function flap(simulation: Simulation, random: Random, from: string, to: string): () => void {
  const { net } = simulation;
  let left = 4 + random.below(12);
  const step = (): void => {
    if (left-- <= 0) {
      net.unblock(from, to);
      return;
    }
    if (left % 2 === 0) net.unblock(from, to);
    else net.block(from, to);
    simulation.at(200 + random.below(800), step);
  };
  step();
  return () => {
    left = 0;
  };
}
