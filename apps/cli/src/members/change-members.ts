// `ottla cluster add`, `drain` and `remove`: a broker gets its share of the replicas, gives all of them away, is forgotten.
import type { Admin } from '@ottla/client';
import { CliError } from '../cli-error.ts';
import { withAdmin } from '../cluster.ts';
import { confirmOrRefuse } from '../confirm.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { printDone } from '../output/print.ts';
import { type ClusterState, clusterState, placements, placesOf } from './cluster-state.ts';
import { carryOut } from './carry-out.ts';
import { drained, filled, type PlacedPartition, TooFewBrokers } from './placement.ts';

/** Options of all three. */
export interface ChangeMembersOptions extends ClusterOptions {
  readonly yes?: boolean;
  /** Says what would move, and moves nothing. */
  readonly dryRun?: boolean;
}

/** Gives a broker that has joined its share of the replicas, then the leaders their places. */
export async function addBroker(
  io: CliIo,
  nodeId: number,
  options: ChangeMembersOptions,
): Promise<void> {
  await change(io, nodeId, options, async (admin, state) => {
    requireActive(state, nodeId);
    const targets = filled(placements(state.topics), placesOf(state), nodeId);
    await carryOut(
      io,
      admin,
      options,
      { state, targets },
      {
        what: `filling broker ${nodeId}`,
        done: `Broker ${nodeId} has its share: ${targets.length} replicas moved to it.`,
        nothing: `Broker ${nodeId} has its share already.`,
      },
    );
  });
}

/** Moves everything off a broker, which goes on running. */
export async function drainBroker(
  io: CliIo,
  nodeId: number,
  options: ChangeMembersOptions,
): Promise<void> {
  await change(io, nodeId, options, async (admin, state) => {
    const targets = drainTargets(state, nodeId);
    await carryOut(
      io,
      admin,
      options,
      { state, targets },
      {
        what: `draining broker ${nodeId}`,
        done: drainedText(state.cluster, nodeId),
        nothing: `Broker ${nodeId} holds no replicas.`,
      },
    );
  });
}

/** What is to be done next. */
export function drainedText(
  { brokers }: Pick<ClusterState['cluster'], 'brokers'>,
  nodeId: number,
): string {
  const runs = brokers.some((broker) => broker.nodeId === nodeId && !broker.isFenced);
  const next = `\`ottla cluster remove ${nodeId}\` takes it out of the cluster.`;
  return `Broker ${nodeId} holds nothing any more: ${runs ? `stop it, then ${next}` : next}`;
}

/** Takes a drained broker out of the quorum and of the cluster. */
export async function removeBroker(
  io: CliIo,
  nodeId: number,
  options: ChangeMembersOptions,
): Promise<void> {
  await change(io, nodeId, options, async (admin, state) => {
    const held = placements(state.topics).filter(({ replicas }) => replicas.includes(nodeId));
    if (held.length > 0)
      throw new CliError(
        `broker ${nodeId} still holds ${held.length} replicas`,
        `Move them away first: \`ottla cluster drain ${nodeId}\`.`,
      );
    refuseLostQuorum(state, nodeId);
    await confirmOrRefuse(io, options, `Remove node ${nodeId} from the cluster?`);
    const broker = state.cluster.brokers.find((one) => one.nodeId === nodeId);
    // A node that runs would come back by itself, as broker and as voter.
    if (broker?.isFenced === false) await untilStopped(io, admin, nodeId);
    const voter = state.quorum?.voters.find((one) => one.nodeId === nodeId);
    if (voter !== undefined) await admin.removeRaftVoter(voter);
    if (broker !== undefined) await admin.unregisterBroker(nodeId);
    await printDone(io, options.json, `Node ${nodeId} is no member any more.`, { removed: nodeId });
  });
}

/** Does something with a node that the cluster knows. */
async function change(
  io: CliIo,
  nodeId: number,
  options: ClusterOptions,
  use: (admin: Admin, state: ClusterState) => Promise<void>,
): Promise<void> {
  await withAdmin(io, options, async (admin) => {
    const state = await clusterState(admin);
    requireKnown(state, nodeId);
    await use(admin, state);
  });
}

function drainTargets(state: ClusterState, nodeId: number): PlacedPartition[] {
  try {
    return drained(placements(state.topics), placesOf(state), nodeId);
  } catch (error) {
    if (!(error instanceof TooFewBrokers)) throw error;
    throw new CliError(
      `broker ${nodeId} cannot be drained: ${error.message}`,
      `Add another broker first, or give the topic fewer replicas: \`ottla topic reassign ${error.partition.topic} --replication-factor ${error.partition.replicas.length - 1}\`.`,
    );
  }
}

/** A voter stops before it is removed, and the others must be more than half of all without it. */
function refuseLostQuorum({ cluster, quorum }: ClusterState, nodeId: number): void {
  const voters = quorum?.voters.map((voter) => voter.nodeId) ?? [];
  const isBroker = cluster.brokers.some((broker) => broker.nodeId === nodeId);
  if (!voters.includes(nodeId) || voters.length > (isBroker ? 2 : 1)) return;
  const [other] = voters.filter((id) => id !== nodeId);
  throw new CliError(
    other === undefined
      ? `node ${nodeId} is the only voter of the metadata quorum`
      : `node ${nodeId} is one of two voters: without it, node ${other} cannot decide anything`,
    'Let others vote first: with three voters, one of them can go.',
  );
}

function requireKnown({ cluster, quorum }: ClusterState, nodeId: number): void {
  const ids = [...cluster.brokers, ...(quorum?.voters ?? [])].map((one) => one.nodeId);
  if (ids.includes(nodeId)) return;
  throw new CliError(
    `there is no node ${nodeId} in this cluster`,
    `There are ${[...new Set(ids)].toSorted((a, b) => a - b).join(', ')}; see \`ottla cluster status\`.`,
  );
}

function requireActive(state: ClusterState, nodeId: number): void {
  if (placesOf(state).some((place) => place.nodeId === nodeId)) return;
  throw new CliError(
    `broker ${nodeId} is not active`,
    'Start it, and see with `ottla cluster status` when it is.',
  );
}

const LOOK_EVERY_MS = 250;

/** A broker that runs would only register again. */
async function untilStopped(io: CliIo, admin: Admin, nodeId: number): Promise<void> {
  const interrupted = io.interrupt();
  const { timers } = await io.platform();
  await io.stderr.write(`Broker ${nodeId} is running: stop it now. Waiting …\n`);
  for (;;) {
    const { brokers } = await admin.describeCluster({ includeFencedBrokers: true });
    const broker = brokers.find((one) => one.nodeId === nodeId);
    if (broker === undefined || broker.isFenced) return;
    if (interrupted.aborted)
      throw new CliError(
        `broker ${nodeId} was not removed: it is running`,
        `Stop it, then \`ottla cluster remove ${nodeId}\` again.`,
      );
    await timers.sleep(LOOK_EVERY_MS, interrupted).catch(() => {});
  }
}
