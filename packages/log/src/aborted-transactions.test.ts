// Which transactions were aborted is known whatever happens to the log: segments, truncation, a recovery without the index.
// And what a read_committed consumer may see ends before any transaction whose end could still be cut off.
import { memoryDisk, nodePlatform, silentLogger } from '@ottla/platform';
import {
  buildControlBatch,
  ControlRecordType,
  encodeEndTxnMarker,
  RecordBatchBuilder,
} from '@ottla/protocol/records';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';

type Kind = 'write' | 'commit' | 'abort';
/** One batch of one record: its place in the history is its offset. */
interface Step {
  readonly producerId: number;
  readonly kind: Kind;
}

interface Transaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Of the marker; Infinity while it is open. */
  readonly lastOffset: number;
  readonly isAborted: boolean;
}

const history = fc.array(
  fc.record<Step>({
    producerId: fc.integer({ min: 1, max: 3 }),
    kind: fc.constantFrom<Kind>('write', 'write', 'commit', 'abort'),
  }),
  { minLength: 1, maxLength: 40 },
);

/** What the history comes to, up to an offset (exclusive). */
function transactionsOf(steps: readonly Step[], endOffset: number): Transaction[] {
  const ended: Transaction[] = [];
  const open = new Map<number, number>();
  steps.slice(0, endOffset).forEach(({ producerId, kind }, offset) => {
    if (kind === 'write') {
      if (!open.has(producerId)) open.set(producerId, offset);
      return;
    }
    const firstOffset = open.get(producerId);
    open.delete(producerId);
    if (firstOffset !== undefined)
      ended.push({ producerId, firstOffset, lastOffset: offset, isAborted: kind === 'abort' });
  });
  for (const [producerId, firstOffset] of open)
    ended.push({ producerId, firstOffset, lastOffset: Infinity, isAborted: false });
  return ended;
}

function abortedOf(steps: readonly Step[], endOffset: number): object[] {
  return transactionsOf(steps, endOffset)
    .filter(({ isAborted }) => isAborted)
    .map(({ producerId, firstOffset, lastOffset }) => ({ producerId, firstOffset, lastOffset }));
}

async function abortedIn(log: PartitionLog): Promise<object[]> {
  const found = await log.abortedTransactions(0, log.logEndOffset);
  return found.map(({ producerId, firstOffset, lastOffset }) => ({
    producerId,
    firstOffset,
    lastOffset,
  }));
}

async function append(log: PartitionLog, { producerId, kind }: Step): Promise<void> {
  if (kind === 'write') {
    const builder = new RecordBatchBuilder({ producerId, producerEpoch: 0, transactional: true });
    builder.append(1_000, null, Buffer.alloc(40));
    const bytes = Buffer.from(builder.build());
    await log.appendAsLeader(bytes, { leaderEpoch: 0, origin: 'coordinator' });
    return;
  }
  const bytes = buildControlBatch({
    type: kind === 'commit' ? ControlRecordType.COMMIT : ControlRecordType.ABORT,
    value: encodeEndTxnMarker(0),
    timestamp: 1_000,
    producerId,
    producerEpoch: 0,
  });
  await log.appendAsLeader(Buffer.from(bytes), { leaderEpoch: 0, origin: 'coordinator' });
}

class Disk {
  readonly disk = memoryDisk();
  directory!: LogDirectory;

  async open(): Promise<PartitionLog> {
    this.directory = await LogDirectory.open({
      platform: { ...nodePlatform(), disk: this.disk },
      logger: silentLogger,
      path: '/data',
    });
    return this.directory.openLog({
      topic: 'orders',
      partition: 0,
      // A segment holds about six batches.
      config: { ...LOG_CONFIG_DEFAULT, segmentBytes: 700 },
    });
  }

  /** As after a power cut that left the files of the log, and of the rest what it liked. */
  async damage(isIndexGone: boolean): Promise<void> {
    await this.disk.remove('/data/.kafka_cleanshutdown');
    await this.disk.remove('/data/recovery-point-offset-checkpoint');
    for (const name of await this.disk.readdir('/data/orders-0')) {
      if (!name.endsWith('.txnindex')) continue;
      const path = `/data/orders-0/${name}`;
      if (isIndexGone) await this.disk.remove(path);
      else await this.disk.replaceFile(path, Buffer.alloc(77, 3));
    }
  }
}

describe('aborted transactions', () => {
  it('given any history, when recovered without the index or with a damaged one, then they are known again', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.boolean(), async (steps, isIndexGone) => {
        const disk = new Disk();
        const log = await disk.open();
        for (const step of steps) await append(log, step);
        expect(await abortedIn(log)).toEqual(abortedOf(steps, steps.length));
        await disk.directory.close();
        await disk.damage(isIndexGone);
        const again = await disk.open();
        expect(await abortedIn(again)).toEqual(abortedOf(steps, steps.length));
        await disk.directory.close();
      }),
      { numRuns: 60 },
    );
  });

  it('given any history, when cut anywhere, then those that ended behind the cut are not aborted any more', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.nat(40), async (steps, cut) => {
        const disk = new Disk();
        const log = await disk.open();
        for (const step of steps) await append(log, step);
        await log.truncateTo(cut);
        const end = Math.min(cut, steps.length);
        expect(await abortedIn(log)).toEqual(abortedOf(steps, end));
        // What was open at the cut can end another way.
        for (const producerId of [1, 2, 3]) await append(log, { producerId, kind: 'abort' });
        const ended = [1, 2, 3].map((producerId): Step => ({ producerId, kind: 'abort' }));
        const wanted = abortedOf([...steps.slice(0, end), ...ended], end + 3);
        expect(await abortedIn(log)).toEqual(wanted);
        await disk.directory.close();
      }),
      { numRuns: 60 },
    );
  });
});

describe('the last stable offset', () => {
  it('given any history and high watermark, then it does not pass a transaction whose marker is not replicated', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.array(fc.nat(40)), async (steps, watermarks) => {
        const disk = new Disk();
        const log = await disk.open();
        for (const step of steps) await append(log, step);
        for (const wanted of watermarks.toSorted((a, b) => a - b)) {
          log.advanceHighWatermark(wanted);
          const highWatermark = Math.min(steps.length, Math.max(log.highWatermark, wanted));
          const undecided = transactionsOf(steps, steps.length)
            .filter(({ lastOffset }) => lastOffset >= highWatermark)
            .map(({ firstOffset }) => firstOffset);
          expect(log.lastStableOffset).toBe(Math.min(highWatermark, ...undecided));
        }
        await disk.directory.close();
      }),
      { numRuns: 60 },
    );
  });
});
