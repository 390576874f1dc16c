// The `.snapshot` files: all producers of a log up to an offset, so that loading need not read the whole log. Kafka keeps
// only the last batch of each producer in them; here every remembered batch has an entry, the newest last, which is the one
// that counts for Kafka. Otherwise five batches whose answers a restart cut off would be taken again, or refused.
// Kafka: ProducerStateManager.writeSnapshot, loadProducerEntry.
import { Reader, Writer } from '@ottla/protocol';
import { producerSnapshot } from '@ottla/protocol/messages/producer-snapshot';
import { crc32c } from '@ottla/protocol/records';
import { LogError } from './errors.ts';
import { continues, type ProducerBatch, type ProducerEntry } from './producer-state.ts';

const VERSION = 1;
/** Version (int16) and CRC (uint32) come first; the CRC is over everything behind. */
const CRC_POSITION = 2;
const ENTRIES_POSITION = 6;
const NO_SEQUENCE = -1;

type SnapshotRow = ReturnType<typeof producerSnapshot.create>['producerEntries'][number];

/** The bytes of a snapshot file. */
export function encodeProducerSnapshot(entries: Iterable<ProducerEntry>): Buffer {
  const value = producerSnapshot.create({
    producerEntries: Array.from(entries, rowsOf).flat(),
  });
  const size = producerSnapshot.size(value, VERSION);
  const writer = new Writer(size);
  producerSnapshot.encode(writer, value, VERSION);
  const body = Buffer.concat(writer.finish() as Buffer[]);
  const bytes = Buffer.allocUnsafe(CRC_POSITION + size);
  bytes.writeInt16BE(VERSION, 0);
  body.copy(bytes, CRC_POSITION);
  bytes.writeUInt32BE(crc32c(bytes.subarray(ENTRIES_POSITION)), CRC_POSITION);
  return bytes;
}

/**
 * The producers of a snapshot file.
 * @throws LogError `CORRUPT_MESSAGE` when version, CRC or structure are wrong: use an older snapshot
 */
export function decodeProducerSnapshot(bytes: Buffer): ProducerEntry[] {
  if (bytes.length < ENTRIES_POSITION || bytes.readInt16BE(0) !== VERSION)
    throw new LogError('CORRUPT_MESSAGE', `a producer snapshot of version ${VERSION} was expected`);
  if (crc32c(bytes.subarray(ENTRIES_POSITION)) !== bytes.readUInt32BE(CRC_POSITION))
    throw new LogError('CORRUPT_MESSAGE', 'the producer snapshot has a wrong CRC');
  const value = producerSnapshot.decode(new Reader(bytes.subarray(CRC_POSITION)), VERSION);
  const entries = new Map<number, ProducerEntry>();
  for (const row of value.producerEntries)
    entries.set(row.producerId, withRow(entries.get(row.producerId), row));
  return [...entries.values()];
}

/** One row for each remembered batch, or one without. */
function rowsOf(entry: ProducerEntry): SnapshotRow[] {
  const row = (batch: ProducerBatch | undefined, timestamp: number): SnapshotRow => ({
    producerId: entry.producerId,
    epoch: entry.epoch,
    lastSequence: batch?.lastSequence ?? NO_SEQUENCE,
    lastOffset: batch?.lastOffset ?? -1,
    offsetDelta: batch?.offsetDelta ?? 0,
    timestamp,
    coordinatorEpoch: entry.coordinatorEpoch,
    currentTxnFirstOffset: entry.transactionFirstOffset,
  });
  const older = entry.batches.slice(0, -1);
  return [
    ...older.map((batch) => row(batch, batch.timestamp)),
    row(entry.batches.at(-1), entry.lastTimestamp),
  ];
}

/** @param before what earlier rows of the producer said */
function withRow(before: ProducerEntry | undefined, row: SnapshotRow): ProducerEntry {
  const isSameEpoch = before?.epoch === row.epoch;
  const batches = isSameEpoch ? [...before.batches] : [];
  let unbrokenRecords = isSameEpoch ? before.unbrokenRecords : 0;
  if (row.lastSequence !== NO_SEQUENCE) {
    const batch = batchOf(row);
    const isUnbroken = continues(batches.at(-1), batch.firstSequence);
    unbrokenRecords = (isUnbroken ? unbrokenRecords : 0) + row.offsetDelta + 1;
    batches.push(batch);
  }
  return {
    producerId: row.producerId,
    epoch: row.epoch,
    batches,
    unbrokenRecords,
    lastTimestamp: row.timestamp,
    coordinatorEpoch: row.coordinatorEpoch,
    transactionFirstOffset: row.currentTxnFirstOffset,
  };
}

function batchOf(entry: {
  lastSequence: number;
  lastOffset: number;
  offsetDelta: number;
  timestamp: number;
}): ProducerEntry['batches'][number] {
  const first = entry.lastSequence - entry.offsetDelta;
  return {
    // Sequences wrap after 2^31−1.
    firstSequence: first < 0 ? first + 0x8000_0000 : first,
    lastSequence: entry.lastSequence,
    lastOffset: entry.lastOffset,
    offsetDelta: entry.offsetDelta,
    timestamp: entry.timestamp,
  };
}
