// The network between the simulated nodes: hosts by name and address, segments in order for each
// connection and in any order between connections, and the faults a test asks for.
import { NetError } from '../errors.ts';
import type { Random } from '../ports.ts';
import { happens, within } from './draw.ts';
import { Life, type Scheduler } from './scheduler.ts';
import type { Segment, SimulatedConnection, Wire } from './simulated-connection.ts';
import type { SimulatedHost } from './simulated-net.ts';
import type { NetworkConditions, Path, SimulatedNetwork } from './world.ts';

export const DEFAULT_NETWORK_CONDITIONS: NetworkConditions = {
  latencyMs: { min: 0.1, max: 0.5 },
  lossProbability: 0,
  resetProbability: 0,
  windowBytes: 128 * 1024,
  segmentBytes: 64 * 1024,
  blockedMsMax: 60_000,
};

const RETRANSMIT_MS = 200;
const RETRANSMIT_COUNT_MAX = 8;
const LOCAL_LATENCY_MS = { min: 0.01, max: 0.05 };

/** One direction of one connection: what is on its way, oldest first. */
interface Direction {
  readonly from: SimulatedConnection;
  readonly fromHost: string;
  readonly toHost: string;
  /** Both hosts: the key of what holds for this direction. */
  readonly pair: string;
  readonly onTheWay: Segment[];
  /** Nothing of this direction arrives earlier: the order holds. */
  lastAtMs: number;
  /** Arrivals that came upon a block and wait for it to be lifted. */
  stuckCount: number;
}

interface Cut {
  readonly path: Path;
  bytesLeft: number;
  /** Fixed once a connection has carried data on the path. */
  direction: Direction | undefined;
}

interface Refusal {
  readonly to: string;
  readonly port: number | undefined;
}

export class Network implements SimulatedNetwork, Wire {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Owner of what happens between the nodes. */
  readonly life: Life = new Life('network');
  conditions: NetworkConditions;
  readonly #hosts: Map<string, SimulatedHost> = new Map();
  readonly #links: Map<string, Partial<NetworkConditions>> = new Map();
  readonly #blocked: Set<string> = new Set();
  readonly #directions: Map<SimulatedConnection, Direction> = new Map();
  readonly #refusals: Set<Refusal> = new Set();
  #cuts: Cut[] = [];

  constructor(scheduler: Scheduler, random: Random, conditions: NetworkConditions) {
    this.scheduler = scheduler;
    this.random = random;
    this.conditions = conditions;
  }

  // ---- what a test asks for ----

  link(from: string, to: string, conditions: Partial<NetworkConditions> | undefined): void {
    if (conditions === undefined) this.#links.delete(pair(from, to));
    else this.#links.set(pair(from, to), conditions);
  }

  block(from: string, to: string): void {
    this.#blocked.add(pair(from, to));
  }

  partition(left: readonly string[], right: readonly string[]): void {
    for (const one of left) {
      for (const other of right) {
        this.block(one, other);
        this.block(other, one);
      }
    }
  }

  unblock(from: string, to: string): void {
    this.#blocked.delete(pair(from, to));
    for (const direction of this.#directions.values()) {
      if (direction.fromHost === from && direction.toHost === to) this.#getUnstuck(direction);
    }
  }

  heal(): void {
    this.#blocked.clear();
    for (const direction of this.#directions.values()) this.#getUnstuck(direction);
  }

  refuse(to: string, port?: number): () => void {
    const refusal = { to, port };
    this.#refusals.add(refusal);
    return () => void this.#refusals.delete(refusal);
  }

  cutAfter(path: Path, bytes: number): void {
    this.#cuts.push({ path, bytesLeft: bytes, direction: undefined });
  }

  reset(path: Path): void {
    for (const direction of Array.from(this.#directions.values())) {
      if (covers(path, direction)) this.#resetBoth(direction);
    }
  }

  get connectionCount(): number {
    const open = new Set<SimulatedConnection>();
    for (const end of this.#directions.keys()) {
      if (!end.isClosed && !open.has(end.peer)) open.add(end);
    }
    return open.size;
  }

  // ---- hosts ----

  addHost(host: SimulatedHost): void {
    this.#hosts.set(host.name, host);
    this.#hosts.set(host.address, host);
  }

  findHost(nameOrAddress: string): SimulatedHost | undefined {
    return this.#hosts.get(nameOrAddress);
  }

  isRefused(to: string, port: number): boolean {
    for (const refusal of this.#refusals) {
      if (refusal.to === to && (refusal.port === undefined || refusal.port === port)) return true;
    }
    return false;
  }

  isBlocked(from: string, to: string): boolean {
    return from !== to && this.#blocked.has(pair(from, to));
  }

  /** Time one way, retransmissions included. */
  latencyMs(from: string, to: string): number {
    return from === to ? this.#localMs() : this.#remoteMs(pair(from, to));
  }

  #localMs(): number {
    return within(this.random, LOCAL_LATENCY_MS);
  }

  #remoteMs(hosts: string): number {
    const { latencyMs, lossProbability } = this.#conditionsOf(hosts);
    let delayMs = within(this.random, latencyMs);
    for (
      let lost = 0;
      lost < RETRANSMIT_COUNT_MAX && happens(this.random, lossProbability);
      lost++
    ) {
      delayMs += RETRANSMIT_MS * 2 ** lost;
    }
    return delayMs;
  }

  // ---- connections ----

  /** Makes the ends each other's peers; names are those of the hosts they live on. */
  join(
    ends: readonly [SimulatedConnection, SimulatedConnection],
    hosts: readonly [string, string],
  ): void {
    const [left, right] = ends;
    left.peer = right;
    right.peer = left;
    this.#directions.set(left, emptyDirection(left, hosts[0], hosts[1]));
    this.#directions.set(right, emptyDirection(right, hosts[1], hosts[0]));
  }

  conditionsFor(from: SimulatedConnection): NetworkConditions {
    const direction = this.#directions.get(from);
    return direction === undefined ? this.conditions : this.#conditionsOf(direction.pair);
  }

  send(from: SimulatedConnection, segment: Segment): void {
    const direction = this.#directions.get(from);
    if (direction === undefined) return;
    direction.onTheWay.push(segment);
    this.#scheduleArrival(direction);
  }

  closed(end: SimulatedConnection): void {
    const direction = this.#directions.get(end);
    // Its last segments may still be under way; the peer's end keeps the pair until it is gone too.
    if (end.peer.isClosed && direction !== undefined) {
      this.#directions.delete(end.peer);
      this.#directions.delete(end);
    }
  }

  /** The life has ended; its ends go without a word of their own. */
  endLife(life: Life, peers: 'reset' | 'silent'): void {
    for (const end of Array.from(this.#directions.keys())) {
      if (end.life !== life || end.isClosed) continue;
      if (peers === 'reset') this.send(end, { kind: 'reset' });
      end.close(undefined);
    }
  }

  #scheduleArrival(direction: Direction): void {
    const { fromHost, toHost } = direction;
    const delay = fromHost === toHost ? this.#localMs() : this.#remoteMs(direction.pair);
    const atMs = this.scheduler.nowMs + delay;
    direction.lastAtMs = Math.max(direction.lastAtMs, atMs);
    const delayMs = direction.lastAtMs - this.scheduler.nowMs;
    this.scheduler.schedule(this.life, delayMs, direction.pair, () => this.#arrive(direction));
  }

  #arrive(direction: Direction): void {
    const { from, fromHost, toHost } = direction;
    const isBlocked = fromHost !== toHost && this.#blocked.has(direction.pair);
    if (direction.stuckCount > 0 || isBlocked) {
      this.#getStuck(direction);
      return;
    }
    const segment = direction.onTheWay.shift();
    const to = from.peer;
    if (segment === undefined || this.findHost(toHost)?.isPoweredOff === true) return;
    this.#noteArrival(direction, segment);
    if (to.isClosed || !to.life.isAlive) {
      // Nobody is there any more: the system answers with a reset.
      if (segment.kind === 'data' && !from.isClosed) this.send(to, { kind: 'reset' });
      return;
    }
    const passed = segment.kind === 'data' ? this.#applyFaults(direction, segment.bytes) : segment;
    if (passed !== undefined) to.receive(passed);
  }

  #getStuck(direction: Direction): void {
    direction.stuckCount++;
    if (direction.stuckCount > 1) return;
    const { blockedMsMax } = this.#conditionsOf(direction.pair);
    const { from } = direction;
    this.scheduler.schedule(this.life, blockedMsMax, 'net: give up', () => {
      if (direction.stuckCount === 0) return;
      from.close(new NetError('ETIMEDOUT', `${direction.toHost} did not acknowledge`));
    });
  }

  #getUnstuck(direction: Direction): void {
    const count = direction.stuckCount;
    direction.stuckCount = 0;
    for (let index = 0; index < count; index++) this.#scheduleArrival(direction);
  }

  /** @returns what still arrives, undefined when a fault took all of it */
  #applyFaults(direction: Direction, bytes: Buffer): Segment | undefined {
    const { fromHost, toHost, from } = direction;
    if (fromHost === toHost) return { kind: 'data', bytes };
    if (happens(this.random, this.#conditionsOf(direction.pair).resetProbability)) {
      this.#resetBoth(direction);
      return undefined;
    }
    const cut = this.#cuts.find((each) =>
      each.direction === undefined ? isOn(each.path, direction) : each.direction === direction,
    );
    if (cut === undefined) return { kind: 'data', bytes };
    cut.direction = direction;
    if (bytes.length < cut.bytesLeft) {
      cut.bytesLeft -= bytes.length;
      return { kind: 'data', bytes };
    }
    this.#cuts = this.#cuts.filter((each) => each !== cut);
    from.close(new NetError('ECONNRESET', 'the connection was cut'));
    // The rest never arrives; the reset follows what does.
    direction.onTheWay.length = 0;
    if (cut.bytesLeft > 0)
      from.peer.receive({ kind: 'data', bytes: bytes.subarray(0, cut.bytesLeft) });
    this.scheduler.schedule(this.life, RESET_AFTER_CUT_MS, 'net: cut', () =>
      from.peer.receive({ kind: 'reset' }),
    );
    return undefined;
  }

  #resetBoth(direction: Direction): void {
    const { from } = direction;
    direction.onTheWay.length = 0;
    for (const end of [from, from.peer]) {
      end.close(new NetError('ECONNRESET', 'the network reset the connection'));
    }
  }

  #noteArrival(direction: Direction, segment: Segment): void {
    const length = segment.kind === 'data' ? segment.bytes.length : 0;
    this.scheduler.trace.note(
      this.scheduler.nowMs,
      direction.toHost,
      ARRIVALS[segment.kind],
      length,
    );
    if (segment.kind === 'data') this.scheduler.trace.noteBytes(segment.bytes);
  }

  #conditionsOf(hosts: string): NetworkConditions {
    const special = this.#links.size === 0 ? undefined : this.#links.get(hosts);
    return special === undefined ? this.conditions : { ...this.conditions, ...special };
  }
}

const ARRIVALS = { data: 'net: data', end: 'net: end', reset: 'net: reset' } as const;
/** After the bytes before a cut were given to their reader. */
const RESET_AFTER_CUT_MS = 1;

function pair(from: string, to: string): string {
  return `${from} > ${to}`;
}

function emptyDirection(from: SimulatedConnection, fromHost: string, toHost: string): Direction {
  const hosts = pair(fromHost, toHost);
  return { from, fromHost, toHost, pair: hosts, onTheWay: [], lastAtMs: 0, stuckCount: 0 };
}

function isOn(path: Path, direction: Direction): boolean {
  const isFrom = path.from === undefined || path.from === direction.fromHost;
  return isFrom && (path.to === undefined || path.to === direction.toHost);
}

function covers(path: Path, direction: Direction): boolean {
  const back = { ...direction, fromHost: direction.toHost, toHost: direction.fromHost };
  return isOn(path, direction) || isOn(path, back);
}
