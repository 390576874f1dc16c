// A classic group as the value of its record, and back. Kafka: GroupCoordinatorRecordHelpers, GroupMetadataManager.replay.

import {
  type GroupMetadataValue,
  groupMetadataValue,
} from '@ottla/protocol/messages/group-metadata-value';
import { ClassicGroup } from './classic-group.ts';
import { type ClassicMember, EMPTY_ASSIGNMENT, metadataOf } from './classic-member.ts';
import { type GroupMetadataRecord, groupMetadataRecord } from './group-records.ts';

/** The record of a group with its members; members without an entry in `assignments` get the empty assignment. */
export function recordOf(
  group: ClassicGroup,
  assignments: ReadonlyMap<string, Buffer>,
): GroupMetadataRecord {
  const members = [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeout: member.rebalanceTimeoutMs,
    sessionTimeout: member.sessionTimeoutMs,
    subscription: metadataOf(member, group.protocolName) ?? EMPTY_ASSIGNMENT,
    assignment: assignments.get(member.memberId) ?? EMPTY_ASSIGNMENT,
  }));
  return groupMetadataRecord(
    group.groupId,
    groupMetadataValue.create({
      protocolType: group.protocolType ?? '',
      generation: group.generationId,
      protocol: group.protocolName ?? null,
      leader: group.leaderId ?? null,
      currentStateTimestamp: group.stateTimestampMs ?? -1,
      members,
    }),
  );
}

/** The record that makes a new group known before anyone has joined it. */
export function emptyRecordOf(group: ClassicGroup): GroupMetadataRecord {
  return groupMetadataRecord(
    group.groupId,
    groupMetadataValue.create({
      protocolType: '',
      generation: 0,
      protocol: null,
      leader: null,
      currentStateTimestamp: group.stateTimestampMs ?? -1,
      members: [],
    }),
  );
}

/** The group that a record describes: Stable with its members, or Empty. The record's bytes are copied. */
export function groupOf(groupId: string, value: GroupMetadataValue): ClassicGroup {
  const group = new ClassicGroup(groupId, {
    state: value.members.length === 0 ? 'Empty' : 'Stable',
    generationId: value.generation,
    protocolType: value.protocolType === '' ? undefined : value.protocolType,
    protocolName: value.protocol ?? undefined,
    leaderId: value.leader ?? undefined,
    stateTimestampMs: value.currentStateTimestamp === -1 ? undefined : value.currentStateTimestamp,
  });
  for (const member of value.members) group.add(memberOf(value, member));
  group.updateSubscribedTopics();
  return group;
}

function memberOf(
  value: GroupMetadataValue,
  member: GroupMetadataValue['members'][number],
): ClassicMember {
  const metadata = Buffer.from(member.subscription);
  return {
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    protocolType: value.protocolType,
    // Records of version 0 have no rebalance timeout.
    rebalanceTimeoutMs:
      member.rebalanceTimeout === -1 ? member.sessionTimeout : member.rebalanceTimeout,
    sessionTimeoutMs: member.sessionTimeout,
    protocols: value.protocol === null ? [] : [{ name: value.protocol, metadata }],
    assignment: Buffer.from(member.assignment),
    awaitingJoin: undefined,
    awaitingSync: undefined,
    isNew: false,
  };
}
