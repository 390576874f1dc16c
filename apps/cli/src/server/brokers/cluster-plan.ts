// Several brokers on one machine as one cluster: who is who, on which ports, with which configuration. Pure. The plan is
// kept beside the data, so that the next start finds every node where the others expect it.
//
//   <data>/cluster.json             this plan
//   <data>/broker-<n>.properties    what `ottla server --config` starts by itself as well
//   <data>/broker-<n>/              log.dirs
import { usageError } from '../../cli-error.ts';

/** One node of the plan. */
export interface PlannedNode {
  readonly nodeId: number;
  /** Where clients reach it on 127.0.0.1. */
  readonly port: number;
  /** Where controllers reach it on 127.0.0.1; undefined for a node that is a broker only. */
  readonly controllerPort: number | undefined;
}

/** What `cluster.json` holds. */
export interface ClusterPlan {
  readonly clusterId: string;
  readonly nodes: readonly PlannedNode[];
}

/** Three controllers survive the loss of one; more would only make every change of metadata slower. */
const CONTROLLERS_MAX = 3;
/** From the port for clients to the controller's, where none is given. */
const CONTROLLER_PORT_DISTANCE = 10_000;
const PORT_MAX = 65_535;

/** How many of so many brokers are controllers as well: one or three, for two cannot lose any. */
export function controllerCount(brokers: number): number {
  return brokers < CONTROLLERS_MAX ? 1 : CONTROLLERS_MAX;
}

/**
 * A new cluster of so many brokers.
 *
 * @param firstPort the first broker's; the others follow it one by one
 * @throws CliError when the ports do not fit
 */
export function planCluster(clusterId: string, brokers: number, firstPort: number): ClusterPlan {
  return grownTo({ clusterId, nodes: [] }, brokers, firstPort);
}

/**
 * The plan with so many brokers: what is there keeps its place, new ones come behind. Where controllers are missing to three,
 * the lowest of those that are none become controllers: they join the quorum by themselves.
 *
 * @param empty nodes that hold no partitions; with fewer brokers than before, they are left out, the highest first
 * @throws CliError when somebody would be left out that holds data
 */
export function resizedPlan(
  plan: ClusterPlan,
  brokers: number,
  empty: ReadonlySet<number> = new Set(),
): ClusterPlan {
  const { nodes } = plan;
  const spare = Math.max(0, nodes.length - brokers);
  const leaving = new Set(
    nodes
      .map(({ nodeId }) => nodeId)
      .filter((nodeId) => empty.has(nodeId))
      .slice(-spare, spare === 0 ? 0 : undefined),
  );
  if (leaving.size < spare)
    throw usageError(
      `this cluster has ${nodes.length} brokers, --brokers ${brokers} would stop some that hold data`,
      'Move the data of one away first, `ottla cluster drain <node>`, then do this again: it leaves out who was drained.',
    );
  const staying = nodes.filter(({ nodeId }) => !leaving.has(nodeId));
  if (staying.every(({ controllerPort }) => controllerPort === undefined))
    throw usageError(
      `this cluster would be without its only controller, node ${nodes.find(({ controllerPort }) => controllerPort !== undefined)?.nodeId}`,
      'Grow to three brokers first: then another can take its place.',
    );
  return grownTo({ ...plan, nodes: staying }, brokers, nodes[0]!.port);
}

function grownTo(plan: ClusterPlan, brokers: number, firstPort: number): ClusterPlan {
  const nodes = [...plan.nodes];
  while (nodes.length < brokers) {
    const nodeId = Math.max(0, ...nodes.map((node) => node.nodeId)) + 1;
    const port = Math.max(firstPort - 1, ...nodes.map((node) => node.port)) + 1;
    if (port > PORT_MAX) throw usageError(`there is no port ${port}`, 'Choose a lower --port.');
    nodes.push({ nodeId, port, controllerPort: undefined });
  }
  const missing =
    controllerCount(nodes.length) -
    nodes.filter(({ controllerPort }) => controllerPort !== undefined).length;
  const next = new Set(
    nodes
      .filter(({ controllerPort }) => controllerPort === undefined)
      .slice(0, Math.max(0, missing)),
  );
  return {
    ...plan,
    nodes: nodes.map((node) =>
      next.has(node) ? { ...node, controllerPort: controllerPortOf(node.port) } : node,
    ),
  };
}

function controllerPortOf(port: number): number {
  return port + CONTROLLER_PORT_DISTANCE > PORT_MAX
    ? port - CONTROLLER_PORT_DISTANCE
    : port + CONTROLLER_PORT_DISTANCE;
}

/**
 * A node's `server.properties`.
 *
 * @param dataDir the folder of all nodes
 */
export function propertiesOf(plan: ClusterPlan, node: PlannedNode, dataDir: string): string {
  const { nodeId, port, controllerPort } = node;
  const controllers = plan.nodes.filter((each) => each.controllerPort !== undefined);
  const isController = controllerPort !== undefined;
  const settings: Readonly<Record<string, string>> = {
    'process.roles': isController ? 'broker,controller' : 'broker',
    'node.id': String(nodeId),
    listeners: [
      `PLAINTEXT://127.0.0.1:${port}`,
      ...(isController ? [`CONTROLLER://127.0.0.1:${controllerPort}`] : []),
    ].join(','),
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.quorum.bootstrap.servers': controllers
      .map((each) => `127.0.0.1:${each.controllerPort}`)
      .join(','),
    ...(isController ? { 'controller.quorum.auto.join.enable': 'true' } : {}),
    'log.dirs': `${dataDir}/broker-${nodeId}`,
    'ottla.default.replication.factor.max': String(REPLICAS_MAX),
    ...TIMES,
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  return `# Node ${nodeId} of a cluster on one machine; start it alone with: ottla server --config <this file>\n${lines.join('')}`;
}

/** Of a topic that is created without a count, when there are enough brokers. */
const REPLICAS_MAX = 3;

/** Shorter than Kafka's, whose processes may stand still for seconds: who is dead is missed sooner. */
const TIMES = {
  'broker.session.timeout.ms': '2000',
  'broker.heartbeat.interval.ms': '500',
  'controller.quorum.fetch.timeout.ms': '1000',
  'controller.quorum.election.timeout.ms': '500',
} as const;

/** Reads `cluster.json`. @throws CliError when it is none */
export function parsePlan(text: string, path: string): ClusterPlan {
  const plan = parsed(text) as Partial<ClusterPlan> | undefined;
  const nodes = plan?.nodes;
  if (typeof plan?.clusterId !== 'string' || !Array.isArray(nodes) || !nodes.every(isNode))
    throw usageError(
      `${path} is no plan of a cluster`,
      'Restore it, or start with another --data.',
    );
  return { clusterId: plan.clusterId, nodes };
}

/** Text of `cluster.json`. */
export function planText(plan: ClusterPlan): string {
  return `${JSON.stringify(plan, null, 2)}\n`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isNode(node: Partial<PlannedNode>): node is PlannedNode {
  const isPort = (port: unknown) => Number.isInteger(port);
  return (
    Number.isInteger(node.nodeId) &&
    isPort(node.port) &&
    (node.controllerPort === undefined || isPort(node.controllerPort))
  );
}
