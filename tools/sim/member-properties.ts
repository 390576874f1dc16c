// The cluster of a plan as Kafka's configuration says it: who is broker, who votes, and the times that `ottla` gives a new
// cluster, or as it has them where the pace says so.
import type { FirstVoters } from '@ottla/broker';
import type { Pace, Plan } from './plan.ts';
import { siteOf } from './sites.ts';

export const BROKER_PORT = 9092;
export const CONTROLLER_PORT = 9093;
const FIRST_CONTROLLER_ID = 101;
/** Of two sites: where the third vote is. */
const TIE_BREAKER_ID = FIRST_CONTROLLER_ID;

/** A broker's heartbeat may be so late. */
const SESSION_SLACK_MS = 1_500;

const TIMES: Readonly<Record<string, string>> = {
  'controller.quorum.election.timeout.ms': '500',
  'controller.quorum.election.backoff.max.ms': '500',
  'replica.lag.time.max.ms': '4000',
};

/** Snapshots of the metadata come and go within a run, and whoever was down for a while has to fetch one. */
const SNAPSHOTS: Readonly<Record<string, string>> = {
  'metadata.log.max.record.bytes.between.snapshots': '3000',
  'metadata.log.max.snapshot.interval.ms': '4000',
  'metadata.max.retention.bytes': '30000',
};

const NEAR_READS: Readonly<Record<string, string>> = {
  'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
};

/** A server of the plan, from the beginning or later. */
export interface PlannedMember {
  readonly name: string;
  readonly nodeId: number;
  readonly isBroker: boolean;
  readonly isController: boolean;
  readonly properties: Readonly<Record<string, string>>;
  /** How its directory is formatted; undefined: the server does it. */
  readonly format: { readonly voters: FirstVoters | undefined } | undefined;
  /** Comes when somebody calls for it. */
  readonly isLate: boolean;
}

/** Who is what. */
interface Roles {
  readonly brokers: readonly number[];
  /** At the beginning. */
  readonly voters: readonly number[];
  /** Could vote. */
  readonly controllers: readonly number[];
  readonly late: readonly number[];
}

export function plannedMembers(plan: Plan): PlannedMember[] {
  const roles = rolesOf(plan);
  const shared = sharedProperties(plan, roles);
  const ids = new Set([...roles.brokers, ...roles.controllers]);
  return [...ids].map((id) => {
    const isBroker = roles.brokers.includes(id);
    const isController = roles.controllers.includes(id);
    const name = nameOf(id);
    return {
      name,
      nodeId: id,
      isBroker,
      isController,
      properties: { ...shared, ...ownProperties(plan, id, { isBroker, isController }) },
      format: formatOf(plan, roles, id),
      isLate: roles.late.includes(id),
    };
  });
}

function rolesOf(plan: Plan): Roles {
  const { brokers, controllers, isCombined, traits } = plan;
  const late = traits.has('growth') ? [brokers + 1] : [];
  const all = [...idsFrom(1, brokers), ...late];
  if (traits.has('stretch')) {
    const voters = [1, 3, TIE_BREAKER_ID];
    return { brokers: all, voters, controllers: voters, late };
  }
  const first = isCombined ? 1 : FIRST_CONTROLLER_ID;
  const spares = traits.has('voters') ? 1 : 0;
  const count = Math.min(controllers + spares, isCombined ? brokers : Infinity);
  return {
    brokers: all,
    voters: idsFrom(first, controllers),
    controllers: idsFrom(first, count),
    late,
  };
}

function sharedProperties(plan: Plan, { voters }: Roles): Record<string, string> {
  const { traits, pace } = plan;
  const addresses = voters.map((id) => `${nameOf(id)}:${CONTROLLER_PORT}`);
  const quorum: Record<string, string> = traits.has('voters')
    ? {
        'controller.quorum.bootstrap.servers': addresses.join(','),
        'controller.quorum.auto.join.enable': String(plan.isAutoJoin),
      }
    : {
        'controller.quorum.voters': voters
          .map((id, index) => `${id}@${addresses[index]}`)
          .join(','),
      };
  return {
    ...(traits.has('stretch') ? NEAR_READS : { ...TIMES, ...paced(pace) }),
    'replica.fetch.wait.max.ms': String(pace.fetchWaitMs),
    'metadata.max.idle.interval.ms': String(pace.idleRecordMs),
    ...(traits.has('snapshots') ? SNAPSHOTS : {}),
    ...(traits.has('flips') ? { 'log.flush.offset.checkpoint.interval.ms': '2000' } : {}),
    ...quorum,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': '/data',
    // A clock that has jumped by years would have retention delete what is looked for at the end.
    'log.initial.task.delay.ms': '300000',
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.num.partitions': '2',
    'offsets.topic.replication.factor': String(plan.replicationFactor),
    'min.insync.replicas': String(plan.minInSyncReplicas),
    ...(plan.isSynced ? { 'log.flush.interval.messages': '1' } : {}),
  };
}

function paced({ heartbeatMs, quorumTimeoutMs }: Pace): Record<string, string> {
  return {
    'controller.quorum.fetch.timeout.ms': String(quorumTimeoutMs),
    'broker.heartbeat.interval.ms': String(heartbeatMs),
    'broker.session.timeout.ms': String(heartbeatMs + SESSION_SLACK_MS),
  };
}

function ownProperties(
  plan: Plan,
  id: number,
  { isBroker, isController }: Pick<PlannedMember, 'isBroker' | 'isController'>,
): Record<string, string> {
  const name = nameOf(id);
  const listeners = [
    ...(isBroker ? [`PLAINTEXT://${name}:${BROKER_PORT}`] : []),
    ...(isController ? [`CONTROLLER://${name}:${CONTROLLER_PORT}`] : []),
  ];
  const roles = [...(isBroker ? ['broker'] : []), ...(isController ? ['controller'] : [])];
  const rack = siteOf(plan, name);
  return {
    'node.id': String(id),
    'process.roles': roles.join(','),
    listeners: listeners.join(','),
    ...(isBroker && rack !== undefined ? { 'broker.rack': rack } : {}),
  };
}

/** The same text for all voters, as somebody would type it; whoever is no voter yet is formatted without. */
function formatOf(plan: Plan, { voters }: Roles, id: number): PlannedMember['format'] {
  if (plan.traits.has('voters')) {
    const initialControllers = voters
      .map((voter) => `${voter}@${nameOf(voter)}:${CONTROLLER_PORT}:${directoryOf(voter)}`)
      .join(',');
    return { voters: voters.includes(id) ? { initialControllers } : 'none' };
  }
  return plan.traits.has('elr') ? { voters: undefined } : undefined;
}

function directoryOf(id: number): string {
  return Buffer.from(`directory of ${id}`.padEnd(16, '.')).toString('base64url');
}

function idsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

function nameOf(id: number): string {
  return id < FIRST_CONTROLLER_ID ? `broker-${id}` : `controller-${id}`;
}
