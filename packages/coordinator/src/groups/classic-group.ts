// A classic group: its members, who waits for what, and which protocol they agreed on. It changes only through its methods and
// knows neither time nor log nor timers. Kafka: ClassicGroup.

import {
  type JoinGroupResponse,
  type JoinGroupResponseMember,
  joinGroupResponse,
} from '@ottla/protocol/messages/join-group';
import { type SyncGroupResponse, syncGroupResponse } from '@ottla/protocol/messages/sync-group';
import { ErrorCode } from '@ottla/protocol';
import { CoordinatorError } from '../runtime/coordinator-error.ts';
import { canTransition, type ClassicGroupState } from './classic-group-state.ts';
import {
  type ClassicMember,
  copyProtocols,
  type MemberProtocol,
  metadataOf,
  type Reply,
} from './classic-member.ts';
import { CONSUMER_PROTOCOL_TYPE, subscribedTopicsOf } from './subscribed-topics.ts';

/** What a group starts from. */
export interface ClassicGroupInit {
  readonly state: ClassicGroupState;
  readonly generationId: number;
  readonly protocolType: string | undefined;
  readonly protocolName: string | undefined;
  readonly leaderId: string | undefined;
  /** When the state was entered, in ms since 1970; undefined in records of old Kafka. */
  readonly stateTimestampMs: number | undefined;
}

/** One classic group. */
export class ClassicGroup {
  readonly groupId: string;
  #state: ClassicGroupState;
  #previousState: ClassicGroupState = 'Dead';
  #stateTimestampMs: number | undefined;
  #generationId: number;
  #protocolType: string | undefined;
  #protocolName: string | undefined;
  #leaderId: string | undefined;
  readonly #members = new Map<string, ClassicMember>();
  /** Member id by group instance id. */
  readonly #staticMembers = new Map<string, string>();
  /** How many members speak a protocol, by its name. */
  readonly #supporters = new Map<string, number>();
  #awaitingJoinCount = 0;
  #subscribedTopics: ReadonlySet<string> | undefined;

  /** Ids that were given out with MEMBER_ID_REQUIRED and have not joined yet. */
  readonly pendingJoin: Set<string> = new Set();
  /** Members that have not sent SyncGroup in this generation yet. */
  readonly pendingSync: Set<string> = new Set();
  /** Someone joined while the first rebalance waited for more. */
  newMemberAdded = false;

  constructor(groupId: string, init: ClassicGroupInit) {
    this.groupId = groupId;
    this.#state = init.state;
    this.#generationId = init.generationId;
    this.#protocolType = init.protocolType;
    this.#protocolName = init.protocolName;
    this.#leaderId = init.leaderId;
    this.#stateTimestampMs = init.stateTimestampMs;
  }

  /** An empty group without a protocol: new, or one that only keeps offsets. */
  static empty(groupId: string, nowMs: number): ClassicGroup {
    return new ClassicGroup(groupId, {
      state: 'Empty',
      generationId: 0,
      protocolType: undefined,
      protocolName: undefined,
      leaderId: undefined,
      stateTimestampMs: nowMs,
    });
  }

  get state(): ClassicGroupState {
    return this.#state;
  }

  get previousState(): ClassicGroupState {
    return this.#previousState;
  }

  get stateTimestampMs(): number | undefined {
    return this.#stateTimestampMs;
  }

  get generationId(): number {
    return this.#generationId;
  }

  get protocolType(): string | undefined {
    return this.#protocolType;
  }

  get protocolName(): string | undefined {
    return this.#protocolName;
  }

  get leaderId(): string | undefined {
    return this.#leaderId;
  }

  get members(): ReadonlyMap<string, ClassicMember> {
    return this.#members;
  }

  get awaitingJoinCount(): number {
    return this.#awaitingJoinCount;
  }

  /** Undefined when the group does not consist of consumers, or their subscriptions cannot be read. */
  get subscribedTopics(): ReadonlySet<string> | undefined {
    return this.#subscribedTopics;
  }

  get isConsumers(): boolean {
    return this.#protocolType === CONSUMER_PROTOCOL_TYPE;
  }

  /** The longest of the members' rebalance timeouts; 0 without members. */
  get rebalanceTimeoutMs(): number {
    let longestMs = 0;
    for (const { rebalanceTimeoutMs } of this.#members.values())
      longestMs = Math.max(longestMs, rebalanceTimeoutMs);
    return longestMs;
  }

  get hasAllMembersJoined(): boolean {
    return this.#members.size === this.#awaitingJoinCount && this.pendingJoin.size === 0;
  }

  /** Whether a rebalance may begin in the present state. */
  get canRebalance(): boolean {
    return canTransition(this.#state, 'PreparingRebalance');
  }

  isLeader(memberId: string): boolean {
    return this.#leaderId === memberId;
  }

  staticMemberId(groupInstanceId: string): string | undefined {
    return this.#staticMembers.get(groupInstanceId);
  }

  /** Whether members may be interested in the topic; true for consumers whose subscription is unknown. */
  isSubscribedTo(topic: string): boolean {
    return this.#subscribedTopics?.has(topic) ?? this.isConsumers;
  }

  /** @throws CoordinatorError `UNKNOWN_MEMBER_ID`, or `FENCED_INSTANCE_ID` when another member has the instance id */
  validateMember(memberId: string, groupInstanceId: string | null): ClassicMember {
    if (groupInstanceId !== null) {
      const owner = this.#staticMembers.get(groupInstanceId);
      if (owner === undefined) throw new CoordinatorError('UNKNOWN_MEMBER_ID');
      if (owner !== memberId) throw new CoordinatorError('FENCED_INSTANCE_ID');
    }
    const member = this.#members.get(memberId);
    if (member === undefined) throw new CoordinatorError('UNKNOWN_MEMBER_ID');
    return member;
  }

  /** Whether a member of this type with these protocols could be in the group with all present members. */
  supports(protocolType: string, protocols: readonly { readonly name: string }[]): boolean {
    if (this.#state === 'Empty') return protocolType !== '' && protocols.length > 0;
    return (
      this.#protocolType === protocolType &&
      protocols.some(({ name }) => this.#isSupportedByAll(name))
    );
  }

  /** Adds a member that `supports` accepted; the first one leads and gives the group its type. */
  add(member: ClassicMember): void {
    if (member.groupInstanceId !== null)
      this.#staticMembers.set(member.groupInstanceId, member.memberId);
    if (this.#members.size === 0) this.#protocolType = member.protocolType;
    this.#leaderId ??= member.memberId;
    this.#members.set(member.memberId, member);
    this.#countSupport(member, 1);
    if (member.awaitingJoin !== undefined) this.#awaitingJoinCount += 1;
    this.pendingJoin.delete(member.memberId);
  }

  /**
   * Removes a member or a pending id, if there is one; another member leads when it led. Requests of it that wait are
   * answered UNKNOWN_MEMBER_ID, so that a client that is alive joins anew.
   */
  remove(memberId: string): void {
    const member = this.#members.get(memberId);
    if (member !== undefined) {
      const errorCode = ErrorCode.UNKNOWN_MEMBER_ID;
      this.answerJoin(member, joinGroupResponse.create({ memberId: '', errorCode }));
      this.answerSync(member, syncGroupResponse.create({ errorCode }));
      this.#members.delete(memberId);
      this.#countSupport(member, -1);
      if (member.groupInstanceId !== null) this.#staticMembers.delete(member.groupInstanceId);
    }
    if (this.isLeader(memberId)) this.#leaderId = this.#members.keys().next().value;
    this.pendingJoin.delete(memberId);
    this.pendingSync.delete(memberId);
  }

  /** Takes over what a JoinGroup of the member says; `reply` is what waits from now on, if anything. */
  update(
    member: ClassicMember,
    request: {
      readonly protocols: readonly MemberProtocol[];
      readonly rebalanceTimeoutMs: number;
      readonly sessionTimeoutMs: number;
    },
    reply: Reply<JoinGroupResponse> | undefined,
  ): void {
    this.#countSupport(member, -1);
    member.protocols = copyProtocols(request.protocols);
    this.#countSupport(member, 1);
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
    member.sessionTimeoutMs = request.sessionTimeoutMs;
    // Two JoinGroups of one member: only the later one goes on waiting.
    const errorCode = ErrorCode.REBALANCE_IN_PROGRESS;
    this.answerJoin(member, joinGroupResponse.create({ memberId: member.memberId, errorCode }));
    member.awaitingJoin = reply;
    if (reply !== undefined) this.#awaitingJoinCount += 1;
  }

  /**
   * Gives a static member's place to a new member id. Whoever waits under the old id is answered FENCED_INSTANCE_ID.
   *
   * @returns the member under its new id
   */
  replaceStaticMember(
    groupInstanceId: string,
    oldMemberId: string,
    newMemberId: string,
  ): ClassicMember {
    const old = this.#members.get(oldMemberId);
    if (old === undefined) throw new RangeError(`no member ${oldMemberId} to replace`);
    const errorCode = ErrorCode.FENCED_INSTANCE_ID;
    this.answerJoin(old, joinGroupResponse.create({ memberId: oldMemberId, errorCode }));
    this.answerSync(old, syncGroupResponse.create({ errorCode }));
    this.#members.delete(oldMemberId);
    if (this.pendingSync.delete(oldMemberId)) this.pendingSync.add(newMemberId);
    const member: ClassicMember = { ...old, memberId: newMemberId, isNew: false };
    this.#members.set(newMemberId, member);
    this.#staticMembers.set(groupInstanceId, newMemberId);
    if (this.isLeader(oldMemberId)) this.#leaderId = newMemberId;
    return member;
  }

  /** Answers the member's JoinGroup, if one waits. */
  answerJoin(member: ClassicMember, response: JoinGroupResponse): void {
    const reply = member.awaitingJoin;
    if (reply === undefined) return;
    member.awaitingJoin = undefined;
    this.#awaitingJoinCount -= 1;
    reply(response);
  }

  /** Lets the member's SyncGroup wait; an earlier one that waits is told to join again. */
  awaitSync(member: ClassicMember, reply: Reply<SyncGroupResponse>): void {
    const errorCode = ErrorCode.REBALANCE_IN_PROGRESS;
    this.answerSync(member, syncGroupResponse.create({ errorCode }));
    member.awaitingSync = reply;
  }

  /** Answers the member's SyncGroup. @returns whether one waited */
  answerSync(member: ClassicMember, response: SyncGroupResponse): boolean {
    const reply = member.awaitingSync;
    if (reply === undefined) return false;
    member.awaitingSync = undefined;
    reply(response);
    return true;
  }

  /** When the leader has not joined again, makes one lead who has. @returns whether a leader has joined */
  electJoinedLeader(): boolean {
    if (this.#leaderId === undefined) return false;
    if (this.#members.get(this.#leaderId)?.awaitingJoin !== undefined) return true;
    for (const member of this.#members.values()) {
      if (member.awaitingJoin === undefined) continue;
      this.#leaderId = member.memberId;
      return true;
    }
    return false;
  }

  /** Enters the next generation: CompletingRebalance with the protocol most members vote for, or Empty. */
  startNextGeneration(nowMs: number): void {
    this.#generationId += 1;
    this.#protocolName = this.#members.size > 0 ? this.selectProtocol() : undefined;
    this.updateSubscribedTopics();
    this.transitionTo(this.#members.size > 0 ? 'CompletingRebalance' : 'Empty', nowMs);
    this.pendingSync.clear();
  }

  /** The protocol that all speak and most prefer; the earliest vote breaks a tie. */
  selectProtocol(): string {
    const votes = new Map<string, number>();
    for (const { protocols } of this.#members.values()) {
      const choice = protocols.find(({ name }) => this.#isSupportedByAll(name));
      if (choice === undefined)
        throw new RangeError('a member speaks none of the common protocols');
      votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
    }
    let [selected, most] = ['', 0];
    for (const [name, count] of votes) if (count > most) [selected, most] = [name, count];
    return selected;
  }

  /** Reads the subscriptions of consumers again. */
  updateSubscribedTopics(): void {
    const subscriptions = [...this.#members.values()].map((member) =>
      metadataOf(member, this.#protocolName),
    );
    const isKnown = this.isConsumers && subscriptions.every((each) => each !== undefined);
    this.#subscribedTopics = isKnown ? subscribedTopicsOf(subscriptions) : undefined;
  }

  /** The members as the leader's JoinGroup response lists them. */
  membersForLeader(): JoinGroupResponseMember[] {
    return [...this.#members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: metadataOf(member, this.#protocolName) ?? Buffer.alloc(0),
    }));
  }

  /** @throws RangeError when there is no such arrow */
  transitionTo(state: ClassicGroupState, nowMs: number): void {
    if (!canTransition(this.#state, state))
      throw new RangeError(`group ${this.groupId} cannot go from ${this.#state} to ${state}`);
    this.#previousState = this.#state;
    this.#state = state;
    this.#stateTimestampMs = nowMs;
  }

  #isSupportedByAll(protocolName: string): boolean {
    return (this.#supporters.get(protocolName) ?? 0) === this.#members.size;
  }

  #countSupport(member: ClassicMember, by: 1 | -1): void {
    for (const { name } of member.protocols) {
      const count = (this.#supporters.get(name) ?? 0) + by;
      if (count > 0) this.#supporters.set(name, count);
      else this.#supporters.delete(name);
    }
  }
}
