// The only door of @ottla/raft.
export { QuorumNodeError, type QuorumErrorCode } from './errors.ts';
export { majorityOffset } from './high-watermark.ts';
export {
  type CommittedBatch,
  type KnownLeader,
  type LoadedSnapshot,
  type QuorumNodeListener,
} from './io/commit-reader.ts';
export {
  formatQuorum,
  formatStandaloneQuorum,
  readBootstrapFile,
  writeBootstrapFile,
} from './io/format-quorum.ts';
export {
  drain,
  METADATA_LOG_FOLDER,
  METADATA_TOPIC,
  MetadataLog,
  type MetadataLogSettings,
} from './io/metadata-log.ts';
export {
  APPEND_BYTES_MAX,
  QuorumNode,
  type QuorumNodeOptions,
  type SnapshotToWrite,
} from './io/quorum-node.ts';
export type { QuorumMeasures } from './io/quorum-measures.ts';
export { QuorumRequests } from './io/quorum-requests.ts';
export { VoterRequests } from './io/voter-requests.ts';
export { QUORUM_STATE_FILE } from './io/quorum-state-file.ts';
export type { RaftTransport, RequestKind } from './io/raft-transport.ts';
export {
  parseSnapshotFileName,
  readSnapshotFile,
  snapshotFileName,
  writeSnapshotFile,
} from './io/snapshot-file.ts';
export type {
  AddVoterMessage,
  Answer,
  BeginEpochMessage,
  Effect,
  EndEpochMessage,
  FetchDecision,
  FetchMessage,
  OutgoingMessage,
  QuorumError,
  RemoveVoterMessage,
  UpdateVoterMessage,
  VersionsAnswer,
  VoteAnswer,
  VoteMessage,
  VoterChangeAnswer,
  VoterChangeError,
} from './messages.ts';
export { QuorumCore } from './quorum-core.ts';
export {
  type LogView,
  QUORUM_FETCH_SIZES_DEFAULT,
  QUORUM_TIMES_DEFAULT,
  type QuorumCoreOptions,
  type QuorumFetchSizes,
  type QuorumTimes,
} from './quorum-options.ts';
export {
  type ElectionState,
  type LogPosition,
  KRAFT_VERSIONS,
  NO_ELECTION,
  type QuorumEndpoint,
  type ReplicaKey,
  sameVoter,
  type VersionRange,
  type Voter,
  VoterSet,
} from './replica.ts';
export { FetchProgress, type ReplicaProgress } from './fetch-progress.ts';
export { VoterChanges } from './voter-changes.ts';
export { type QuorumRecord, VoterHistory, type VotersEntry } from './voter-history.ts';
export type {
  Candidate,
  Follower,
  Leader,
  Prospective,
  Resigned,
  Role,
  Unattached,
} from './roles.ts';
