// `ottla cluster status`: who is there, who votes, and what is not as safe as it should be.
import type { Admin, EligibleLeaders } from '@ottla/client';
import { CliError } from '../cli-error.ts';
import { PATIENCE, withAdmin } from '../cluster.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { printJson } from '../output/print.ts';
import { bold, formatTable } from '../output/table.ts';
import { type ClusterState, type LastKnownState, lastKnownState } from './cluster-state.ts';

/** Options of the command. */
export type ClusterStatusOptions = ClusterOptions;

interface Member {
  readonly nodeId: number;
  /** Null for a controller that is no broker. */
  readonly address: string | null;
  readonly rack: string | null;
  readonly state: 'active' | 'fenced' | 'controller only';
  /** `leader` is the active controller. */
  readonly quorum: 'leader' | 'voter' | 'observer' | null;
  /** Records of the metadata log that it does not have yet; null while not known. */
  readonly metadataLag: number | null;
  readonly leads: number;
  readonly replicas: number;
  readonly outOfSync: number;
}

interface UnsafePartition {
  readonly topic: string;
  readonly partition: number;
  readonly leader: number | null;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

/** With who may lead it though not in sync (KIP-966). */
interface DescribedUnsafePartition extends UnsafePartition {
  readonly eligibleLeaders: readonly number[];
  /** Who may lack records, and was eligible or in sync last; when nobody is any more. */
  readonly lastKnownLeaders: readonly number[];
}

/** Prints members and what is under-replicated. @throws CliError behind that when there is no active controller */
export async function clusterStatus(io: CliIo, options: ClusterStatusOptions): Promise<void> {
  const { state, unsafe, shown } = await withAdmin(io, options, look(options), PATIENCE);
  const members = membersOf(state);
  const partitions = state.topics.flatMap(({ partitions }) => partitions);
  if (options.json === true) {
    const { clusterId } = state.cluster;
    const { quorum, reassigning } = state;
    await printJson(io, {
      clusterId,
      activeController: state.hasController
        ? (quorum?.leaderId ?? state.cluster.controllerId)
        : null,
      metadataEpoch: quorum?.leaderEpoch ?? null,
      members,
      partitions: partitions.length,
      underReplicated: shown,
      reassigning: reassigning.map(nameOf),
    });
  } else {
    await io.stdout.write(headline(io, state));
    await io.stdout.write(memberTable(io, members));
    await io.stdout.write(`\n${summary(partitions.length, unsafe, state.reassigning.length)}\n`);
    if (unsafe.length > 0) await io.stdout.write(unsafeTable(io, shown, unsafe.length));
  }
  if (!state.hasController)
    throw new CliError(
      'no active controller answers: this is what a broker knew last',
      'More than half of the voters must run and reach each other; look at their logs.',
    );
}

/** What is printed; who may lead is asked for no more partitions than that. */
function look({ json = false }: ClusterStatusOptions) {
  return async (admin: Admin) => {
    const state = await lastKnownState(admin);
    const unsafe = unsafePartitions(state);
    const shown = json ? unsafe : unsafe.slice(0, UNSAFE_SHOWN_MAX);
    const topics = [...new Set(shown.map(({ topic }) => topic))];
    return {
      state,
      unsafe,
      shown: withLeaders(shown, await admin.describeEligibleLeaders(topics)),
    };
  };
}

/** @param eligible where there is anything to say */
export function withLeaders(
  partitions: readonly UnsafePartition[],
  eligible: readonly EligibleLeaders[],
): DescribedUnsafePartition[] {
  const mayLead = new Map(eligible.map((one) => [nameOf(one), one]));
  return partitions.map((partition) => {
    const found = mayLead.get(nameOf(partition));
    const { eligible: eligibleLeaders = [], lastKnown: lastKnownLeaders = [] } = found ?? {};
    return { ...partition, eligibleLeaders, lastKnownLeaders };
  });
}

function membersOf({ cluster, quorum, topics }: ClusterState): Member[] {
  const partitions = topics.flatMap(({ partitions }) => partitions);
  const brokers = new Map(cluster.brokers.map((broker) => [broker.nodeId, broker]));
  const replicas = [...(quorum?.voters ?? []), ...(quorum?.observers ?? [])];
  const end = replicas.find(({ nodeId }) => nodeId === quorum?.leaderId)?.logEndOffset ?? -1;
  const ids = new Set([...brokers.keys(), ...(quorum?.voters ?? []).map(({ nodeId }) => nodeId)]);
  return [...ids]
    .toSorted((a, b) => a - b)
    .map((nodeId) => {
      const broker = brokers.get(nodeId);
      const replica = replicas.find((one) => one.nodeId === nodeId);
      const own = partitions.filter((partition) => partition.replicas.includes(nodeId));
      const isVoter = quorum?.voters.some((voter) => voter.nodeId === nodeId) ?? false;
      return {
        nodeId,
        address: broker === undefined ? null : `${broker.host}:${broker.port}`,
        rack: broker?.rack ?? null,
        state: broker === undefined ? 'controller only' : broker.isFenced ? 'fenced' : 'active',
        quorum:
          replica === undefined
            ? null
            : nodeId === quorum?.leaderId
              ? 'leader'
              : isVoter
                ? 'voter'
                : 'observer',
        metadataLag:
          replica === undefined || replica.logEndOffset < 0 || end < 0
            ? null
            : Math.max(0, end - replica.logEndOffset),
        leads: own.filter(({ leaderId }) => leaderId === nodeId).length,
        replicas: own.length,
        outOfSync: own.filter(({ isr }) => !isr.includes(nodeId)).length,
      };
    });
}

/** Partitions with fewer replicas in sync than they shall have: a replica that a reassignment adds counts when it has come. */
export function unsafePartitions({
  topics,
  reassigning,
}: Pick<ClusterState, 'topics' | 'reassigning'>): UnsafePartition[] {
  const coming = new Map(reassigning.map((one) => [nameOf(one), one.addingReplicas.length]));
  return topics.flatMap(({ name: topic, partitions }) =>
    partitions
      .filter(({ partition, isr, replicas, leaderId }) => {
        const wanted = replicas.length - (coming.get(nameOf({ topic, partition })) ?? 0);
        return isr.length < wanted || leaderId < 0;
      })
      .map(({ partition, leaderId, replicas, isr }) => ({
        topic,
        partition,
        leader: leaderId < 0 ? null : leaderId,
        replicas,
        isr,
      })),
  );
}

function nameOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}-${partition}`;
}

function headline(io: CliIo, { cluster, quorum, hasController }: LastKnownState): string {
  const controller = hasController ? (quorum?.leaderId ?? cluster.controllerId) : -1;
  const epoch = quorum === undefined ? '' : `, epoch ${quorum.leaderEpoch}`;
  const active = cluster.brokers.filter(({ isFenced }) => !isFenced).length;
  const leads = controller < 0 ? 'no active controller' : `controller ${controller}${epoch}`;
  return `${bold(cluster.clusterId, io.stdout)}: ${active} of ${cluster.brokers.length} brokers active, ${leads}\n\n`;
}

function memberTable(io: CliIo, members: readonly Member[]): string {
  return formatTable(
    ['NODE', 'ADDRESS', 'RACK', 'STATE', 'QUORUM', 'LAG', 'LEADS', 'REPLICAS', 'OUT OF SYNC'],
    members.map((one) => [
      one.nodeId,
      one.address,
      one.rack,
      one.state,
      one.quorum,
      one.metadataLag,
      one.leads,
      one.replicas,
      one.outOfSync,
    ]),
    io.stdout,
  );
}

function summary(
  partitions: number,
  unsafe: readonly UnsafePartition[],
  reassigning: number,
): string {
  const leaderless = unsafe.filter(({ leader }) => leader === null).length;
  const moving = reassigning === 0 ? '' : `, ${reassigning} being moved`;
  if (partitions === 0) return 'There are no partitions yet.';
  return unsafe.length === 0
    ? `All ${partitions} partitions are fully replicated${moving}.`
    : `${unsafe.length} of ${partitions} partitions are under-replicated, ${leaderless} without a leader${moving}:`;
}

/** A screen has room for so many. */
const UNSAFE_SHOWN_MAX = 30;

/** @param count of all, of which some may not be shown */
export function unsafeTable(
  { stdout }: Pick<CliIo, 'stdout'>,
  shown: readonly DescribedUnsafePartition[],
  count: number,
): string {
  // Seldom is there anything to say: then the column is left out.
  const hasLeaders = shown.some((one) => mayLead(one) !== '');
  const table = formatTable(
    ['TOPIC', 'PARTITION', 'LEADER', 'REPLICAS', 'IN SYNC', ...(hasLeaders ? ['MAY LEAD'] : [])],
    shown.map((one) => [
      one.topic,
      one.partition,
      one.leader,
      one.replicas.join(','),
      one.isr.join(','),
      ...(hasLeaders ? [mayLead(one)] : []),
    ]),
    stdout,
  );
  const hidden = count - shown.length;
  return hidden === 0 ? `\n${table}` : `\n${table}… and ${hidden} more; --json lists all.\n`;
}

function mayLead({ leader, eligibleLeaders, lastKnownLeaders }: DescribedUnsafePartition): string {
  if (eligibleLeaders.length > 0) return eligibleLeaders.join(',');
  if (leader !== null || lastKnownLeaders.length === 0) return '';
  return `nobody without loss (last: ${lastKnownLeaders.join(',')})`;
}
