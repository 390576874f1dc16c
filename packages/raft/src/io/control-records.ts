// The quorum's own records: who leads, who votes, at which version; in control batches of the metadata log and of
// snapshots. Kafka: ControlRecordUtils, MemoryRecords' builders.
import { encodeMessage, type MessageCodec, Reader, ZERO_UUID } from '@ottla/protocol';
import { kraftVersionRecord } from '@ottla/protocol/messages/kraft-version-record';
import { leaderChangeMessage } from '@ottla/protocol/messages/leader-change-message';
import { snapshotFooterRecord } from '@ottla/protocol/messages/snapshot-footer-record';
import { snapshotHeaderRecord } from '@ottla/protocol/messages/snapshot-header-record';
import { votersRecord } from '@ottla/protocol/messages/voters-record';
import {
  controlRecordKey,
  controlRecordType,
  ControlRecordType,
  type LogRecord,
  RecordBatchBuilder,
} from '@ottla/protocol/records';
import { KRAFT_VERSIONS, VoterSet } from '../replica.ts';
import type { QuorumRecord } from '../voter-history.ts';

/** A control record before it is in a batch. */
export interface ControlEntry {
  readonly type: ControlRecordType;
  readonly value: Buffer;
}

const VERSION = 0;

function entry<T>(type: ControlRecordType, codec: MessageCodec<T>, value: T): ControlEntry {
  return { type, value: encodeMessage(codec, value, VERSION) };
}

export function leaderChangeEntry(
  leaderId: number,
  voters: VoterSet,
  granted: readonly number[],
): ControlEntry {
  const value = leaderChangeMessage.create({
    leaderId,
    voters: voters.ids.map((voterId) => voterOf(voterId)),
    grantingVoters: granted.map((voterId) => voterOf(voterId)),
  });
  return entry(ControlRecordType.LEADER_CHANGE, leaderChangeMessage, value);
}

function voterOf(voterId: number): { voterId: number; voterDirectoryId: string } {
  return { voterId, voterDirectoryId: ZERO_UUID };
}

export function kraftVersionEntry(kRaftVersion: number): ControlEntry {
  return entry(
    ControlRecordType.KRAFT_VERSION,
    kraftVersionRecord,
    kraftVersionRecord.create({ kRaftVersion }),
  );
}

export function votersEntry(voters: VoterSet): ControlEntry {
  const value = votersRecord.create({
    voters: voters.voters.map((voter) => ({
      voterId: voter.id,
      voterDirectoryId: voter.directoryId,
      endpoints: voter.endpoints.map(({ name, host, port }) => ({ name, host, port })),
      kRaftVersionFeature: {
        minSupportedVersion: (voter.kraftVersions ?? KRAFT_VERSIONS).min,
        maxSupportedVersion: (voter.kraftVersions ?? KRAFT_VERSIONS).max,
      },
    })),
  });
  return entry(ControlRecordType.KRAFT_VOTERS, votersRecord, value);
}

export function snapshotHeaderEntry(lastContainedLogTimestamp: number): ControlEntry {
  return entry(
    ControlRecordType.SNAPSHOT_HEADER,
    snapshotHeaderRecord,
    snapshotHeaderRecord.create({ lastContainedLogTimestamp }),
  );
}

export function snapshotFooterEntry(): ControlEntry {
  return entry(
    ControlRecordType.SNAPSHOT_FOOTER,
    snapshotFooterRecord,
    snapshotFooterRecord.create(),
  );
}

/** One control batch with these records. */
export function controlBatch(
  entries: readonly ControlEntry[],
  timestampMs: number,
  baseOffset = 0,
  partitionLeaderEpoch = 0,
): Buffer {
  const builder = new RecordBatchBuilder({ control: true, baseOffset, partitionLeaderEpoch });
  for (const { type, value } of entries) builder.append(timestampMs, controlRecordKey(type), value);
  return builder.build();
}

/** The batch's records for what the quorum is to be: the version before the voters, as Kafka writes them. */
export function quorumEntries({ voters, kraftVersion }: QuorumRecord): ControlEntry[] {
  return [
    ...(kraftVersion === undefined ? [] : [kraftVersionEntry(kraftVersion)]),
    ...(voters === undefined ? [] : [votersEntry(voters)]),
  ];
}

/** What a control record says about the quorum, if it does. */
export function readQuorumRecord(record: LogRecord): QuorumRecord | undefined {
  const said = readControlRecord(record);
  return said === undefined || 'headerTimestampMs' in said ? undefined : said;
}

/** What a control record says about the quorum, if it does. */
export function readControlRecord(
  record: LogRecord,
):
  | { readonly voters: VoterSet }
  | { readonly kraftVersion: number }
  | { readonly headerTimestampMs: number }
  | undefined {
  if (record.key === null || record.value === null) return undefined;
  const type = controlRecordType(record.key);
  const reader = new Reader(record.value);
  if (type === ControlRecordType.KRAFT_VOTERS)
    return {
      voters: new VoterSet(
        votersRecord.decode(reader, VERSION).voters.map((voter) => ({
          id: voter.voterId,
          directoryId: voter.voterDirectoryId,
          endpoints: voter.endpoints,
          kraftVersions: {
            min: voter.kRaftVersionFeature.minSupportedVersion,
            max: voter.kRaftVersionFeature.maxSupportedVersion,
          },
        })),
      ),
    };
  if (type === ControlRecordType.KRAFT_VERSION)
    return { kraftVersion: kraftVersionRecord.decode(reader, VERSION).kRaftVersion };
  if (type === ControlRecordType.SNAPSHOT_HEADER)
    return {
      headerTimestampMs: snapshotHeaderRecord.decode(reader, VERSION).lastContainedLogTimestamp,
    };
  return undefined;
}
