// How a producer is to be, and the defaults, written once.
import { Compression } from '@ottla/protocol/records';
import { UsageError } from '../errors.ts';
import type { ClientOptions } from '../options.ts';
import type { BatchFormat } from './producer-batch.ts';
import type { SenderOptions } from './sender.ts';

/** Codecs by the names that Kafka uses for `compression.type`. */
export type CompressionType = keyof typeof Compression;

export interface ProducerOptions extends ClientOptions {
  /** Whose copy counts: `all` in-sync replicas, the `leader`'s, or `none` (then offsets are −1). Default `all`. */
  readonly acks?: 'all' | 'leader' | 'none';
  /** No duplicates and no swaps by retries; needs `acks: 'all'`. Default true with `all`. */
  readonly idempotent?: boolean;
  /** Default `none`. */
  readonly compression?: CompressionType;
  /** The codec's own scale; default the codec's. */
  readonly compressionLevel?: number;
  /**
   * How long a batch may wait for company, milliseconds. Default 0: it goes as soon as the broker can take it, and what
   * comes while requests are under way goes together.
   */
  readonly lingerMs?: number;
  /** A batch with so many bytes is full. Default 131,072. */
  readonly batchSizeBytes?: number;
  /** Records that wait or are under way; a `send` beyond waits. Default 32 MB. */
  readonly bufferMemoryBytes?: number;
  /** How long a record may wait for its topic and for memory, milliseconds. Default 60,000. */
  readonly maxBlockMs?: number;
  /** From being taken to success or failure, milliseconds. Default 120,000. */
  readonly deliveryTimeoutMs?: number;
  /** Of one request, and so of one record. Default 1 MB. */
  readonly maxRequestBytes?: number;
  /** Requests under way to one broker, 1 to 5 with `idempotent`. Default 5. */
  readonly maxInFlightRequests?: number;
  /** Whether an unknown topic may be created by the broker's rules. Default true. */
  readonly allowAutoTopicCreation?: boolean;
}

/** Options with every default filled in. */
export interface ResolvedProducerOptions {
  readonly format: BatchFormat;
  readonly sender: Omit<SenderOptions, 'timeoutMs'>;
  readonly bufferMemoryBytes: number;
  readonly maxBlockMs: number;
  readonly deliveryTimeoutMs: number;
  readonly allowAutoTopicCreation: boolean;
}

const IN_FLIGHT_MAX = 5;

/** Options that are amounts: 0 or more. */
const AMOUNTS = [
  'lingerMs',
  'batchSizeBytes',
  'bufferMemoryBytes',
  'maxBlockMs',
  'deliveryTimeoutMs',
  'maxRequestBytes',
] as const;

/** @throws UsageError for options that contradict each other */
export function resolveProducerOptions(options: ProducerOptions): ResolvedProducerOptions {
  const acks = options.acks ?? 'all';
  const idempotent = options.idempotent ?? acks === 'all';
  const compression = options.compression ?? 'none';
  const inFlightRequestsMax = options.maxInFlightRequests ?? IN_FLIGHT_MAX;
  for (const name of AMOUNTS)
    if (!((options[name] ?? 0) >= 0))
      throw new UsageError(`${name} is ${String(options[name])}: it must be a number, 0 or more`);
  if (idempotent && acks !== 'all')
    throw new UsageError(
      `an idempotent producer needs acks 'all', not '${acks}': set idempotent: false, or leave acks out`,
    );
  if (!(compression in Compression))
    throw new UsageError(
      `compression '${compression}' is none of ${Object.keys(Compression).join(', ')}`,
    );
  if (!Number.isInteger(inFlightRequestsMax) || inFlightRequestsMax < 1)
    throw new UsageError(`maxInFlightRequests is ${inFlightRequestsMax}: it must be at least 1`);
  if (idempotent && inFlightRequestsMax > IN_FLIGHT_MAX)
    throw new UsageError(
      `maxInFlightRequests is ${inFlightRequestsMax}: brokers recognise the last ${IN_FLIGHT_MAX} batches of an idempotent producer`,
    );
  return {
    format: {
      compression: Compression[compression],
      level: options.compressionLevel,
      batchSizeBytes: options.batchSizeBytes ?? 131_072,
    },
    sender: {
      acks: acks === 'all' ? -1 : acks === 'leader' ? 1 : 0,
      idempotent,
      maxRequestBytes: options.maxRequestBytes ?? 1024 * 1024,
      inFlightRequestsMax,
      lingerMs: options.lingerMs ?? 0,
    },
    bufferMemoryBytes: options.bufferMemoryBytes ?? 32 * 1024 * 1024,
    maxBlockMs: options.maxBlockMs ?? 60_000,
    deliveryTimeoutMs: options.deliveryTimeoutMs ?? 120_000,
    allowAutoTopicCreation: options.allowAutoTopicCreation ?? true,
  };
}
