// The `.snapshot` files: all producers of a log up to an offset, so that loading need not read the whole log. Kafka keeps
// only the last batch of each producer in them. Kafka: ProducerStateManager.writeSnapshot.
import { Reader, Writer } from '@ottla/protocol';
import { producerSnapshot } from '@ottla/protocol/messages/producer-snapshot';
import { crc32c } from '@ottla/protocol/records';
import { LogError } from './errors.ts';
import type { ProducerEntry } from './producer-state.ts';

const VERSION = 1;
/** Version (int16) and CRC (uint32) come first; the CRC is over everything behind. */
const CRC_POSITION = 2;
const ENTRIES_POSITION = 6;
const NO_SEQUENCE = -1;

/** The bytes of a snapshot file. */
export function encodeProducerSnapshot(entries: Iterable<ProducerEntry>): Buffer {
  const value = producerSnapshot.create({
    producerEntries: Array.from(entries, (entry) => {
      const last = entry.batches.at(-1);
      return {
        producerId: entry.producerId,
        epoch: entry.epoch,
        lastSequence: last?.lastSequence ?? NO_SEQUENCE,
        lastOffset: last?.lastOffset ?? -1,
        offsetDelta: last?.offsetDelta ?? 0,
        timestamp: entry.lastTimestamp,
        coordinatorEpoch: entry.coordinatorEpoch,
        currentTxnFirstOffset: entry.transactionFirstOffset,
      };
    }),
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
  return value.producerEntries.map((entry) => ({
    producerId: entry.producerId,
    epoch: entry.epoch,
    batches: entry.lastSequence === NO_SEQUENCE ? [] : [batchOf(entry)],
    unbrokenRecords: entry.lastSequence === NO_SEQUENCE ? 0 : entry.offsetDelta + 1,
    lastTimestamp: entry.timestamp,
    coordinatorEpoch: entry.coordinatorEpoch,
    transactionFirstOffset: entry.currentTxnFirstOffset,
  }));
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
