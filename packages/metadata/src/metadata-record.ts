// MetadataRecord: one entry of the metadata log, and its frame: unsigned varints for the frame
// version (always 1), the record's api key and its version, then the body.
// Kafka: org.apache.kafka.metadata.MetadataRecordSerde, AbstractApiMessageSerde; KIP-631.
import { ProtocolError, Reader, Writer, type MessageCodec } from '@ottla/protocol';
import {
  abortTransactionRecord,
  type AbortTransactionRecord,
} from '@ottla/protocol/messages/abort-transaction-record';
import {
  accessControlEntryRecord,
  type AccessControlEntryRecord,
} from '@ottla/protocol/messages/access-control-entry-record';
import {
  beginTransactionRecord,
  type BeginTransactionRecord,
} from '@ottla/protocol/messages/begin-transaction-record';
import {
  brokerRegistrationChangeRecord,
  type BrokerRegistrationChangeRecord,
} from '@ottla/protocol/messages/broker-registration-change-record';
import { clearElrRecord, type ClearElrRecord } from '@ottla/protocol/messages/clear-elr-record';
import {
  clientQuotaRecord,
  type ClientQuotaRecord,
} from '@ottla/protocol/messages/client-quota-record';
import { configRecord, type ConfigRecord } from '@ottla/protocol/messages/config-record';
import {
  delegationTokenRecord,
  type DelegationTokenRecord,
} from '@ottla/protocol/messages/delegation-token-record';
import {
  endTransactionRecord,
  type EndTransactionRecord,
} from '@ottla/protocol/messages/end-transaction-record';
import {
  featureLevelRecord,
  type FeatureLevelRecord,
} from '@ottla/protocol/messages/feature-level-record';
import {
  fenceBrokerRecord,
  type FenceBrokerRecord,
} from '@ottla/protocol/messages/fence-broker-record';
import { noOpRecord, type NoOpRecord } from '@ottla/protocol/messages/no-op-record';
import {
  partitionChangeRecord,
  type PartitionChangeRecord,
} from '@ottla/protocol/messages/partition-change-record';
import { partitionRecord, type PartitionRecord } from '@ottla/protocol/messages/partition-record';
import {
  producerIdsRecord,
  type ProducerIdsRecord,
} from '@ottla/protocol/messages/producer-ids-record';
import {
  registerBrokerRecord,
  type RegisterBrokerRecord,
} from '@ottla/protocol/messages/register-broker-record';
import {
  registerControllerRecord,
  type RegisterControllerRecord,
} from '@ottla/protocol/messages/register-controller-record';
import {
  removeAccessControlEntryRecord,
  type RemoveAccessControlEntryRecord,
} from '@ottla/protocol/messages/remove-access-control-entry-record';
import {
  removeDelegationTokenRecord,
  type RemoveDelegationTokenRecord,
} from '@ottla/protocol/messages/remove-delegation-token-record';
import {
  removeTopicRecord,
  type RemoveTopicRecord,
} from '@ottla/protocol/messages/remove-topic-record';
import {
  removeUserScramCredentialRecord,
  type RemoveUserScramCredentialRecord,
} from '@ottla/protocol/messages/remove-user-scram-credential-record';
import { topicRecord, type TopicRecord } from '@ottla/protocol/messages/topic-record';
import {
  unfenceBrokerRecord,
  type UnfenceBrokerRecord,
} from '@ottla/protocol/messages/unfence-broker-record';
import {
  unregisterBrokerRecord,
  type UnregisterBrokerRecord,
} from '@ottla/protocol/messages/unregister-broker-record';
import {
  userScramCredentialRecord,
  type UserScramCredentialRecord,
} from '@ottla/protocol/messages/user-scram-credential-record';
import {
  zkMigrationStateRecord,
  type ZkMigrationStateRecord,
} from '@ottla/protocol/messages/zk-migration-state-record';
import { MetadataError } from './errors.ts';
import { recordVersion } from './feature-levels.ts';

/** The value of each kind of record, by the kind's name. */
export interface MetadataRecordValues {
  AbortTransactionRecord: AbortTransactionRecord;
  AccessControlEntryRecord: AccessControlEntryRecord;
  BeginTransactionRecord: BeginTransactionRecord;
  BrokerRegistrationChangeRecord: BrokerRegistrationChangeRecord;
  ClearElrRecord: ClearElrRecord;
  ClientQuotaRecord: ClientQuotaRecord;
  ConfigRecord: ConfigRecord;
  DelegationTokenRecord: DelegationTokenRecord;
  EndTransactionRecord: EndTransactionRecord;
  FeatureLevelRecord: FeatureLevelRecord;
  FenceBrokerRecord: FenceBrokerRecord;
  NoOpRecord: NoOpRecord;
  PartitionChangeRecord: PartitionChangeRecord;
  PartitionRecord: PartitionRecord;
  ProducerIdsRecord: ProducerIdsRecord;
  RegisterBrokerRecord: RegisterBrokerRecord;
  RegisterControllerRecord: RegisterControllerRecord;
  RemoveAccessControlEntryRecord: RemoveAccessControlEntryRecord;
  RemoveDelegationTokenRecord: RemoveDelegationTokenRecord;
  RemoveTopicRecord: RemoveTopicRecord;
  RemoveUserScramCredentialRecord: RemoveUserScramCredentialRecord;
  TopicRecord: TopicRecord;
  UnfenceBrokerRecord: UnfenceBrokerRecord;
  UnregisterBrokerRecord: UnregisterBrokerRecord;
  UserScramCredentialRecord: UserScramCredentialRecord;
  ZkMigrationStateRecord: ZkMigrationStateRecord;
}

/** Name of a kind of record. */
export type MetadataRecordType = keyof MetadataRecordValues;

const codecs: { readonly [T in MetadataRecordType]: MessageCodec<MetadataRecordValues[T]> } = {
  AbortTransactionRecord: abortTransactionRecord,
  AccessControlEntryRecord: accessControlEntryRecord,
  BeginTransactionRecord: beginTransactionRecord,
  BrokerRegistrationChangeRecord: brokerRegistrationChangeRecord,
  ClearElrRecord: clearElrRecord,
  ClientQuotaRecord: clientQuotaRecord,
  ConfigRecord: configRecord,
  DelegationTokenRecord: delegationTokenRecord,
  EndTransactionRecord: endTransactionRecord,
  FeatureLevelRecord: featureLevelRecord,
  FenceBrokerRecord: fenceBrokerRecord,
  NoOpRecord: noOpRecord,
  PartitionChangeRecord: partitionChangeRecord,
  PartitionRecord: partitionRecord,
  ProducerIdsRecord: producerIdsRecord,
  RegisterBrokerRecord: registerBrokerRecord,
  RegisterControllerRecord: registerControllerRecord,
  RemoveAccessControlEntryRecord: removeAccessControlEntryRecord,
  RemoveDelegationTokenRecord: removeDelegationTokenRecord,
  RemoveTopicRecord: removeTopicRecord,
  RemoveUserScramCredentialRecord: removeUserScramCredentialRecord,
  TopicRecord: topicRecord,
  UnfenceBrokerRecord: unfenceBrokerRecord,
  UnregisterBrokerRecord: unregisterBrokerRecord,
  UserScramCredentialRecord: userScramCredentialRecord,
  ZkMigrationStateRecord: zkMigrationStateRecord,
};

/** One record of kind `T`. */
export interface MetadataRecordOf<T extends MetadataRecordType> {
  readonly type: T;
  /** Version of the body's encoding. */
  readonly version: number;
  readonly value: MetadataRecordValues[T];
}

/** Any record of the metadata log, told apart by `type`. */
export type MetadataRecord = { [T in MetadataRecordType]: MetadataRecordOf<T> }[MetadataRecordType];

/** The names of all kinds, alphabetical. */
export const METADATA_RECORD_TYPES: readonly MetadataRecordType[] = Object.keys(
  codecs,
) as MetadataRecordType[];

const FRAME_VERSION = 1;
/** Three varints, each below 128. */
const FRAME_BYTES = 3;

const typeByApiKey: ReadonlyMap<number, MetadataRecordType> = new Map(
  METADATA_RECORD_TYPES.map((type) => [apiKeyOf(type), type]),
);

/**
 * Makes a record in the version that the finalized `metadata.version` calls for.
 *
 * @param init fields that differ from their defaults
 * @param metadataVersion level of `metadata.version`; when left out, the newest record version
 */
export function metadataRecord<T extends MetadataRecordType>(
  type: T,
  init: Partial<MetadataRecordValues[T]>,
  metadataVersion?: number,
): MetadataRecordOf<T> {
  const codec = codecs[type];
  const version =
    metadataVersion === undefined ? codec.maxVersion : recordVersion(type, metadataVersion);
  // The three members come from the same T, which the compiler cannot follow through the union.
  return { type, version, value: codec.create(init) } as unknown as MetadataRecordOf<T>;
}

/**
 * Makes a BrokerRegistrationChangeRecord in the lowest version that holds the fields given, as Kafka
 * does, so that it can be read at every `metadata.version` that allows them.
 */
export function brokerChangeRecord(
  init: Partial<BrokerRegistrationChangeRecord>,
): MetadataRecordOf<'BrokerRegistrationChangeRecord'> {
  let version = 0;
  if (init.inControlledShutdown !== undefined) version = 1;
  if (init.logDirs !== undefined) version = 2;
  if (init.cordonedLogDirs !== undefined) version = 3;
  const value = brokerRegistrationChangeRecord.create(init);
  return { type: 'BrokerRegistrationChangeRecord', version, value };
}

/** Frame and body of `record`. */
export function encodeMetadataRecord(record: MetadataRecord): Buffer {
  const codec = codecOf(record.type);
  const writer = new Writer(FRAME_BYTES + codec.size(record.value, record.version));
  writer.uvarint(FRAME_VERSION);
  writer.uvarint(apiKeyOf(record.type));
  writer.uvarint(record.version);
  codec.encode(writer, record.value, record.version);
  return writer.buffer;
}

/**
 * Reads the value of one entry of the metadata log.
 *
 * @throws MetadataError UNKNOWN_METADATA_RECORD for a frame version or record type that is not known,
 * UNSUPPORTED_METADATA_RECORD_VERSION for a version of it that is not, CORRUPT_METADATA_RECORD otherwise
 */
export function decodeMetadataRecord(bytes: Buffer): MetadataRecord {
  try {
    return decodeFrame(new Reader(bytes));
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new MetadataError('CORRUPT_METADATA_RECORD', `metadata record: ${error.message}`, {
      cause: error,
    });
  }
}

function decodeFrame(reader: Reader): MetadataRecord {
  const frameVersion = reader.uvarint();
  if (frameVersion !== FRAME_VERSION) {
    throw new MetadataError(
      'UNKNOWN_METADATA_RECORD',
      `metadata record with frame version ${frameVersion}; only ${FRAME_VERSION} is known`,
    );
  }
  const apiKey = reader.uvarint();
  const version = reader.uvarint();
  const type = typeByApiKey.get(apiKey);
  if (type === undefined) {
    throw new MetadataError(
      'UNKNOWN_METADATA_RECORD',
      `metadata record of unknown type ${apiKey} (version ${version}); was it written by a newer Kafka?`,
    );
  }
  const codec = codecOf(type);
  if (version > codec.maxVersion) {
    throw new MetadataError(
      'UNSUPPORTED_METADATA_RECORD_VERSION',
      `${type} version ${version}; the newest known is ${codec.maxVersion}`,
    );
  }
  const value = codec.decode(reader, version);
  if (reader.remaining > 0) {
    throw new MetadataError(
      'CORRUPT_METADATA_RECORD',
      `${reader.remaining} bytes left over after a ${type} version ${version}`,
    );
  }
  return { type, version, value } as unknown as MetadataRecord;
}

/** The codec of `type` for values whose kind is known at run time only. */
function codecOf(type: MetadataRecordType): MessageCodec<unknown> {
  return codecs[type] as unknown as MessageCodec<unknown>;
}

function apiKeyOf(type: MetadataRecordType): number {
  return codecs[type].apiKey as number;
}
