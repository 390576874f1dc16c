// `ottla produce`: streams its input to the cluster with bounded memory.
import type { ClientOptions, Producer, ProducerRecord } from '@ottla/client';
import { errorNameOf, usageError } from '../cli-error.ts';
import { clientOptions } from '../cluster.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';

import { DeliveryWatch } from './delivery-watch.ts';
import { InFlightWindow } from './in-flight-window.ts';
import { checkLineOptions, type LineOptions, messagesIn } from './messages-in.ts';
import type { MessageToProduce } from './record-json.ts';
import { TopicCheck } from './topic-check.ts';

/** Options of the command. */
export interface ProduceOptions extends ClusterOptions, LineOptions {
  readonly json?: boolean;
  readonly file?: string;
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly acks: '0' | '1' | 'all';
  readonly autoCreate?: boolean;
  readonly quiet?: boolean;
}

/** Kafka's numbers for `acks` in the client's words. */
const ACKS = { '0': 'none', '1': 'leader', all: 'all' } as const;

/** Input that streams fills larger batches than the client's default. */
const BATCH_BYTES = 131_072;

/** A message that is not acknowledged for so long ends the command. */
const DELIVERY_TIMEOUT_MS = 120_000;

/** Sends every message of the input and waits for the acknowledgements. */
export async function produce(
  io: CliIo,
  topic: string | undefined,
  options: ProduceOptions,
): Promise<void> {
  checkLineOptions(options);
  if (topic === undefined && options.json !== true)
    throw usageError('which topic?', 'Write `ottla produce <topic>`.');
  if (options.file === undefined && io.stdinIsTty && options.quiet !== true)
    await io.stderr.write('One message a line; Ctrl-D ends.\n');
  const settings = await clientOptions(io, options);
  const { clock } = await io.platform();
  const startMs = clock.monotonicMs();
  const sent = await sendAll(io, settings, topic, options);
  if (options.quiet !== true)
    await io.stderr.write(summary(sent, Math.max(clock.monotonicMs() - startMs, 1) / 1000));
}

async function* inputOf(io: CliIo, { file }: ProduceOptions): AsyncGenerator<Uint8Array> {
  if (file === undefined) {
    yield* io.stdin;
    return;
  }
  try {
    yield* io.readFile(file);
  } catch (error) {
    throw usageError(`cannot read --file ${file} (${errorNameOf(error) ?? String(error)})`);
  }
}

/** How much went out. */
interface Sent {
  messages: number;
  bytes: number;
}

async function sendAll(
  io: CliIo,
  settings: ClientOptions,
  topic: string | undefined,
  options: ProduceOptions,
): Promise<Sent> {
  const { Admin, Producer } = await import('@ottla/client');
  await using admin = new Admin(settings);
  await using producer = new Producer({
    ...settings,
    acks: ACKS[options.acks],
    compression: options.compression,
    batchSizeBytes: BATCH_BYTES,
    allowAutoTopicCreation: options.autoCreate ?? false,
    deliveryTimeoutMs: DELIVERY_TIMEOUT_MS,
  });
  const watch = new DeliveryWatch(await io.platform(), producer, DELIVERY_TIMEOUT_MS, (text) => {
    if (options.quiet !== true) void io.stderr.write(text);
  });
  try {
    const check = new TopicCheck(admin, options.autoCreate ?? false, watch);
    if (topic !== undefined) await check.exists(topic, options.partition);
    const messages = messagesIn(inputOf(io, options), options);
    const sent = await pump(producer, check, messages, topic);
    watch.done();
    return sent;
  } finally {
    watch.close();
  }
}

/** Chunk by chunk: each goes to the producer as a whole, and the next is read while it is under way. */
async function pump(
  producer: Producer,
  check: TopicCheck,
  chunks: AsyncIterable<readonly MessageToProduce[]>,
  topic: string | undefined,
): Promise<Sent> {
  const window = new InFlightWindow();
  const sent: Sent = { messages: 0, bytes: 0 };
  for await (const messages of chunks) {
    let sizeBytes = 0;
    const records: ProducerRecord[] = [];
    for (const message of messages) {
      const destination = destinationOf(message, topic, sent.messages + records.length + 1);
      if (!check.knows(destination, message.partition))
        await check.exists(destination, message.partition);
      records.push(recordOf(destination, message));
      sizeBytes += (message.key?.length ?? 0) + (message.value?.length ?? 0);
    }
    if (window.isFull) await window.room();
    window.add(producer.sendBatch(records), records.length, sizeBytes);
    sent.messages += records.length;
    sent.bytes += sizeBytes;
  }
  await window.drained();
  return sent;
}

function destinationOf(
  message: MessageToProduce,
  topic: string | undefined,
  messageNumber: number,
): string {
  const destination = topic ?? message.topic;
  if (destination !== undefined) return destination;
  throw usageError(
    `message ${messageNumber} has no "topic"`,
    'Write `ottla produce <topic> --json` to send all messages there.',
  );
}

function recordOf(topic: string, message: MessageToProduce): ProducerRecord {
  const { partition, timestamp, key, value, headers } = message;
  return {
    topic,
    key,
    value,
    headers,
    ...(partition === undefined ? {} : { partition }),
    ...(timestamp === undefined ? {} : { timestamp }),
  };
}

function summary({ messages, bytes }: Sent, seconds: number): string {
  const rate = Math.round(messages / seconds).toLocaleString('en');
  return `${messages.toLocaleString('en')} messages, ${bytes.toLocaleString('en')} bytes in ${seconds.toFixed(2)} s (${rate} messages/s)\n`;
}
