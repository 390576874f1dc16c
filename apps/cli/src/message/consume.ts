// `ottla consume`: reads until a rule, an idle time or Ctrl-C ends it.
import { Buffer } from 'node:buffer';
import type { ConsumedBatch, Consumer, ConsumerRecord } from '@ottla/client';
import type { Platform } from '@ottla/platform';
import { usageError } from '../cli-error.ts';
import { clientOptions, withAdmin } from '../cluster.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { partitionsOf } from '../topic/partition-offsets.ts';
import { planRanges, type PartitionRange } from './consume-plan.ts';
import { ConsumeWatch } from './consume-watch.ts';
import { compileFormat } from './message-format.ts';
import { type ConsumedMessage, formatMessageJson } from './record-json.ts';
import { parseStartPosition, type StartPosition } from './start-position.ts';
import { StopRule } from './stop-rule.ts';

/** Options of the command. */
export interface ConsumeOptions extends ClusterOptions {
  readonly fromBeginning?: boolean;
  readonly offset?: string;
  readonly partition?: readonly number[];
  readonly group?: string;
  readonly maxMessages?: number;
  /** Milliseconds without a message. */
  readonly timeout?: number;
  readonly untilEnd?: boolean;
  readonly format?: string;
}

/** Prints messages; returns when a rule is met or the user stops it. */
export async function consume(
  io: CliIo,
  topics: readonly string[],
  options: ConsumeOptions,
): Promise<void> {
  checkOptions(options);
  const start = startOf(options);
  const print = printerOf(options);
  const interrupted = io.interrupt();
  const ranges = await withAdmin(io, options, (admin) =>
    options.group === undefined
      ? planRanges(admin, topics, options.partition, start)
      : partitionsOf(admin, topics).then(() => undefined),
  );
  const settings = await clientOptions(io, options);
  const { Consumer } = await import('@ottla/client');
  await using consumer = new Consumer({
    ...settings,
    autoOffsetReset: options.fromBeginning === true ? 'earliest' : 'latest',
    ...(options.group === undefined ? {} : { groupId: options.group }),
  });
  const rule = new StopRule(options.maxMessages, options.untilEnd === true ? ranges : undefined);
  if (rule.isDone) return;
  await begin(consumer, topics, ranges);
  await read(consumer, { io, print, rule, interrupted, options, platform: await io.platform() });
}

function checkOptions(options: ConsumeOptions): void {
  const { offset, fromBeginning, group, json, format, partition, untilEnd } = options;
  if (offset !== undefined && fromBeginning === true)
    throw usageError('--offset and --from-beginning exclude each other');
  if (json === true && format !== undefined)
    throw usageError('--json and --format exclude each other');
  if (group === undefined) return;
  for (const [name, value] of [
    ['--offset', offset],
    ['--partition', partition],
    ['--until-end', untilEnd],
  ] as const)
    if (value !== undefined)
      throw usageError(
        `${name} and --group exclude each other: the group decides what is read from where`,
        '--from-beginning says where a group without committed offsets starts; --timeout ends it.',
      );
}

function startOf({ offset, fromBeginning }: ConsumeOptions): StartPosition {
  if (offset !== undefined) return parseStartPosition(offset);
  return { kind: fromBeginning === true ? 'earliest' : 'latest' };
}

type Printer = (message: ConsumedMessage) => string | Uint8Array;

function printerOf({ json, format }: ConsumeOptions): Printer {
  if (json === true) return (message) => `${formatMessageJson(message)}\n`;
  return compileFormat(format ?? '%v\\n');
}

async function begin(
  consumer: Consumer,
  topics: readonly string[],
  ranges: readonly PartitionRange[] | undefined,
): Promise<void> {
  if (ranges === undefined) consumer.subscribe(topics);
  else
    await consumer.assign(
      ranges.map(({ topic, partition, startOffset }) => ({
        topic,
        partition,
        offset: startOffset,
      })),
    );
}

interface Reading {
  readonly io: CliIo;
  readonly print: Printer;
  readonly rule: StopRule;
  readonly interrupted: AbortSignal;
  readonly options: ConsumeOptions;
  readonly platform: Platform;
}

async function read(consumer: Consumer, reading: Reading): Promise<void> {
  const { io, print, rule, interrupted, options } = reading;
  const watch = new ConsumeWatch(consumer, reading);
  const signal = AbortSignal.any([interrupted, watch.signal]);
  try {
    for await (const batch of consumer.batches({ signal })) {
      const chunks = take(batch, rule, print, consumer);
      watch.sawMessages();
      // One write for the batch: a write for each message would cost a system call each.
      await io.stdout.write(Buffer.concat(chunks));
      if (!rule.isDone) continue;
      // Leaving the loop does not say that the last batch is done; it is printed, so it is.
      if (options.group !== undefined) await consumer.commit();
      return;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    watch.close();
  }
}

/** What is printed of a batch. */
function take(
  { topic, partition, records }: ConsumedBatch,
  rule: StopRule,
  print: Printer,
  consumer: Consumer,
): Buffer[] {
  const chunks: Buffer[] = [];
  for (const record of records) {
    if (!rule.takes(topic, partition, record.offset)) {
      // What is not printed must not be committed, nor fetched again and again.
      consumer.pause([{ topic, partition }]);
      consumer.seek({ topic, partition }, record.offset);
      return chunks;
    }
    chunks.push(Buffer.from(print(messageOf(record)) as Uint8Array));
    rule.printed();
    rule.reached(topic, partition, record.offset + 1);
  }
  return chunks;
}

function messageOf(record: ConsumerRecord): ConsumedMessage {
  const { topic, partition, offset, timestamp, key, value } = record;
  const headers = record.headers.map((header) => [header.key, header.value] as const);
  return { topic, partition, offset, timestamp, key, value, headers };
}
