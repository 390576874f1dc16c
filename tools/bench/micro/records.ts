// Speed of the record layer: checksum, header, walk, building, decoding and the codecs. A program to run, by
// `node --conditions=@ottla/source tools/bench/micro/records.ts [seconds per line]`; it asserts nothing.

import { performance } from 'node:perf_hooks';

import {
  BATCH_OVERHEAD_BYTES,
  compress,
  Compression,
  crc32c,
  createBatchHeader,
  createRecordWalk,
  decodeRecords,
  decompress,
  hasNativeCrc32c,
  murmur2,
  readBatchHeader,
  RecordBatchBuilder,
  verifyCrc,
  walkRecords,
} from '@ottla/protocol/records';

const WARM_UP_TURNS = 50;
const valueOf16 = Buffer.from('customer-1234567');
const secondsPerLine = Number(process.argv[2] ?? 0.5);

/** Runs an action for a while and prints what one turn costs, by byte and by record. */
function measure(
  name: string,
  byteCount: number,
  recordCount: number,
  action: () => unknown,
): void {
  for (let turn = 0; turn < WARM_UP_TURNS; turn += 1) action();
  const start = performance.now();
  let turns = 0;
  let elapsedMs = 0;
  while (elapsedMs < secondsPerLine * 1000) {
    for (let turn = 0; turn < 20; turn += 1) action();
    turns += 20;
    elapsedMs = performance.now() - start;
  }
  const nsPerTurn = (elapsedMs * 1e6) / turns;
  const megabytesPerSecond = (byteCount * 1e3) / nsPerTurn;
  const byRecord = recordCount === 0 ? '' : `${(nsPerTurn / recordCount).toFixed(1)} ns/record`;
  console.log(
    name.padEnd(34),
    `${megabytesPerSecond.toFixed(0)} MB/s`.padStart(12),
    `${(nsPerTurn / 1000).toFixed(2)} µs`.padStart(12),
    byRecord.padStart(16),
  );
}

/** Something like JSON events: repetitive, as real values are. */
function valueOf(index: number, byteCount: number): Buffer {
  const text = `{"id":${index},"user":"user-${(index * 7919) % 1000}","at":${1700000000000 + index * 13}}`;
  return Buffer.from(text.repeat(Math.ceil(byteCount / text.length)).slice(0, byteCount));
}

function batchOf(
  batchBytes: number,
  valueBytes: number,
  compression: Compression,
): RecordBatchBuilder {
  const builder = new RecordBatchBuilder({
    compression,
    maxBytes: batchBytes,
    compressionRatio: 1,
  });
  for (let index = 0; ; index += 1) {
    const value = valueOf(index, valueBytes);
    if (!builder.hasRoomFor(null, value)) return builder;
    builder.append(1700000000000 + index, null, value);
  }
}

function benchBatches(batchBytes: number, valueBytes: number): void {
  const builder = batchOf(batchBytes, valueBytes, Compression.none);
  const bytes = Buffer.from(builder.build());
  const count = builder.recordCount;
  const header = readBatchHeader(bytes, 0);
  const result = createRecordWalk();
  const reused = createBatchHeader();
  const title = (what: string): string => `${what}, ${count} x ${valueBytes} B`;
  measure(title('header'), 0, 0, () => readBatchHeader(bytes, 0, reused));
  measure(title('verify crc'), bytes.length, count, () => verifyCrc(bytes, header));
  measure(title('walk'), bytes.length, count, () => walkRecords(bytes, header, {}, result));
  measure(title('decode to objects'), bytes.length, count, () => {
    for (const record of decodeRecords(bytes, { verifyCrc: false })) void record;
  });
  const value = valueOf(1, valueBytes);
  measure(title('build'), bytes.length, count, () => {
    const built = new RecordBatchBuilder({ initialBytes: batchBytes });
    for (let index = 0; index < count; index += 1) built.append(1700000000000, null, value);
    return built.build();
  });
}

function benchCodecs(valueBytes: number): void {
  for (const [name, codec] of Object.entries(Compression)) {
    const builder = batchOf(100_000, valueBytes, codec);
    const records = Buffer.from(batchOf(100_000, valueBytes, Compression.none).build());
    const content = records.subarray(BATCH_OVERHEAD_BYTES);
    const packed = compress(codec, content);
    const built = builder.build();
    const header = readBatchHeader(built, 0);
    const ratio = (content.length / packed.length).toFixed(1);
    measure(`${name} compress (${ratio}:1)`, content.length, 0, () => compress(codec, content));
    measure(`${name} decompress`, content.length, 0, () => decompress(codec, packed, 1e6));
    measure(`${name} walk`, content.length, builder.recordCount, () => walkRecords(built, header));
  }
}

console.log(`Node ${process.version}, native crc32c: ${hasNativeCrc32c ? 'yes' : 'no'}\n`);
for (const byteCount of [64, 256, 1024, 16_384, 1_048_576]) {
  const content = valueOf(1, byteCount);
  measure(`crc32c, ${byteCount} B`, byteCount, 0, () => crc32c(content));
}
measure('murmur2, 16 B', 16, 0, () => murmur2(valueOf16));
for (const [batchBytes, valueBytes] of [
  [16_384, 100],
  [16_384, 1000],
  [1_048_576, 100],
  [1_048_576, 1000],
] as const)
  benchBatches(batchBytes, valueBytes);
benchCodecs(100);
