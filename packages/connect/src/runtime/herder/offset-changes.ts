// A connector's offsets, read and changed from outside: in the offset store for sources, as a consumer group's for sinks.
// Kafka: the offsets methods of Worker, SinkUtils (KIP-875).
import { describeValue } from '../../data/describe-value.ts';
import type { AlteredSinkOffset } from '../host/host-protocol.ts';
import { offsetEntries, offsetsOf, type StoredOffset } from '../offsets/source-offsets.ts';
import type { PluginHost } from '../worker/plugin-host.ts';
import type { ConnectorEntry } from './connector-entry.ts';
import type { ConnectorOffset, ConnectorOffsets, Properties } from './entities.ts';
import { BadRequestError } from './rest-errors.ts';
import type { HerderOptions } from './standalone-herder.ts';

export class OffsetChanges {
  readonly #options: HerderOptions;
  readonly #plugins: PluginHost;

  constructor(options: HerderOptions, plugins: PluginHost) {
    this.#options = options;
    this.#plugins = plugins;
  }

  /** @param properties the connector's, resolved */
  async read(entry: ConnectorEntry, properties: Properties): Promise<ConnectorOffsets> {
    if (entry.type === 'sink') return { offsets: await this.#readGroup(entry, properties) };
    const stored = offsetsOf(entry.name, await this.#options.offsets.entries());
    return { offsets: stored.map(([partition, offset]) => ({ partition, offset })) };
  }

  /** @param offsets null resets all. @returns what to say about it */
  async change(
    entry: ConnectorEntry,
    properties: Properties,
    offsets: readonly ConnectorOffset[] | null,
  ): Promise<string> {
    const isSure =
      entry.type === 'sink'
        ? await this.#changeGroup(entry, properties, offsets)
        : await this.#changeStored(entry, properties, offsets);
    const done = offsets === null ? 'reset' : 'altered';
    return isSure
      ? `The offsets for this connector have been ${done} successfully`
      : `The Connect framework-managed offsets for this connector have been ${done} successfully. However, if this connector manages offsets externally, they will need to be manually ${done} in the system that the connector uses.`;
  }

  // ---- sources ----

  async #changeStored(
    entry: ConnectorEntry,
    properties: Properties,
    wanted: readonly ConnectorOffset[] | null,
  ): Promise<boolean> {
    const store = this.#options.offsets;
    const offsets: StoredOffset[] =
      wanted === null
        ? offsetsOf(entry.name, await store.entries()).map(([partition]) => [partition, null])
        : wanted.map(({ partition, offset }) => [partition, offset ?? null]);
    const isSure = await this.#plugins.call('alterSourceOffsets', { properties, offsets });
    await store.set(offsetEntries(entry.name, offsets));
    return isSure;
  }

  // ---- sinks ----

  async #readGroup({ name }: ConnectorEntry, properties: Properties): Promise<ConnectorOffset[]> {
    const committed = await this.#plugins.call('readSinkOffsets', { name, properties });
    return committed.map(({ topic, partition, offset }) => ({
      partition: { kafka_partition: partition, kafka_topic: topic },
      offset: { kafka_offset: offset },
    }));
  }

  async #changeGroup(
    entry: ConnectorEntry,
    properties: Properties,
    wanted: readonly ConnectorOffset[] | null,
  ): Promise<boolean> {
    const connector = { name: entry.name, properties };
    const offsets =
      wanted === null
        ? (await this.#readGroup(entry, properties)).map(({ partition }) =>
            sinkOffset({ partition, offset: null }),
          )
        : wanted.map(sinkOffset);
    const isSure = await this.#plugins.call('alterSinkOffsets', { properties, offsets });
    await this.#plugins.call('changeSinkOffsets', {
      connector,
      offsets: wanted === null ? null : offsets,
    });
    return isSure;
  }
}

/** Numbers may be written as texts. @throws BadRequestError with Kafka's message */
function sinkOffset({ partition, offset }: ConnectorOffset): AlteredSinkOffset {
  if (partition === null || partition === undefined)
    throw new BadRequestError(
      'The partition for a sink connector offset cannot be null or missing',
    );
  if (!('kafka_topic' in partition) || !('kafka_partition' in partition))
    throw new BadRequestError(
      "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'",
    );
  const { kafka_topic: topic, kafka_partition: index } = partition;
  if (topic === null)
    throw new BadRequestError('Kafka topic names must be valid strings and may not be null');
  if (index === null)
    throw new BadRequestError('Kafka partitions must be valid numbers and may not be null');
  const number = wholeNumber(index);
  if (number === undefined)
    throw new BadRequestError(
      `Failed to parse the following Kafka partition value in the provided offsets: '${describeValue(index)}'. Partition values for sink connectors need to be integers.`,
    );
  const target = { topic: describeValue(topic), partition: number };
  if (offset === null || offset === undefined) return { ...target, offset: null };
  if (!('kafka_offset' in offset))
    throw new BadRequestError(
      "The offset for a sink connector should either be null or contain the key 'kafka_offset'",
    );
  const position = wholeNumber(offset['kafka_offset']);
  if (position === undefined)
    throw new BadRequestError(
      `Failed to parse the following Kafka offset value in the provided offsets: '${describeValue(offset['kafka_offset'])}'. Offset values for sink connectors need to be integers.`,
    );
  return { ...target, offset: position };
}

function wholeNumber(value: unknown): number | undefined {
  const text = describeValue(value);
  const number = Number(text);
  return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(number) ? number : undefined;
}
