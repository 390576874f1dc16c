// A connector's view of the offset store: partitions and offsets in Kafka's record format, the key a JSON array
// `["connector",{partition}]`, the value the offset. Kafka: OffsetStorageReaderImpl, OffsetStorageWriter, OffsetUtils.
import type { OffsetStorageReader } from '../../connector/source-task.ts';
import { DataError } from '../../errors.ts';
import type { SourceOffset, SourcePartition } from '../../record/source-record.ts';
import type { CommittableOffset } from '../task/submitted-records.ts';
import { offsetJson, parseOffsetJson } from './offset-json.ts';
import type { OffsetEntry, OffsetStore } from './offset-store.ts';

/** The part of a store that tasks use; across a thread's border too. */
export type OffsetAccess = Pick<OffsetStore, 'get' | 'set'>;

/** A partition and what is stored for it; null asks for its removal. */
export type StoredOffset = readonly [SourcePartition, SourceOffset | null];

/** Reads one connector's offsets. */
export class SourceOffsetReader implements OffsetStorageReader {
  readonly #connector: string;
  readonly #store: OffsetAccess;

  constructor(connector: string, store: OffsetAccess) {
    this.#connector = connector;
    this.#store = store;
  }

  async offset(partition: SourcePartition): Promise<SourceOffset | undefined> {
    return (await this.offsets([partition]))[0];
  }

  async offsets(partitions: readonly SourcePartition[]): Promise<(SourceOffset | undefined)[]> {
    const keys = partitions.map((partition) => offsetKey(this.#connector, partition));
    const values = await this.#store.get(keys);
    return values.map((value) =>
      value === null ? undefined : ((parseOffsetJson(value) as SourceOffset | null) ?? undefined),
    );
  }
}

/** The entries to store. @throws DataError for values that are no JSON primitives */
export function offsetEntries(
  connector: string,
  offsets: readonly (CommittableOffset | StoredOffset)[],
): OffsetEntry[] {
  return offsets.map((each): OffsetEntry => {
    const [partition, offset] = isStored(each) ? each : ([each.partition, each.offset] as const);
    checkPrimitives(partition);
    if (offset !== null) checkPrimitives(offset);
    return [offsetKey(connector, partition), offset === null ? null : offsetJson(offset)];
  });
}

function isStored(offset: CommittableOffset | StoredOffset): offset is StoredOffset {
  return Array.isArray(offset);
}

function offsetKey(connector: string, partition: SourcePartition): Buffer {
  return offsetJson([connector, partition]);
}

/** The offsets of a connector among all entries of a store; entries that are none of Kafka's are passed over. */
export function offsetsOf(connector: string, entries: readonly OffsetEntry[]): StoredOffset[] {
  const found: StoredOffset[] = [];
  for (const [key, value] of entries) {
    const parsed = parsedOrUndefined(key);
    if (!Array.isArray(parsed) || parsed.length !== 2 || parsed[0] !== connector) continue;
    if (!isRecord(parsed[1])) continue;
    const offset = value === null ? null : parsedOrUndefined(value);
    if (isRecord(offset)) found.push([parsed[1], offset]);
  }
  return found;
}

function parsedOrUndefined(bytes: Buffer): unknown {
  try {
    return parseOffsetJson(bytes);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkPrimitives(values: Readonly<Record<string, unknown>>): void {
  for (const [field, value] of Object.entries(values))
    if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array))
      throw new DataError(
        `Offsets may only contain primitive types as values, but field ${field} contains an object`,
      );
}
