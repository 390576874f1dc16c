// Faults aimed at one promise, one after the other, instead of all that can go wrong: what they are after shows in few seeds of
// small clusters. Each ends by itself, and `heal` ends all of them.
import type { Random } from '@ottla/platform';
import type { SimulatedNetwork } from '@ottla/platform/simulated';
import type { FaultWorld } from './faults.ts';
import type { Member } from './member.ts';

/** `elections`: voters that go and come, hear each other late or not at all. `lonely`: servers that clients reach and the other
 * servers do not. `late`: clients whose requests arrive when others have taken over. */
export const AIMS = ['elections', 'lonely', 'late'] as const;
export type Aim = (typeof AIMS)[number];

interface Aimed {
  /** Mean time between two. */
  readonly everyMs: number;
  /** @returns what ends it, and after how long */
  begin(world: FaultWorld, random: Random): { readonly lastsMs: number; readonly end: () => void };
}

/** Each loss doubles the time to the next try: of five in a row, 6 s, there is one in thirteen. */
const LATE_LOSS = 0.6;
const LATE_MS = 5_000;

const DONE = (): void => undefined;

const FAULTS: Readonly<Record<Aim, Aimed>> = {
  elections: {
    everyMs: 700,
    begin: ({ members, simulation: { net } }, random) => {
      const voters = members.filter(({ planned }) => planned.isController);
      const voter = pick(voters, random);
      const lastsMs = 200 + random.below(2_500);
      switch (random.below(4)) {
        case 0:
          voter.crash(lastsMs, { unsynced: 'keep', peers: 'reset' });
          return { lastsMs, end: DONE };
        case 1:
          voter.node.stall(lastsMs);
          return { lastsMs, end: DONE };
        case 2:
          return { lastsMs, end: cutOff(net, voter, voters) };
        default:
          return { lastsMs, end: delay(net, voters, 20 + random.below(600)) };
      }
    },
  },
  lonely: {
    everyMs: 3_000,
    begin: ({ members, simulation: { net } }, random) => {
      const lastsMs = 500 + random.below(6_000);
      return { lastsMs, end: cutOff(net, pick(members, random), members) };
    },
  },
  late: {
    everyMs: 5_000,
    begin: ({ members, clients, simulation }, random) => {
      const { net } = simulation;
      const client = pick(clients, random);
      for (const { name } of members) net.block(client, name);
      // What was given up meanwhile arrives one after the other, and some of it after what was sent later.
      const set = (conditions: Parameters<SimulatedNetwork['link']>[2]): void => {
        for (const { name } of members) net.link(client, name, conditions);
      };
      const end = (): void => {
        set({ lossProbability: LATE_LOSS });
        for (const { name } of members) net.unblock(client, name);
        simulation.at(LATE_MS, () => set(undefined));
      };
      return { lastsMs: 6_000 + random.below(9_000), end };
    },
  },
};

/** Makes them happen from its making until `heal`. */
export class AimedFaults {
  count = 0;
  readonly countByName: Map<string, number> = new Map();
  readonly #world: FaultWorld;
  readonly #aim: Aim;
  readonly #log: (line: string) => void;
  readonly #ends: Set<() => void> = new Set();
  #isOver = false;

  constructor(world: FaultWorld, aim: Aim, log: (line: string) => void) {
    this.#world = world;
    this.#aim = aim;
    this.#log = log;
    this.#next();
  }

  /** Ends what is going on and begins nothing more; what is down comes back in its time. */
  heal(): void {
    this.#isOver = true;
    for (const end of this.#ends) end();
    this.#world.simulation.net.heal();
  }

  #next(): void {
    const { simulation } = this.#world;
    const { everyMs, begin } = FAULTS[this.#aim];
    simulation.at(-Math.log(1 - simulation.random.float()) * everyMs, () => {
      if (this.#isOver) return;
      const { lastsMs, end } = begin(this.#world, simulation.random);
      this.#ends.add(end);
      simulation.at(lastsMs, () => {
        if (this.#ends.delete(end)) end();
      });
      this.count++;
      this.countByName.set(this.#aim, this.count);
      this.#log(`fault: ${this.#aim}`);
      this.#next();
    });
  }
}

/** Neither hears nor is heard by the others. @returns what ends it */
function cutOff(net: SimulatedNetwork, alone: Member, members: readonly Member[]): () => void {
  const others = members.filter((member) => member !== alone).map(({ name }) => name);
  net.partition([alone.name], others);
  return () => {
    for (const other of others) {
      net.unblock(alone.name, other);
      net.unblock(other, alone.name);
    }
  };
}

/** Everything between them takes up to that long. @returns what ends it */
function delay(net: SimulatedNetwork, members: readonly Member[], maxMs: number): () => void {
  const set = (conditions: Parameters<SimulatedNetwork['link']>[2]): void => {
    for (const { name: from } of members)
      for (const { name: to } of members) if (from !== to) net.link(from, to, conditions);
  };
  set({ latencyMs: { min: 1, max: maxMs } });
  return () => set(undefined);
}

function pick<T>(from: readonly T[], random: Random): T {
  const picked = from[random.below(from.length)];
  if (picked === undefined) throw new Error('nothing to pick from');
  return picked;
}

/** @throws Error for what is no aim */
export function parseAim(text: string | undefined): Aim | undefined {
  if (text === undefined) return undefined;
  const aim = AIMS.find((each) => each === text);
  if (aim === undefined) throw new Error(`no aim "${text}": there are ${AIMS.join(', ')}`);
  return aim;
}
