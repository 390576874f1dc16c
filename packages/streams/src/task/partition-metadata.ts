// What a task keeps in the metadata of its committed offsets: the partition's time, so that it does not go back with a
// restart, and small numbers of its processors. Kafka's own bytes: TopicPartitionMetadata, ProcessorMetadata.

const VERSION = 2;

/** Kafka's text for the metadata of an offset commit. */
export function encodePartitionMetadata(
  partitionTimeMs: number,
  processorMetadata: ReadonlyMap<string, number>,
): string {
  const entries = [...processorMetadata].map(([key, value]) => [Buffer.from(key), value] as const);
  const size = entries.reduce((sum, [key]) => sum + 12 + key.length, entries.length === 0 ? 9 : 13);
  const bytes = Buffer.alloc(size);
  bytes.writeUInt8(VERSION, 0);
  writeInt64(bytes, partitionTimeMs, 1);
  let at = 9;
  if (entries.length > 0) at = bytes.writeInt32BE(entries.length, at);
  for (const [key, value] of entries) {
    at = bytes.writeInt32BE(key.length, at);
    at += key.copy(bytes, at);
    at = writeInt64(bytes, value, at);
  }
  return bytes.toString('base64');
}

/** The reverse; what cannot be understood gives a time of −1 and no numbers, as in Kafka. */
export function decodePartitionMetadata(text: string): {
  readonly partitionTimeMs: number;
  readonly processorMetadata: ReadonlyMap<string, number>;
} {
  const bytes = Buffer.from(text, 'base64');
  const processorMetadata = new Map<string, number>();
  if (bytes.length < 9 || bytes[0]! < 1 || bytes[0]! > VERSION)
    return { partitionTimeMs: -1, processorMetadata };
  const partitionTimeMs = Number(bytes.readBigInt64BE(1));
  if (bytes[0] === VERSION && bytes.length >= 13) readEntries(bytes, processorMetadata);
  return { partitionTimeMs, processorMetadata };
}

function readEntries(bytes: Buffer, into: Map<string, number>): void {
  let at = 13;
  for (let left = bytes.readInt32BE(9); left > 0 && at + 12 <= bytes.length; left -= 1) {
    const end = at + 4 + bytes.readInt32BE(at);
    if (end < at + 4 || end + 8 > bytes.length) return;
    into.set(bytes.toString('utf8', at + 4, end), Number(bytes.readBigInt64BE(end)));
    at = end + 8;
  }
}

function writeInt64(bytes: Buffer, value: number, at: number): number {
  return bytes.writeBigInt64BE(BigInt(value), at);
}
