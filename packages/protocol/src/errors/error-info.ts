// What Kafka's errors mean and what a client should do about them: one table for servers, clients and tools.
// Kafka: org.apache.kafka.common.protocol.Errors and the exceptions behind it (4.3).

import { ErrorCode } from './error-code.ts';
import type { ErrorName } from './error-code.ts';

/** What is known about an error. */
export interface ErrorInfo {
  readonly code: number;
  readonly name: ErrorName;
  /** The same request may succeed later. */
  readonly retriable: boolean;
  /** Retriable, but only after the metadata (or the coordinator) has been looked up again. */
  readonly refreshRetriable: boolean;
  /** Says that the client's metadata is out of date. */
  readonly invalidMetadata: boolean;
  /** One sentence for people. */
  readonly description: string;
}

/** Retry after looking up metadata, which is out of date. */
const INVALID_METADATA: ReadonlySet<ErrorName> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'KAFKA_STORAGE_ERROR',
  'LISTENER_NOT_FOUND',
  'FENCED_LEADER_EPOCH',
  'PREFERRED_LEADER_NOT_AVAILABLE',
  'ELIGIBLE_LEADERS_NOT_AVAILABLE',
  'ELECTION_NOT_NEEDED',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
]);

/** Retry after looking up the coordinator. */
const REFRESH: ReadonlySet<ErrorName> = new Set(['COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR']);

/** Retry as it is. */
const RETRY: ReadonlySet<ErrorName> = new Set([
  'CORRUPT_MESSAGE',
  'REQUEST_TIMED_OUT',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_CONTROLLER',
  'CONCURRENT_TRANSACTIONS',
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'UNSTABLE_OFFSET_COMMIT',
  'THROTTLING_QUOTA_EXCEEDED',
  'FETCH_SESSION_TOPIC_ID_ERROR',
  'SHARE_SESSION_NOT_FOUND',
  'INVALID_SHARE_SESSION_EPOCH',
  'SHARE_SESSION_LIMIT_REACHED',
]);

const DESCRIPTIONS: Readonly<Record<ErrorName, string>> = {
  UNKNOWN_SERVER_ERROR: 'The server failed in a way that it cannot name; its log says more.',
  NONE: 'Success.',
  OFFSET_OUT_OF_RANGE: 'The offset lies before the start of the log or beyond its end.',
  CORRUPT_MESSAGE:
    'The checksum does not match, the size is wrong, or a compacted topic got a record without a key.',
  UNKNOWN_TOPIC_OR_PARTITION: 'This server knows no such topic or partition.',
  INVALID_FETCH_SIZE: 'The size asked for is not valid.',
  LEADER_NOT_AVAILABLE: 'The partition has no leader for the moment; an election is under way.',
  NOT_LEADER_OR_FOLLOWER: 'This broker is not the leader of the partition, or not a replica of it.',
  REQUEST_TIMED_OUT: 'The request was not completed within its time.',
  BROKER_NOT_AVAILABLE: 'The broker is not there.',
  REPLICA_NOT_AVAILABLE: 'The replica is not available for this request.',
  MESSAGE_TOO_LARGE: 'A record batch is larger than the server accepts.',
  STALE_CONTROLLER_EPOCH: "The controller's epoch is older than one already seen.",
  OFFSET_METADATA_TOO_LARGE: 'The text kept with a committed offset is too long.',
  NETWORK_EXCEPTION: 'The connection was lost before the answer came.',
  COORDINATOR_LOAD_IN_PROGRESS: 'The coordinator is still reading its log.',
  COORDINATOR_NOT_AVAILABLE: 'There is no coordinator for the moment.',
  NOT_COORDINATOR: 'This broker is not the coordinator for that id.',
  INVALID_TOPIC_EXCEPTION: 'The name is not a valid topic name, or the topic is internal.',
  RECORD_LIST_TOO_LARGE: 'The batch is larger than a segment may be.',
  NOT_ENOUGH_REPLICAS: 'Fewer replicas are in sync than the topic demands; nothing was written.',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    'Written, but then fewer replicas were in sync than the topic demands.',
  INVALID_REQUIRED_ACKS: 'acks must be 0, 1 or -1.',
  ILLEGAL_GENERATION: "The generation is not the group's current one.",
  INCONSISTENT_GROUP_PROTOCOL:
    'The member shares no assignment protocol, or no protocol type, with its group.',
  INVALID_GROUP_ID: 'The group id is not valid here.',
  UNKNOWN_MEMBER_ID: 'The group has no such member.',
  INVALID_SESSION_TIMEOUT: 'The session timeout lies outside what the coordinator allows.',
  REBALANCE_IN_PROGRESS: 'The group is rebalancing; the member should join again.',
  INVALID_COMMIT_OFFSET_SIZE: 'The offsets do not fit into one record of the offsets topic.',
  TOPIC_AUTHORIZATION_FAILED: 'The principal may not do this with the topic.',
  GROUP_AUTHORIZATION_FAILED: 'The principal may not do this with the group.',
  CLUSTER_AUTHORIZATION_FAILED: 'The principal may not do this with the cluster.',
  INVALID_TIMESTAMP: "A record's timestamp lies outside the bounds of its topic.",
  UNSUPPORTED_SASL_MECHANISM: 'The server does not offer this SASL mechanism.',
  ILLEGAL_SASL_STATE: 'This request does not fit the state of the authentication.',
  UNSUPPORTED_VERSION: 'The server does not have this version of the API.',
  TOPIC_ALREADY_EXISTS: 'A topic of this name exists already.',
  INVALID_PARTITIONS: 'The number of partitions is not valid.',
  INVALID_REPLICATION_FACTOR:
    'The replication factor is below 1 or above the number of usable brokers.',
  INVALID_REPLICA_ASSIGNMENT: 'The assignment of replicas is not valid.',
  INVALID_CONFIG: 'A configuration key or value is not valid.',
  NOT_CONTROLLER: 'This server is not the active controller.',
  INVALID_REQUEST:
    "The request contradicts itself or lacks something; the server's log may say what.",
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 'The record format in the log does not support this.',
  POLICY_VIOLATION: 'A policy of the server refuses these parameters.',
  OUT_OF_ORDER_SEQUENCE_NUMBER: "The producer's sequence number leaves a gap.",
  DUPLICATE_SEQUENCE_NUMBER: "The producer's sequence number was written before.",
  INVALID_PRODUCER_EPOCH: "The producer's epoch is older than the one in the log.",
  INVALID_TXN_STATE: "The transaction's state does not allow this operation.",
  INVALID_PRODUCER_ID_MAPPING: 'The producer id is not the one that the transactional id has.',
  INVALID_TRANSACTION_TIMEOUT: 'The transaction timeout is longer than the server allows.',
  CONCURRENT_TRANSACTIONS: 'An earlier transaction of this producer is still being completed.',
  TRANSACTION_COORDINATOR_FENCED: 'A newer transaction coordinator has taken over.',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'The principal may not use this transactional id.',
  SECURITY_DISABLED: 'The server has no authorizer.',
  OPERATION_NOT_ATTEMPTED: 'Not tried, because another part of the same request failed.',
  KAFKA_STORAGE_ERROR: "The disk failed under the partition's log.",
  LOG_DIR_NOT_FOUND: 'The server has no such log directory.',
  SASL_AUTHENTICATION_FAILED: 'The credentials were refused.',
  UNKNOWN_PRODUCER_ID: 'The log holds nothing of this producer any more.',
  REASSIGNMENT_IN_PROGRESS: 'The partition is being reassigned already.',
  DELEGATION_TOKEN_AUTH_DISABLED: 'Delegation tokens are not enabled.',
  DELEGATION_TOKEN_NOT_FOUND: 'There is no such delegation token.',
  DELEGATION_TOKEN_OWNER_MISMATCH:
    "The principal is neither the token's owner nor one of its renewers.",
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED:
    'Token requests need an authenticated channel that did not itself use a token.',
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: 'The principal may not do this with the delegation token.',
  DELEGATION_TOKEN_EXPIRED: 'The delegation token has expired.',
  INVALID_PRINCIPAL_TYPE: 'The type of principal is not supported here.',
  NON_EMPTY_GROUP: 'The group still has members.',
  GROUP_ID_NOT_FOUND: 'There is no such group.',
  FETCH_SESSION_ID_NOT_FOUND: 'The server does not keep this fetch session any more.',
  INVALID_FETCH_SESSION_EPOCH: "The fetch session's epoch is not the expected one.",
  LISTENER_NOT_FOUND: 'The leader has no listener of the name that was used here.',
  TOPIC_DELETION_DISABLED: 'The server does not allow topics to be deleted.',
  FENCED_LEADER_EPOCH: "The client's leader epoch is older than the server's.",
  UNKNOWN_LEADER_EPOCH: "The client's leader epoch is newer than the server's.",
  UNSUPPORTED_COMPRESSION_TYPE: 'This compression is not supported in this version.',
  STALE_BROKER_EPOCH: 'The broker has registered anew since.',
  OFFSET_NOT_AVAILABLE: "The new leader's high watermark has not caught up; ask again.",
  MEMBER_ID_REQUIRED: 'Join again with the member id that this answer gives.',
  PREFERRED_LEADER_NOT_AVAILABLE: 'The preferred leader cannot lead at the moment.',
  GROUP_MAX_SIZE_REACHED: 'The group has as many members as it may have.',
  FENCED_INSTANCE_ID: 'Another member has taken over this group instance id.',
  ELIGIBLE_LEADERS_NOT_AVAILABLE: 'No replica that may lead is available.',
  ELECTION_NOT_NEEDED: 'The partition has the wanted leader already.',
  NO_REASSIGNMENT_IN_PROGRESS: 'The partition is not being reassigned.',
  GROUP_SUBSCRIBED_TO_TOPIC: 'The group consumes this topic, so its offsets stay.',
  INVALID_RECORD: 'A record in the batch is not valid.',
  UNSTABLE_OFFSET_COMMIT: 'Offsets of a transaction that is not decided yet are pending.',
  THROTTLING_QUOTA_EXCEEDED: 'A quota is used up; wait for the time given.',
  PRODUCER_FENCED: 'A newer producer with the same transactional id has taken over.',
  RESOURCE_NOT_FOUND: 'The request names something that does not exist.',
  DUPLICATE_RESOURCE: 'The request names something twice, or something that exists already.',
  UNACCEPTABLE_CREDENTIAL: 'The credential does not meet the requirements.',
  INCONSISTENT_VOTER_SET: 'Sender and receiver do not agree on who votes.',
  INVALID_UPDATE_VERSION: 'The version of the update is not the expected one.',
  FEATURE_UPDATE_FAILED: 'A feature level could not be changed.',
  PRINCIPAL_DESERIALIZATION_FAILURE: 'The principal in a forwarded request cannot be read.',
  SNAPSHOT_NOT_FOUND: 'There is no such snapshot.',
  POSITION_OUT_OF_RANGE: 'The position is negative or beyond the end of the snapshot.',
  UNKNOWN_TOPIC_ID: 'This server knows no topic of that id.',
  DUPLICATE_BROKER_REGISTRATION: 'Another running broker is registered with this id.',
  BROKER_ID_NOT_REGISTERED: 'No broker is registered with this id.',
  INCONSISTENT_TOPIC_ID: "The log's topic id is not the one in the request.",
  INCONSISTENT_CLUSTER_ID: 'The request is meant for another cluster.',
  TRANSACTIONAL_ID_NOT_FOUND: 'The coordinator knows no such transactional id.',
  FETCH_SESSION_TOPIC_ID_ERROR:
    'The fetch session and the request differ in whether they use topic ids.',
  INELIGIBLE_REPLICA: 'The replica may not join the in-sync set now.',
  NEW_LEADER_ELECTED: 'The in-sync set changed and the partition has a new leader.',
  OFFSET_MOVED_TO_TIERED_STORAGE:
    "The offset is no longer on this broker's disk but in tiered storage.",
  FENCED_MEMBER_EPOCH: "The member's epoch is not its current one; it must rejoin.",
  UNRELEASED_INSTANCE_ID: 'Another member still holds this group instance id.',
  UNSUPPORTED_ASSIGNOR: 'The group does not support this assignor.',
  STALE_MEMBER_EPOCH: "The member's epoch is old; retry with the one that the heartbeat gave.",
  MISMATCHED_ENDPOINT_TYPE: 'The request was sent to the wrong kind of endpoint.',
  UNSUPPORTED_ENDPOINT_TYPE: 'This kind of endpoint is not supported yet.',
  UNKNOWN_CONTROLLER_ID: 'There is no controller with this id.',
  UNKNOWN_SUBSCRIPTION_ID: 'The telemetry subscription is out of date; ask for it again.',
  TELEMETRY_TOO_LARGE: 'The telemetry is larger than the server accepts.',
  INVALID_REGISTRATION: 'The controller refuses this registration.',
  TRANSACTION_ABORTABLE: 'The transaction failed; abort it and begin another.',
  INVALID_RECORD_STATE:
    "The record's state in the share group does not allow this acknowledgement.",
  SHARE_SESSION_NOT_FOUND: 'The server does not keep this share session any more.',
  INVALID_SHARE_SESSION_EPOCH: "The share session's epoch is not the expected one.",
  FENCED_STATE_EPOCH: "The share state's epoch is older than the stored one.",
  INVALID_VOTER_KEY: "The voter's id and directory id are not those of the receiver.",
  DUPLICATE_VOTER: 'The voter is in the set already.',
  VOTER_NOT_FOUND: 'The voter is not in the set.',
  INVALID_REGULAR_EXPRESSION: 'The regular expression is not valid.',
  REBOOTSTRAP_REQUIRED:
    "The client's metadata is out of date; begin again from the bootstrap servers.",
  STREAMS_INVALID_TOPOLOGY: 'The topology of the streams application is not valid.',
  STREAMS_INVALID_TOPOLOGY_EPOCH: "The topology's epoch is not valid.",
  STREAMS_TOPOLOGY_FENCED: "The topology's epoch is older than the group's.",
  SHARE_SESSION_LIMIT_REACHED: 'The server keeps as many share sessions as it may.',
};

const infos = new Map<number, ErrorInfo>();
for (const name of Object.keys(ErrorCode) as ErrorName[]) infos.set(ErrorCode[name], infoOf(name));

/**
 * What is known about an error number.
 *
 * @returns the facts about UNKNOWN_SERVER_ERROR for a number that Kafka 4.3 does not have, as Kafka's clients do
 */
export function errorInfo(code: number): ErrorInfo {
  return infos.get(code) ?? infos.get(ErrorCode.UNKNOWN_SERVER_ERROR)!;
}

/** All errors by ascending number. */
export function allErrors(): readonly ErrorInfo[] {
  return [...infos.values()];
}

function infoOf(name: ErrorName): ErrorInfo {
  const invalidMetadata = INVALID_METADATA.has(name);
  const refreshRetriable = invalidMetadata || REFRESH.has(name);
  return {
    code: ErrorCode[name],
    name,
    retriable: refreshRetriable || RETRY.has(name),
    refreshRetriable,
    invalidMetadata,
    description: DESCRIPTIONS[name],
  };
}
