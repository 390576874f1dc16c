// Random histories of one log, each with a crash every few steps: a power cut or a kill, between two calls of the disk or in the
// middle of anything, also while the next start recovers. Whatever is left, the log that is opened is one that the history allows,
// and all that is kept beside the records (epochs, indexes, aborted transactions, producers) says the same as they do.
import { silentLogger } from '@ottla/platform';
import { createSimulation, type Simulation, type SimulatedNode } from '@ottla/platform/simulated';
import {
  buildControlBatch,
  ControlRecordType,
  decodeBatches,
  encodeEndTxnMarker,
  RecordBatchBuilder,
} from '@ottla/protocol/records';
import { expect, it } from 'vitest';
import { type AppendResult, LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';

const SEEDS = 12;
const STEPS = 60;
const PLAIN = -1;
/** These number their batches; the others write in transactions. */
const NUMBERED = [10, 11];
const CALLS = [
  'rename',
  'remove',
  'syncDirectory',
  'datasync',
  'truncate',
  'open',
  'write',
] as const;

/** A batch of one record; its place in the history is its offset, and tells its timestamp. */
interface Step {
  readonly id: number;
  readonly epoch: number;
  readonly producerId: number;
  readonly sequence: number;
  readonly kind: 'write' | 'commit' | 'abort';
}

interface Aborted {
  readonly producerId: number;
  readonly lastOffset: number;
}

class Life {
  readonly seed: number;
  readonly #simulation: Simulation;
  readonly #node: SimulatedNode;
  readonly #config;
  readonly #told: string[] = [];
  #directory!: LogDirectory;
  #log!: PartitionLog;
  /** By offset; undefined where the log began anew behind. */
  #history: (Step | undefined)[] = [];
  #epoch = 0;
  #ids = 0;
  /** Highest offset that the log was told to start at: a crash may take that back. */
  #started = 0;

  constructor(seed: number) {
    this.seed = seed;
    this.#simulation = createSimulation({ seed });
    this.#node = this.#simulation.node('broker');
    this.#config = {
      ...LOG_CONFIG_DEFAULT,
      flushMessages: this.#chance(2) ? 1 : Infinity,
      segmentBytes: 300 + this.#below(3_000),
      indexIntervalBytes: 100,
      retentionMs: -1,
      fileDeleteDelayMs: 2_000,
    };
  }

  async live(): Promise<void> {
    await this.#open();
    for (let step = 0; step < STEPS; step += 1) {
      const draw = this.#below(100);
      if (draw < 62) await this.#append(1 + this.#below(4));
      else if (draw < 68) await this.#cut();
      else if (draw < 71) await this.#beginAnew();
      else if (draw < 75) await this.#startAt();
      else if (draw < 77) await this.#comeBack();
      else if (draw < 85) await this.#simulation.run(this.#below(3_000));
      else if (draw < 89) await this.#stopInOrder();
      else await this.#crash();
    }
  }

  // ---- what happens ----

  async #append(count: number): Promise<void> {
    this.#tell(`append ${count} in epoch ${this.#epoch}`);
    for (let n = 0; n < count; n += 1) {
      const offset = this.#history.length;
      const { baseOffset } = await this.#settle(this.#appendOne());
      expect(baseOffset, this.#where()).toBe(offset);
    }
    if (!this.#chance(3)) this.#log.advanceHighWatermark(this.#log.logEndOffset);
  }

  #appendOne(): Promise<AppendResult> {
    const { step, bytes } = this.#next();
    this.#history.push(step);
    const origin = NUMBERED.includes(step.producerId) ? 'client' : 'coordinator';
    return this.#log.appendAsLeader(Buffer.from(bytes), { leaderEpoch: this.#epoch, origin });
  }

  #next(): { step: Step; bytes: Buffer } {
    const timestamp = timestampAt(this.#history.length);
    const draw = this.#below(10);
    const producerId = draw < 4 ? PLAIN : draw < 6 ? 10 + this.#below(2) : 1 + this.#below(3);
    if (draw >= 8) {
      const kind = draw === 8 ? 'commit' : 'abort';
      const type = kind === 'commit' ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
      const value = encodeEndTxnMarker(0);
      const bytes = buildControlBatch({ type, value, timestamp, producerId, producerEpoch: 0 });
      return { step: { id: 0, epoch: this.#epoch, producerId, sequence: -1, kind }, bytes };
    }
    const isNumbered = NUMBERED.includes(producerId);
    const sequence = isNumbered ? this.#nextSequence(producerId) : -1;
    const builder = new RecordBatchBuilder({
      ...(producerId === PLAIN ? {} : { producerId, producerEpoch: 0 }),
      ...(isNumbered ? { baseSequence: sequence } : {}),
      transactional: producerId > 0 && !isNumbered,
    });
    this.#ids += 1;
    const value = Buffer.alloc(4 + this.#below(200));
    value.writeInt32BE(this.#ids);
    builder.append(timestamp, null, value);
    const step = {
      id: this.#ids,
      epoch: this.#epoch,
      producerId,
      sequence,
      kind: 'write',
    } as const;
    return { step, bytes: builder.build() };
  }

  #nextSequence(producerId: number): number {
    return (this.#history.findLast((step) => step?.producerId === producerId)?.sequence ?? -1) + 1;
  }

  async #cut(): Promise<void> {
    const to = Math.max(0, this.#history.length - this.#below(this.#chance(4) ? 40 : 8));
    this.#tell(`cut ${to}`);
    await this.#settle(this.#log.truncateTo(to));
    this.#history.length = to;
    this.#lead();
  }

  async #beginAnew(): Promise<void> {
    const at = this.#history.length + 1 + this.#below(10);
    this.#tell(`begin at ${at}`);
    await this.#settle(this.#log.truncateFullyAndStartAt(at));
    this.#history = Array.from({ length: at });
    this.#lead();
  }

  async #startAt(): Promise<void> {
    const at = this.#below(this.#log.highWatermark + 1);
    this.#tell(`start at ${at}`);
    this.#started = Math.max(this.#started, at);
    await this.#settle(this.#log.advanceLogStart(at));
  }

  /** The topic is deleted and comes back under its name. */
  async #comeBack(): Promise<void> {
    this.#tell('another topic');
    await this.#settle(this.#directory.deleteLog('orders-0'));
    this.#history = [];
    this.#started = 0;
    if (this.#chance(3)) this.#end(this.#chance(2));
    await this.#open();
    await this.#expectSound(0, 0);
    expect([this.#log.logStartOffset, this.#log.highWatermark], this.#where()).toEqual([0, 0]);
    this.#lead();
  }

  /** Stops, and loses its power afterwards. */
  async #stopInOrder(): Promise<void> {
    this.#tell('stop in order');
    await this.#settle(this.#directory.close());
    this.#end(this.#chance(2));
    await this.#open();
    expect(this.#directory.wasClean, this.#where()).toBe(true);
    await this.#expectSound(this.#history.length, this.#history.length);
    this.#lead();
  }

  async #crash(): Promise<void> {
    const end = this.#log.logEndOffset;
    const durable = this.#config.flushMessages === 1 ? end : this.#log.recoveryPoint;
    const { lowest, anew } = this.#doSomething();
    if (this.#chance(2)) this.#crashAtCall(5);
    await this.#simulation.run(this.#chance(2) ? 200 : this.#below(100) / 10);
    let wasCut = this.#end(!this.#chance(3));
    while (this.#chance(3)) {
      this.#tell('while it recovers');
      void this.#openDirectory().then((directory) => this.#openLog(directory), ignore);
      if (this.#chance(2)) this.#crashAtCall(8);
      await this.#simulation.run(this.#below(80) / 10);
      wasCut = this.#end(!this.#chance(3)) || wasCut;
    }
    await this.#open();
    const { logStartOffset, logEndOffset } = this.#log;
    this.#tell(`opened ${logStartOffset} to ${logEndOffset}`);
    const isAnew = logStartOffset === logEndOffset && anew.includes(logEndOffset);
    if (isAnew) this.#history = Array.from({ length: logEndOffset });
    await this.#expectSound(
      isAnew ? 0 : Math.min(lowest, wasCut ? durable : end),
      this.#history.length,
    );
    this.#history.length = logEndOffset;
    this.#lead();
  }

  /** What the crash comes into; says where the log may end then, and where it may begin anew. */
  #doSomething(): { lowest: number; anew: readonly number[] } {
    const end = this.#log.logEndOffset;
    const draw = this.#below(6);
    if (draw === 0) {
      this.#tell('crash in appends');
      for (let n = 0; n < 3; n += 1) this.#appendOne().catch(ignore);
    } else if (draw === 1) {
      const to = Math.max(0, end - this.#below(30));
      this.#tell(`crash in cut ${to}`);
      this.#log.truncateTo(to).catch(ignore);
      return { lowest: to, anew: [0] };
    } else if (draw === 2) {
      const at = end + 1 + this.#below(10);
      this.#tell(`crash in begin at ${at}`);
      this.#log.truncateFullyAndStartAt(at).catch(ignore);
      return { lowest: 0, anew: [0, at] };
    } else if (draw === 3) {
      const at = this.#below(this.#log.highWatermark + 1);
      this.#tell(`crash in start at ${at}`);
      this.#started = Math.max(this.#started, at);
      this.#log.advanceLogStart(at).catch(ignore);
    } else if (draw === 4) {
      this.#tell('crash in stop');
      this.#directory.close().catch(ignore);
    }
    return { lowest: end, anew: [] };
  }

  #crashAtCall(afterMax: number): void {
    const operation = CALLS[this.#below(CALLS.length)]!;
    const after = this.#below(afterMax);
    this.#tell(`at ${operation} ${after}`);
    this.#node.disk.inject({ operation, after, effect: { kind: 'crash' } });
  }

  /** The process ends. @returns whether the power was cut, now or by a call of the disk */
  #end(isPowerCut: boolean): boolean {
    const wasCut = isPowerCut || !this.#node.isUp;
    this.#tell(wasCut ? 'power cut' : 'kill');
    this.#node.disk.clearFaults();
    this.#node.crash({ unsynced: isPowerCut ? 'lose' : 'keep' });
    this.#node.restart();
    return wasCut;
  }

  #openDirectory(): Promise<LogDirectory> {
    const { platform } = this.#node;
    return LogDirectory.open({
      platform,
      logger: silentLogger,
      path: '/data',
      checkpointMs: 1_000,
    });
  }

  #openLog(directory: LogDirectory): Promise<PartitionLog> {
    return directory.openLog({ topic: 'orders', partition: 0, config: this.#config });
  }

  async #open(): Promise<void> {
    if (
      this.#directory === undefined ||
      this.#directory.context.disk !== this.#node.platform.disk
    ) {
      this.#directory = await this.#settle(this.#openDirectory());
      const meta = { clusterId: 'c', nodeId: 1, directoryId: 'd' };
      if (this.#directory.meta === undefined) await this.#settle(this.#directory.format(meta));
    }
    this.#log = await this.#settle(this.#openLog(this.#directory));
    await this.#settle(this.#directory.start());
  }

  /** After each cut and each start another epoch begins, as with other leaders. */
  #lead(): void {
    this.#epoch += 1;
    if (this.#chance(2)) this.#log.assignLeaderEpoch(this.#epoch);
  }

  // ---- what must be ----

  async #expectSound(lowest: number, highest: number): Promise<void> {
    const end = this.#log.logEndOffset;
    expect(end, this.#where()).toBeGreaterThanOrEqual(lowest);
    expect(end, this.#where()).toBeLessThanOrEqual(highest);
    this.#started = Math.max(this.#log.logStartOffset, Math.min(this.#started, end));
    await this.#expectRecords();
    this.#expectEpochs();
    await this.#expectTimes();
    await this.#expectTransactions();
    this.#expectProducers();
  }

  async #expectRecords(): Promise<void> {
    let offset = this.#log.logStartOffset;
    while (offset < this.#log.logEndOffset) {
      for (const batch of decodeBatches(await this.#read(offset), { verifyCrc: true })) {
        const id = batch.isControlBatch ? 0 : [...batch.records()][0]!.value!.readInt32BE(0);
        const step = this.#history[offset];
        const found = [batch.baseOffset, batch.partitionLeaderEpoch, id];
        expect(found, this.#where()).toEqual([offset, step?.epoch, step?.id]);
        offset += 1;
      }
    }
    expect(offset, this.#where()).toBe(this.#log.logEndOffset);
  }

  async #read(offset: number): Promise<Buffer> {
    const endOffset = this.#log.logEndOffset;
    const request = { offset, maxBytes: 1, endOffset, minOneBatch: true };
    const region = await this.#settle(Promise.resolve(this.#log.read(request)));
    expect(region.sizeBytes, `${this.#where()}: reading at ${offset}`).toBeGreaterThan(0);
    const { bytes, release } = await this.#settle(Promise.resolve(region.next(region.sizeBytes)));
    const copy = Buffer.from(bytes);
    release();
    region.release();
    return copy;
  }

  #expectEpochs(): void {
    const { logStartOffset, logEndOffset, epochs } = this.#log;
    for (let offset = logStartOffset; offset < logEndOffset; offset += 1) {
      const { epoch } = this.#history[offset]!;
      expect(epochs.epochAt(offset), `${this.#where()}: epoch at ${offset}`).toBe(epoch);
      const before = offset > logStartOffset ? this.#history[offset - 1]!.epoch : epoch;
      if (before !== epoch)
        expect(this.#log.endOffsetForEpoch(before), this.#where()).toEqual({
          epoch: before,
          endOffset: offset,
        });
    }
  }

  async #expectTimes(): Promise<void> {
    const { logStartOffset, logEndOffset } = this.#log;
    for (let offset = logStartOffset; offset < logEndOffset; offset += 1) {
      if (this.#history[offset]!.kind !== 'write') continue;
      const found = await this.#settle(this.#log.offsetForTimestamp(timestampAt(offset)));
      expect(found?.offset, `${this.#where()}: time of ${offset}`).toBe(offset);
    }
  }

  async #expectTransactions(): Promise<void> {
    const { logStartOffset, logEndOffset, producers } = this.#log;
    const open = new Map<number, number[]>();
    const aborted: (Aborted & { readonly isVisible: boolean })[] = [];
    this.#history.slice(0, logEndOffset).forEach((step, offset) => {
      if (step === undefined || step.producerId <= 0 || step.sequence >= 0) return;
      const { producerId, kind } = step;
      const writes = open.get(producerId) ?? [];
      if (kind === 'write') open.set(producerId, [...writes, offset]);
      else open.delete(producerId);
      const isVisible = writes.some((write) => write >= this.#started);
      if (kind === 'abort' && writes.length > 0)
        aborted.push({ producerId, lastOffset: offset, isVisible });
    });
    const looking = this.#log.abortedTransactions(logStartOffset, logEndOffset);
    const found = (await this.#settle(Promise.resolve(looking))).map(
      ({ producerId, lastOffset }): Aborted => ({ producerId, lastOffset }),
    );
    const all = aborted.map(({ producerId, lastOffset }): Aborted => ({ producerId, lastOffset }));
    expect(all, `${this.#where()}: aborted`).toEqual(expect.arrayContaining(found));
    const visible = all.filter((_, slot) => aborted[slot]!.isVisible);
    expect(found, `${this.#where()}: aborted`).toEqual(expect.arrayContaining(visible));
    const undecided = producers.firstUndecidedOffset ?? Infinity;
    const writes = [...open.values()].flat();
    const first = Math.min(...writes.filter((offset) => offset >= this.#started));
    expect(undecided, `${this.#where()}: undecided`).toBeLessThanOrEqual(first);
    expect(undecided, `${this.#where()}: undecided`).toBeGreaterThanOrEqual(Math.min(...writes));
  }

  #expectProducers(): void {
    for (const producerId of NUMBERED) {
      const what = `${this.#where()}: producer ${producerId}`;
      const lastOffset = this.#history.findLastIndex(
        (step, offset) => step?.producerId === producerId && offset < this.#log.logEndOffset,
      );
      const newest = this.#log.producers.get(producerId)?.batches.at(-1);
      if (newest === undefined) expect(lastOffset, what).toBeLessThan(this.#started);
      else {
        const lastSequence = this.#history[lastOffset]?.sequence;
        expect([newest.lastOffset, newest.lastSequence], what).toEqual([lastOffset, lastSequence]);
      }
    }
  }

  // ---- the world ----

  #below(limit: number): number {
    return this.#simulation.random.below(limit);
  }

  #chance(oneIn: number): boolean {
    return this.#below(oneIn) === 0;
  }

  #settle<T>(promise: Promise<T>): Promise<T> {
    return this.#simulation.settle(promise);
  }

  #tell(what: string): void {
    this.#told.push(what);
  }

  #where(): string {
    return `seed ${this.seed}: ${this.#told.slice(-12).join(', ')}`;
  }
}

function timestampAt(offset: number): number {
  return 1_000 + offset;
}

function ignore(): void {
  // A crash is under way: nobody hears of it.
}

it('given any history and a crash at any moment, when the log is opened, then all that is kept beside the records agrees with them', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) await new Life(seed).live();
});
