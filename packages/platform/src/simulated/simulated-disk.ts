// One node's disk: a journaled in-memory volume behind a gate that takes virtual time, injects
// faults and, when the node crashes, decides what of the writes under way still reached the volume.
import { DiskError } from '../errors.ts';
import { MemoryDisk, type DiskCall, type DiskGate } from '../memory/memory-disk.ts';
import { MemoryVolume } from '../memory/memory-volume.ts';
import type { Disk, Random } from '../ports.ts';
import { never, within } from './draw.ts';
import type { Life, Scheduler } from './scheduler.ts';
import type { DiskConditions, DiskEffect, DiskFault, SimulatedDisk } from './world.ts';

export const DEFAULT_DISK_CONDITIONS: DiskConditions = {
  operationMs: { min: 0.01, max: 0.05 },
  syncMs: { min: 0.2, max: 2 },
  bytesPerMs: 500_000,
  capacityBytes: 2 ** 40,
};

interface InjectedFault extends DiskFault {
  passesLeft: number;
  hitsLeft: number;
}

interface WriteUnderWay {
  readonly source: readonly Uint8Array[];
  readonly lengthBytes: number;
  readonly effect: (source: readonly Uint8Array[]) => void;
}

export interface SimulatedVolumeOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly conditions: DiskConditions;
  readonly nowMs: () => number;
  /** The `crash` effect of a fault. */
  readonly crashNode: (unsynced: 'lose' | 'keep') => void;
}

/** Survives the lives of its node. */
export class SimulatedVolume implements SimulatedDisk {
  readonly #options: SimulatedVolumeOptions;
  readonly #random: Random;
  #volume: MemoryVolume;
  #conditions: DiskConditions;
  #faults: InjectedFault[] = [];
  readonly #writesUnderWay: Set<WriteUnderWay> = new Set();

  constructor(options: SimulatedVolumeOptions) {
    this.#options = options;
    this.#random = options.random;
    this.#conditions = options.conditions;
    this.#volume = this.#emptyVolume();
  }

  #emptyVolume(): MemoryVolume {
    const { capacityBytes } = this.#conditions;
    return new MemoryVolume({ capacityBytes, isJournaled: true, nowMs: this.#options.nowMs });
  }

  /** The port for one life of the node. */
  mount(life: Life): Disk {
    const gate: DiskGate = {
      pass: (call, effect) => this.#pass(life, call, effect),
      passWrite: (call, source, effect) => this.#passWrite(life, call, source, effect),
      passNow: (call, effect) => this.#passNow(life, call, effect),
      passWriteNow: (call, source, effect) => this.#passWriteNow(life, call, source, effect),
    };
    return new MemoryDisk(this.#volume, gate);
  }

  get conditions(): DiskConditions {
    return this.#conditions;
  }

  set conditions(conditions: DiskConditions) {
    this.#conditions = conditions;
    this.#volume.capacityBytes = conditions.capacityBytes;
  }

  inject(fault: DiskFault): () => void {
    const injected: InjectedFault = {
      ...fault,
      passesLeft: fault.after ?? 0,
      hitsLeft: fault.times ?? 1,
    };
    this.#faults.push(injected);
    return () => {
      this.#faults = this.#faults.filter((each) => each !== injected);
    };
  }

  clearFaults(): void {
    this.#faults = [];
  }

  peek(path: string, position: number = 0, length: number = Infinity): Buffer | undefined {
    const pages = this.#volume.find(path)?.pages;
    if (pages === undefined) return undefined;
    return pages.slice(position, Math.max(0, Math.min(length, pages.size - position)));
  }

  durableBytes(path: string): number {
    return this.#volume.durableBytes(path);
  }

  files(): string[] {
    return this.#volume.files().map((file) => file.path);
  }

  flipBit(path: string, position: number, bit: number): void {
    const pages = this.#volume.find(path)?.pages;
    const byte = pages?.slice(position, 1);
    if (pages === undefined || byte === undefined || byte.length === 0) {
      throw new RangeError(`${path} has no byte at ${position}`);
    }
    byte[0] = (byte[0] ?? 0) ^ (1 << bit);
    pages.write(byte, position);
  }

  erase(): void {
    this.#volume = this.#emptyVolume();
  }

  get unsyncedBytes(): number {
    let bytes = 0;
    for (const { inode } of this.#volume.files()) bytes += inode.unsyncedBytes;
    return bytes;
  }

  /** The life that used this disk has ended. */
  crash(unsynced: 'lose' | 'keep'): void {
    for (const write of this.#writesUnderWay) this.#finishByChance(write);
    this.#writesUnderWay.clear();
    if (unsynced === 'lose') this.#volume.crash(this.#random);
    else this.#volume.settleHandles();
  }

  #pass<T>(life: Life, call: DiskCall, effect: () => T): Promise<T> {
    if (!life.isAlive) return never();
    const fault = this.#takeFault(call);
    if (fault?.kind === 'crash') {
      // The call may have taken effect just before the end.
      if (call.operation === 'datasync' && this.#random.below(2) === 0) call.inode?.sync();
      this.#options.crashNode(fault.unsynced ?? 'lose');
      return never();
    }
    return this.#later(life, call, fault, () => this.#flipped(call, fault, effect()));
  }

  /** Takes no virtual time, so a fault that delays has no effect. */
  #passNow<T>(life: Life, call: DiskCall, effect: () => T): T {
    if (!life.isAlive) throw failure(call, 'EIO');
    const fault = this.#takeFault(call);
    if (fault?.kind === 'crash') {
      this.#options.crashNode(fault.unsynced ?? 'lose');
      throw failure(call, 'EIO');
    }
    if (fault?.kind === 'fail') throw failure(call, fault.code);
    return this.#flipped(call, fault, effect());
  }

  #flipped<T>(call: DiskCall, fault: DiskEffect | undefined, result: T): T {
    if (fault?.kind !== 'flip') return result;
    const bytes = call.target ?? (Buffer.isBuffer(result) ? result : undefined);
    if (bytes !== undefined) flipAny(bytes, this.#random);
    return result;
  }

  #passWrite(
    life: Life,
    call: DiskCall,
    source: readonly Uint8Array[],
    effect: (source: readonly Uint8Array[]) => void,
  ): Promise<void> {
    if (!life.isAlive) return never();
    const fault = this.#takeFault(call);
    const write: WriteUnderWay = { source, lengthBytes: call.lengthBytes, effect };
    this.#writesUnderWay.add(write);
    if (fault?.kind === 'crash') {
      this.#options.crashNode(fault.unsynced ?? 'lose');
      return never();
    }
    return this.#later(life, call, fault, () => {
      this.#writesUnderWay.delete(write);
      for (const chunk of source) this.#options.scheduler.trace.noteBytes(chunk);
      if (fault?.kind === 'fail') throw failure(call, fault.code);
      effect(this.#damage(source, call.lengthBytes, fault));
      if (fault?.kind === 'tear') throw failure(call, 'EIO');
    });
  }

  /** Takes no virtual time. A power cut leaves as much of it as of any write, and what called it hears of a failure. */
  #passWriteNow(
    life: Life,
    call: DiskCall,
    source: readonly Uint8Array[],
    effect: (source: readonly Uint8Array[]) => void,
  ): void {
    if (!life.isAlive) throw failure(call, 'EIO');
    const fault = this.#takeFault(call);
    if (fault?.kind === 'crash') {
      this.#writesUnderWay.add({ source, lengthBytes: call.lengthBytes, effect });
      this.#options.crashNode(fault.unsynced ?? 'lose');
      throw failure(call, 'EIO');
    }
    for (const chunk of source) this.#options.scheduler.trace.noteBytes(chunk);
    if (fault?.kind === 'fail') throw failure(call, fault.code);
    effect(this.#damage(source, call.lengthBytes, fault));
    if (fault?.kind === 'tear') throw failure(call, 'EIO');
  }

  #later<T>(
    life: Life,
    call: DiskCall,
    fault: DiskEffect | undefined,
    action: () => T,
  ): Promise<T> {
    const { operation, path } = call;
    return new Promise((resolve, reject) => {
      this.#options.scheduler.schedule(
        life,
        this.#durationMs(call) + (fault?.kind === 'delay' ? fault.delayMs : 0),
        operation,
        () => {
          try {
            if (fault?.kind === 'fail' && operation !== 'write') {
              if (operation === 'datasync') call.inode?.failSync();
              throw failure(call, fault.code);
            }
            resolve(action());
          } catch (error) {
            reject(error);
          }
        },
        path,
      );
    });
  }

  #durationMs(call: DiskCall): number {
    const { operationMs, syncMs, bytesPerMs } = this.#conditions;
    const isSync = call.operation === 'datasync' || call.operation === 'syncDirectory';
    return (
      within(this.#random, operationMs) +
      call.lengthBytes / bytesPerMs +
      (isSync ? within(this.#random, syncMs) : 0)
    );
  }

  #damage(
    source: readonly Uint8Array[],
    lengthBytes: number,
    fault: DiskEffect | undefined,
  ): readonly Uint8Array[] {
    if (fault?.kind === 'tear') {
      return firstBytes(source, fault.keepBytes ?? this.#random.below(lengthBytes + 1));
    }
    if (fault?.kind !== 'flip') return source;
    const copy = Buffer.concat(source);
    flipAny(copy, this.#random);
    return [copy];
  }

  #finishByChance(write: WriteUnderWay): void {
    const keepBytes = this.#random.below(write.lengthBytes + 1);
    if (this.#random.below(2) === 0) return;
    try {
      write.effect(firstBytes(write.source, keepBytes));
    } catch (error) {
      // The disk is full or the call was wrong: nobody is left to hear of it.
      if (!(error instanceof DiskError)) throw error;
    }
  }

  #takeFault(call: DiskCall): DiskEffect | undefined {
    const fault = this.#faults.find((each) => matches(each, call) && each.passesLeft-- <= 0);
    if (fault === undefined) return undefined;
    if (--fault.hitsLeft <= 0) this.#faults = this.#faults.filter((each) => each !== fault);
    this.#options.scheduler.trace.note(
      this.#options.scheduler.nowMs,
      call.path,
      `fault: ${fault.effect.kind} ${call.operation}`,
    );
    return fault.effect;
  }
}

function matches(fault: DiskFault, call: DiskCall): boolean {
  const { operation, path } = fault;
  const isOperation =
    operation === undefined ||
    (typeof operation === 'string'
      ? operation === call.operation
      : operation.some((each) => each === call.operation));
  if (!isOperation || path === undefined) return isOperation;
  return typeof path === 'string' ? path === call.path : path.test(call.path);
}

function firstBytes(source: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  const whole = Buffer.concat(source);
  return [whole.subarray(0, count)];
}

function flipAny(bytes: Uint8Array, random: Random): void {
  if (bytes.length === 0) return;
  const position = random.below(bytes.length);
  bytes[position] = (bytes[position] ?? 0) ^ (1 << random.below(8));
}

function failure(call: DiskCall, code: string): DiskError {
  return new DiskError({ code, operation: call.operation, path: call.path, detail: 'injected' });
}
