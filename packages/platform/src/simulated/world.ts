// What a test sees of the simulated world: one seed, one virtual time, named nodes that can crash,
// a network that can be cut and disks that can fail. See docs/decisions/0004-simulated-world.md.
import type { Platform, Random } from '../ports.ts';

export interface SimulationOptions {
  /** Unsigned 32 bits; the same seed gives the same history. */
  readonly seed: number;
  /** Wall clock at the start, milliseconds since 1970; default 2026-01-01T00:00:00Z. */
  readonly startMs?: number;
  /** The network's manners; `simulation.net.conditions` changes them later. */
  readonly network?: Partial<NetworkConditions>;
  /** Every disk's manners; `node.disk.conditions` changes them later. */
  readonly disk?: Partial<DiskConditions>;
  /** Fail when code inside the simulation uses real timers, chance or handles; default true. */
  readonly forbidRealEffects?: boolean;
  /** Receives each event as it happens, for debugging. */
  readonly log?: (line: string) => void;
}

/** A deterministic world. Time moves only inside `run`, `runUntil` and `settle`, which must not overlap. */
export interface Simulation {
  readonly seed: number;
  /** Chance for the test's own choices; independent of what the nodes draw. */
  readonly random: Random;
  readonly net: SimulatedNetwork;
  /** Virtual milliseconds since the start. */
  readonly elapsedMs: number;
  /** Events that have happened so far. */
  readonly eventCount: number;
  /** Hash over every event, write and byte so far, 16 hex digits: equal for equal histories. */
  readonly traceHash: string;
  /** The newest events, oldest first: what to print when a run failed. */
  traceTail(): string[];
  /** The node of that name; made, and up, at the first call. The name is its host name. */
  node(name: string): SimulatedNode;
  /** Lets `durationMs` of virtual time pass. */
  run(durationMs: number): Promise<void>;
  /** Runs until `predicate` holds after an event; throws `SimulationError` past `limitMs` (default 60,000) or when nothing is left to happen. */
  runUntil(predicate: () => boolean, limitMs?: number): Promise<void>;
  /** Runs until `promise` settles and gives its outcome; throws like `runUntil`. */
  settle<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
  /** Calls `look` after each event and what follows of it, with the name of the node it happened to; what it throws ends the run. */
  watch(look: (name: string) => void): void;
  /** Calls `action` in `delayMs` of virtual time, outside every node: for scheduled faults. */
  at(delayMs: number, action: () => void): void;
}

/** A machine: a name in the network, a disk that survives crashes, and one life at a time. */
export interface SimulatedNode {
  readonly name: string;
  /** Its address, `10.0.x.y`. */
  readonly address: string;
  readonly isUp: boolean;
  /** The ports of the present life; those of an ended life never answer and have no effect. */
  readonly platform: Platform;
  readonly disk: SimulatedDisk;
  /** Ends this life at once: no callback, timer or promise of it ever fires again. */
  crash(options?: CrashOptions): void;
  /** Begins the next life on what the disk kept. Crashes first when up. */
  restart(): Platform;
  /** Nothing of this node happens for `durationMs`, then all that was due: a long pause. */
  stall(durationMs: number): void;
  /** Moves the wall clock; the monotonic clock does not move. */
  jumpClock(deltaMs: number): void;
}

export interface CrashOptions {
  /** `lose` (default): power cut, unsynced bytes may be lost or torn; `keep`: only the process died. */
  readonly unsynced?: 'lose' | 'keep';
  /** `reset` (default): peers see their connections reset; `silent`: they learn only when they send after the restart. */
  readonly peers?: 'reset' | 'silent';
}

export interface Range {
  readonly min: number;
  /** Exclusive; equal to `min` for a fixed value. */
  readonly max: number;
}

// ---- network ----------------------------------------------------------------------------------

export interface NetworkConditions {
  /** One way, each segment; default 0.1–0.5. */
  readonly latencyMs: Range;
  /** Chance that a segment is lost and sent again (200 ms later, doubling); default 0. */
  readonly lossProbability: number;
  /** Chance that a segment resets its connection; default 0. */
  readonly resetProbability: number;
  /** Bytes under way or unread per direction before the sender has to wait; default 128 KiB. */
  readonly windowBytes: number;
  /** Largest piece that travels at once; default 64 KiB. */
  readonly segmentBytes: number;
  /** A connection whose path is blocked for longer is reset; default 60,000. */
  readonly blockedMsMax: number;
}

/** Directions are node names; undefined stands for any. */
export interface Path {
  readonly from?: string;
  readonly to?: string;
}

/** Faults between nodes. Connections inside one node are never delayed or cut. */
export interface SimulatedNetwork {
  /** Replaced as a whole or by spreading; holds for segments sent from now on. */
  conditions: NetworkConditions;
  /** Other manners for one direction between two nodes; undefined takes them back. */
  link(from: string, to: string, conditions: Partial<NetworkConditions> | undefined): void;
  /** No segment passes from `from` to `to`; what is under way waits, as TCP would send it again. */
  block(from: string, to: string): void;
  /** Lifts the block of one direction between two nodes. */
  unblock(from: string, to: string): void;
  /** Blocks both directions between every node of `left` and every node of `right`. */
  partition(left: readonly string[], right: readonly string[]): void;
  /** Lifts every block. */
  heal(): void;
  /** Connects to `to` are refused until the returned function is called. */
  refuse(to: string, port?: number): () => void;
  /** The next connection that carries data on `path` passes exactly `bytes` more of it, then is reset on both sides. */
  cutAfter(path: Path, bytes: number): void;
  /** Resets every connection on `path`, in either direction, now. */
  reset(path: Path): void;
  /** Connections open at present, both ends counted as one. */
  readonly connectionCount: number;
}

// ---- disk -------------------------------------------------------------------------------------

export interface DiskConditions {
  /** Every call; default 0.01–0.05. */
  readonly operationMs: Range;
  /** Added to `datasync` and `syncDirectory`; default 0.2–2. */
  readonly syncMs: Range;
  /** Added by size to reads and writes; default 500,000. */
  readonly bytesPerMs: number;
  /** `ENOSPC` beyond; default 1 TiB. */
  readonly capacityBytes: number;
}

export type DiskOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'datasync'
  | 'truncate'
  | 'close'
  | 'readFile'
  | 'mkdir'
  | 'readdir'
  | 'stat'
  | 'rename'
  | 'remove'
  | 'syncDirectory'
  | 'lock'
  | 'space';

export type DiskEffect =
  /** Rejects with `code`, nothing done. On `datasync` the unsynced bytes stay readable and are gone after a crash. */
  | { readonly kind: 'fail'; readonly code: string }
  /** Happens that much later. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** A write keeps only its first `keepBytes` (default: any number, by chance) and rejects with `EIO`. */
  | { readonly kind: 'tear'; readonly keepBytes?: number }
  /** One bit, chosen by chance, of what is read or written is flipped in silence. */
  | { readonly kind: 'flip' }
  /** The node crashes when the call is made, a write perhaps half done; `unsynced` as in {@link CrashOptions}. */
  | { readonly kind: 'crash'; readonly unsynced?: 'lose' | 'keep' };

export interface DiskFault {
  /** Default: any. `replaceFile` shows as the calls it is made of. */
  readonly operation?: DiskOperation | readonly DiskOperation[];
  /** Whole path or pattern; default: any. */
  readonly path?: string | RegExp;
  /** How many matching calls pass before; default 0. */
  readonly after?: number;
  /** How many calls are hit; default 1, `Infinity` for all. */
  readonly times?: number;
  readonly effect: DiskEffect;
}

/** One node's disk from outside: its manners, its faults and a look without I/O. */
export interface SimulatedDisk {
  conditions: DiskConditions;
  /** The first fault that matches a call decides. Returns the function that takes it back. */
  inject(fault: DiskFault): () => void;
  /** Takes back all faults. */
  clearFaults(): void;
  /** A copy of a file, or of some bytes of it, as it reads now; undefined when there is none. Shorter at its end. */
  peek(path: string, position?: number, length?: number): Buffer | undefined;
  /** How far, from its beginning, a power cut would leave a file as it is; 0 where it could take its name, or there is none. */
  durableBytes(path: string): number;
  /** Paths of all files, sorted. */
  files(): string[];
  /** Flips one bit (0–7) of the byte at `position`, durably. */
  flipBit(path: string, position: number, bit: number): void;
  /** Another, empty disk stands in its place; while the node is down. */
  erase(): void;
  /** Writes not yet durable, in bytes. */
  readonly unsyncedBytes: number;
}
