// Somebody who changes who votes while everything goes wrong (KIP-853): takes a voter out, lets an observer vote, gives a
// controller an empty disk and takes its former self out.
import { Admin, type ClientOptions, KafkaError, type QuorumDescription } from '@ottla/client';
import type { Platform } from '@ottla/platform';
import { CONTROLLER_PORT } from './member-properties.ts';
import type { Member } from './member.ts';

const REST_MS_MIN = 1_000;
const REST_MS_MAX = 6_000;
/** With fewer, one that is down for a while stops the quorum. */
const VOTERS_MIN = 3;
const DOWN_MS_MAX = 3_000;

export interface VoterOperatorOptions {
  readonly members: readonly Member[];
  readonly client: ClientOptions & { readonly platform: Platform };
  readonly log: (line: string) => void;
}

/** Works until the signal says that it is enough. */
export async function operateVoters(
  options: VoterOperatorOptions,
  signal: AbortSignal,
): Promise<void> {
  const { random, timers } = options.client.platform;
  const admin = new Admin(options.client);
  const former: Former = {};
  while (!signal.aborted) {
    await timers.sleep(REST_MS_MIN + random.below(REST_MS_MAX - REST_MS_MIN));
    if (signal.aborted) break;
    try {
      await changeSomething(admin, options, former, random);
    } catch (error) {
      // Refused, or nobody answered in time: what is there now is looked at anew.
      if (!(error instanceof KafkaError)) throw error;
    }
  }
  await admin.close();
}

/** The voter whose disk was taken away. */
interface Former {
  directoryId?: string;
}

async function changeSomething(
  admin: Admin,
  { members, log }: VoterOperatorOptions,
  former: Former,
  random: Platform['random'],
): Promise<void> {
  const controllers = members.filter(({ planned }) => planned.isController);
  const quorum = await admin.describeQuorum();
  const { voters } = quorum;
  // Whoever was given another disk is counted and never answers: it goes first, as soon as its new self is there.
  const gone = voters.find(({ directoryId }) => directoryId === former.directoryId);
  if (gone !== undefined) {
    if (!isBack(gone, quorum)) return;
    log(`voters: the former ${gone.nodeId} goes`);
    await admin.removeRaftVoter(gone);
    return;
  }
  const waiting = quorum.observers
    .filter(
      ({ nodeId }) =>
        controllers.some((each) => each.nodeId === nodeId) &&
        voters.every((voter) => voter.nodeId !== nodeId),
    )
    .toSorted((a, b) => b.lastFetchTimestamp - a.lastFetchTimestamp);
  // Now and then somebody takes the wrong line of what the cluster shows: a directory that is gone is to be refused.
  const next = random.below(4) === 0 ? waiting.at(-1) : waiting[0];
  if (next !== undefined && (voters.length < VOTERS_MIN || random.below(2) === 0)) {
    log(`voters: ${next.nodeId} comes`);
    const host = controllers.find(({ nodeId }) => nodeId === next.nodeId)?.name ?? '';
    await admin.addRaftVoter({
      nodeId: next.nodeId,
      directoryId: next.directoryId,
      listeners: [{ name: 'CONTROLLER', host, port: CONTROLLER_PORT }],
    });
    return;
  }
  if (voters.length < VOTERS_MIN) return;
  const voter = voters[random.below(voters.length)]!;
  const member = controllers.find(({ nodeId }) => nodeId === voter.nodeId);
  const isReplaced = random.below(3) === 0 && member?.planned.isBroker === false;
  if (isReplaced && isWholeWithout(quorum, voter.nodeId)) {
    if (!member.replaceDisk(random.below(DOWN_MS_MAX))) return;
    log(`voters: ${voter.nodeId} gets another disk`);
    former.directoryId = voter.directoryId;
  } else {
    log(`voters: ${voter.nodeId} goes`);
    await admin.removeRaftVoter(voter);
  }
}

/** The same node is there with another directory. */
function isBack(
  voter: QuorumDescription['voters'][number],
  { observers }: QuorumDescription,
): boolean {
  return observers.some(
    ({ nodeId, directoryId }) => nodeId === voter.nodeId && directoryId !== voter.directoryId,
  );
}

/** The others have all that is committed: what this disk holds is on them as well. */
function isWholeWithout({ voters, highWatermark }: QuorumDescription, nodeId: number): boolean {
  return voters.every((voter) => voter.nodeId === nodeId || voter.logEndOffset >= highWatermark);
}
