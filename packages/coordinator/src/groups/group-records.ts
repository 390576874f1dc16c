// The records of `__consumer_offsets` byte for byte as Kafka writes them: a key is an int16 type and a body of version 0, a value an
// int16 version and a body. Kafka: GroupCoordinatorRecordSerde, GroupCoordinatorRecordHelpers, CoordinatorRecordType.

import type { Logger } from '@ottla/platform';
import { type MessageCodec, ProtocolError, Reader, Writer } from '@ottla/protocol';
import {
  type GroupMetadataKey,
  groupMetadataKey,
} from '@ottla/protocol/messages/group-metadata-key';
import {
  type GroupMetadataValue,
  groupMetadataValue,
} from '@ottla/protocol/messages/group-metadata-value';
import {
  type LegacyOffsetCommitKey,
  legacyOffsetCommitKey,
} from '@ottla/protocol/messages/legacy-offset-commit-key';
import {
  type LegacyOffsetCommitValue,
  legacyOffsetCommitValue,
} from '@ottla/protocol/messages/legacy-offset-commit-value';
import { type OffsetCommitKey, offsetCommitKey } from '@ottla/protocol/messages/offset-commit-key';
import {
  type OffsetCommitValue,
  offsetCommitValue,
} from '@ottla/protocol/messages/offset-commit-value';
import type { RecordBytes, RecordCodec } from '../runtime/coordinator-shard.ts';

/** The first two bytes of a key. */
export const GroupRecordType = {
  LegacyOffsetCommit: 0,
  OffsetCommit: 1,
  GroupMetadata: 2,
  ConsumerGroupMetadata: 3,
  ShareGroupMetadata: 11,
  StreamsGroupMetadata: 17,
} as const;

/** Value version of group metadata that Kafka 4.3 writes. */
export const GROUP_METADATA_VALUE_VERSION = 3;
/** Value version of a committed offset. */
export const OFFSET_COMMIT_VALUE_VERSION = 4;
/** The only value version that carries a commit's own expiry, as asked for by OffsetCommit 2–4. */
export const OFFSET_COMMIT_EXPIRY_VALUE_VERSION = 1;

/** A committed offset, or its tombstone. */
export interface OffsetCommitRecord {
  readonly kind: 'offset-commit';
  readonly key: OffsetCommitKey;
  readonly value: OffsetCommitValue | null;
  readonly valueVersion: number;
}

/** A classic group's state, or its tombstone. */
export interface GroupMetadataRecord {
  readonly kind: 'group-metadata';
  readonly key: GroupMetadataKey;
  readonly value: GroupMetadataValue | null;
  readonly valueVersion: number;
}

/** A committed offset in the oldest form of the key (type 0), or its tombstone. Read and never written. */
export interface LegacyOffsetCommitRecord {
  readonly kind: 'legacy-offset-commit';
  readonly key: LegacyOffsetCommitKey;
  readonly value: LegacyOffsetCommitValue | null;
  readonly valueVersion: number;
}

/** A group of a kind that is not served yet exists, or (a tombstone) does not any more. Read and never written. */
export interface ForeignGroupRecord {
  readonly kind: 'foreign-group';
  readonly groupId: string;
  readonly isTombstone: boolean;
}

/** Every record that the group coordinator knows. */
export type GroupRecord =
  | OffsetCommitRecord
  | GroupMetadataRecord
  | LegacyOffsetCommitRecord
  | ForeignGroupRecord;

/** Encodes and decodes `GroupRecord`s; a key type that it does not know is skipped with a debug line. */
export class GroupRecordCodec implements RecordCodec<GroupRecord> {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  encode(record: GroupRecord): RecordBytes {
    switch (record.kind) {
      case 'offset-commit':
        return {
          key: encodeVersioned(GroupRecordType.OffsetCommit, offsetCommitKey, record.key, 0),
          value: encodeValue(offsetCommitValue, record.value, record.valueVersion),
        };
      case 'group-metadata':
        return {
          key: encodeVersioned(GroupRecordType.GroupMetadata, groupMetadataKey, record.key, 0),
          value: encodeValue(groupMetadataValue, record.value, record.valueVersion),
        };
      case 'legacy-offset-commit':
        return {
          key: encodeVersioned(
            GroupRecordType.LegacyOffsetCommit,
            legacyOffsetCommitKey,
            record.key,
            0,
          ),
          value: encodeValue(legacyOffsetCommitValue, record.value, record.valueVersion),
        };
      case 'foreign-group':
        throw new TypeError(`group ${record.groupId} is not written by this coordinator`);
    }
  }

  decode(key: Buffer | null, value: Buffer | null): GroupRecord | undefined {
    if (key === null || key.length < 2)
      throw new ProtocolError('INVALID_RECORD', 'a group record without its key');
    const type = key.readInt16BE(0);
    const reader = new Reader(key, 2);
    switch (type) {
      case GroupRecordType.OffsetCommit:
        return {
          kind: 'offset-commit',
          key: offsetCommitKey.decode(reader, 0),
          ...decodeValue(offsetCommitValue, value),
        };
      case GroupRecordType.GroupMetadata:
        return {
          kind: 'group-metadata',
          key: groupMetadataKey.decode(reader, 0),
          ...decodeValue(groupMetadataValue, value),
        };
      case GroupRecordType.LegacyOffsetCommit:
        return {
          kind: 'legacy-offset-commit',
          key: legacyOffsetCommitKey.decode(reader, 0),
          ...decodeValue(legacyOffsetCommitValue, value),
        };
      case GroupRecordType.ConsumerGroupMetadata:
      case GroupRecordType.ShareGroupMetadata:
      case GroupRecordType.StreamsGroupMetadata:
        // Their keys hold nothing but the group's id.
        return {
          kind: 'foreign-group',
          groupId: reader.string(false),
          isTombstone: value === null,
        };
      default:
        this.#logger.debug('a group record of another kind is left alone', { type });
        return undefined;
    }
  }
}

/** A committed offset as a record. */
export function offsetCommitRecord(
  key: OffsetCommitKey,
  value: OffsetCommitValue,
): OffsetCommitRecord {
  const hasExpiry = value.expireTimestamp !== -1;
  const valueVersion = hasExpiry ? OFFSET_COMMIT_EXPIRY_VALUE_VERSION : OFFSET_COMMIT_VALUE_VERSION;
  return { kind: 'offset-commit', key, value, valueVersion };
}

/** The tombstone of a committed offset. */
export function offsetCommitTombstone(
  group: string,
  topic: string,
  partition: number,
): OffsetCommitRecord {
  const key = offsetCommitKey.create({ group, topic, partition });
  return { kind: 'offset-commit', key, value: null, valueVersion: OFFSET_COMMIT_VALUE_VERSION };
}

/** A classic group's state as a record. */
export function groupMetadataRecord(group: string, value: GroupMetadataValue): GroupMetadataRecord {
  const key = groupMetadataKey.create({ group });
  return { kind: 'group-metadata', key, value, valueVersion: GROUP_METADATA_VALUE_VERSION };
}

/** The tombstone of a classic group. */
export function groupMetadataTombstone(group: string): GroupMetadataRecord {
  const key = groupMetadataKey.create({ group });
  return { kind: 'group-metadata', key, value: null, valueVersion: GROUP_METADATA_VALUE_VERSION };
}

function encodeVersioned<T>(
  prefix: number,
  codec: MessageCodec<T>,
  message: T,
  version: number,
): Buffer {
  const writer = new Writer(2 + codec.size(message, version));
  writer.int16(prefix);
  codec.encode(writer, message, version);
  return writer.buffer;
}

function encodeValue<T>(codec: MessageCodec<T>, value: T | null, version: number): Buffer | null {
  return value === null ? null : encodeVersioned(version, codec, value, version);
}

function decodeValue<T>(
  codec: MessageCodec<T>,
  value: Buffer | null,
): { value: T | null; valueVersion: number } {
  if (value === null) return { value: null, valueVersion: codec.maxVersion };
  const valueVersion = new Reader(value).int16();
  if (valueVersion < codec.minVersion || valueVersion > codec.maxVersion)
    throw new ProtocolError('UNSUPPORTED', `${codec.name} of version ${valueVersion}`);
  return { value: codec.decode(new Reader(value, 2), valueVersion), valueVersion };
}
