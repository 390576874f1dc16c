// A member of a classic group. Kafka: ClassicGroupMember.

import type { JoinGroupResponse } from '@ottla/protocol/messages/join-group';
import type { SyncGroupResponse } from '@ottla/protocol/messages/sync-group';

/** Answers a request that waited. Later calls are ignored by whoever made it. */
export type Reply<T> = (response: T) => void;

/** An assignment protocol that a member can speak, with its metadata for it. */
export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

/** The assignment of a member that has none. */
export const EMPTY_ASSIGNMENT: Buffer = Buffer.alloc(0);

/** What a member is from its first join to its end; the mutable part changes when it joins again. */
export interface ClassicMember {
  readonly memberId: string;
  /** Null for a dynamic member. */
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  /** As Kafka prints an address: `/127.0.0.1`. */
  readonly clientHost: string;
  readonly protocolType: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  /** In the member's order of preference; the bytes are its own. */
  protocols: readonly MemberProtocol[];
  assignment: Buffer;
  /** Set while its JoinGroup waits. */
  awaitingJoin: Reply<JoinGroupResponse> | undefined;
  /** Set while its SyncGroup waits. */
  awaitingSync: Reply<SyncGroupResponse> | undefined;
  /** Joined for the first time and not answered yet: may expire although its JoinGroup waits. */
  isNew: boolean;
}

/** A member's protocols out of a request, copied: the request's bytes are not ours to keep. */
export function copyProtocols(protocols: readonly MemberProtocol[]): MemberProtocol[] {
  const byName = new Map<string, MemberProtocol>();
  for (const { name, metadata } of protocols) {
    if (!byName.has(name)) byName.set(name, { name, metadata: Buffer.from(metadata) });
  }
  return [...byName.values()];
}

/** Whether a request offers exactly what the member offered before, in the same order. */
export function offersSame(member: ClassicMember, protocols: readonly MemberProtocol[]): boolean {
  return (
    protocols.length === member.protocols.length &&
    member.protocols.every(({ name, metadata }, index) => {
      const other = protocols[index]!;
      return other.name === name && metadata.equals(other.metadata);
    })
  );
}

/** The member's metadata for a protocol; undefined when it does not speak it. */
export function metadataOf(
  member: ClassicMember,
  protocolName: string | undefined,
): Buffer | undefined {
  return member.protocols.find(({ name }) => name === protocolName)?.metadata;
}

/** Whether the member cannot be expected to send heartbeats now: its JoinGroup or SyncGroup waits here. */
export function isExcusedFromHeartbeat(member: ClassicMember): boolean {
  if (member.isNew) return false;
  return member.awaitingJoin !== undefined || member.awaitingSync !== undefined;
}
