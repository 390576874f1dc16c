// The settings of one log, in Kafka's names and units. Changed while it runs by `PartitionLog.configure`.

/** Effective settings of a topic's logs. */
export interface LogConfig {
  /** `segment.bytes`. */
  readonly segmentBytes: number;
  /** `segment.ms`: roll after this long (by record time), milliseconds. */
  readonly segmentMs: number;
  /** `segment.jitter.ms`: subtracted at random from `segmentMs`. */
  readonly segmentJitterMs: number;
  /** `segment.index.bytes`: roll when an index is full. */
  readonly segmentIndexBytes: number;
  /** `index.interval.bytes`: log bytes between two index entries. */
  readonly indexIntervalBytes: number;
  /** `retention.ms`; −1 for ever. */
  readonly retentionMs: number;
  /** `retention.bytes`; −1 without bound. */
  readonly retentionBytes: number;
  /** `file.delete.delay.ms`: from `.deleted` to gone. */
  readonly fileDeleteDelayMs: number;
  /** `flush.messages`: sync before the acknowledgement after so many records. */
  readonly flushMessages: number;
  /** `flush.ms`: sync at least so often; Infinity leaves it to the system. */
  readonly flushMs: number;
  /** `max.message.bytes`: of one batch. */
  readonly maxMessageBytes: number;
  /** `cleanup.policy`. */
  readonly cleanupPolicy: readonly ('delete' | 'compact')[];
  /** `message.timestamp.type`. */
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  /** `message.timestamp.before.max.ms`; Infinity for no bound. */
  readonly timestampBeforeMaxMs: number;
  /** `message.timestamp.after.max.ms`. */
  readonly timestampAfterMaxMs: number;
  /** `compression.type`; `producer` keeps what the producer chose. */
  readonly compressionType: 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  /** Level for the codec above, or undefined for its default. */
  readonly compressionLevel?: number;
  /** `producer.id.expiration.ms`. */
  readonly producerIdExpirationMs: number;
  /** What one batch may decompress to, bytes (`ottla.decompressed.batch.max.bytes`). */
  readonly decompressedBytesMax: number;
}

const HOUR_MS = 3_600_000;

/** Kafka 4.3's defaults. */
export const LOG_CONFIG_DEFAULT: LogConfig = {
  segmentBytes: 1024 * 1024 * 1024,
  segmentMs: 168 * HOUR_MS,
  segmentJitterMs: 0,
  segmentIndexBytes: 10 * 1024 * 1024,
  indexIntervalBytes: 4096,
  retentionMs: 168 * HOUR_MS,
  retentionBytes: -1,
  fileDeleteDelayMs: 60_000,
  flushMessages: Infinity,
  flushMs: Infinity,
  maxMessageBytes: 1024 * 1024 + 12,
  cleanupPolicy: ['delete'],
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: Infinity,
  timestampAfterMaxMs: HOUR_MS,
  compressionType: 'producer',
  producerIdExpirationMs: 24 * HOUR_MS,
  decompressedBytesMax: 128 * 1024 * 1024,
};
