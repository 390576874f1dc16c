// `--brokers N` in a second terminal, while the cluster runs in a first: writes the plan with so many brokers, which the first
// one follows, and waits until the cluster is so. Brokers that were stopped are started again as well.
import type { Admin } from '@ottla/client';
import { CliError, usageError } from '../../cli-error.ts';
import type { CliIo } from '../../io.ts';
import type { ServerOptions } from '../server-options.ts';
import type { ClusterPlan } from './cluster-plan.ts';
import { openPlan } from './plan-files.ts';

const LOOK_EVERY_MS = 250;
/** A broker with much data that was killed may need some time for its logs. */
const LIMIT_MS = 120_000;

/** @returns the plan, when its brokers are there and its controllers vote @throws CliError when that does not come */
export async function changeRunning(
  io: CliIo,
  folder: string,
  options: ServerOptions & { readonly brokers: number },
): Promise<ClusterPlan> {
  if (options.override !== undefined || options.allowUnknown === true)
    throw usageError(
      'this cluster runs already, with the configuration that it was started with',
      'Leave out all but --brokers and --data, or stop it first.',
    );
  const { plan } = await openPlan(io, folder, options.brokers, options.port);
  const { timers, clock } = await io.platform();
  const interrupted = io.interrupt();
  const { Admin } = await import('@ottla/client');
  await using admin = new Admin({
    bootstrapServers: plan.nodes.map(({ port }) => `127.0.0.1:${port}`),
    clientId: 'ottla-cli',
    defaultApiTimeoutMs: LIMIT_MS,
    platform: await io.platform(),
  });
  const deadlineMs = clock.monotonicMs() + LIMIT_MS;
  for (;;) {
    const missing = await whatIsMissing(admin, plan);
    if (missing === undefined) return plan;
    if (interrupted.aborted || clock.monotonicMs() > deadlineMs)
      throw new CliError(`not done yet: ${missing}`, 'See the log where the cluster runs.');
    await timers.sleep(LOOK_EVERY_MS, interrupted).catch(() => {});
  }
}

/** What is not as planned, in words; undefined when all is. */
async function whatIsMissing(admin: Admin, { nodes }: ClusterPlan): Promise<string | undefined> {
  const [{ brokers }, { voters }] = await Promise.all([
    admin.describeCluster(),
    admin.describeQuorum(),
  ]);
  const active = brokers.map(({ nodeId }) => nodeId);
  const planned = nodes.map(({ nodeId }) => nodeId);
  const absent = planned.filter((nodeId) => !active.includes(nodeId));
  if (absent.length > 0) return `broker ${absent.join(', ')} has not joined`;
  const left = active.filter((nodeId) => !planned.includes(nodeId));
  if (left.length > 0) return `broker ${left.join(', ')} still runs`;
  const mute = nodes.filter(
    ({ nodeId, controllerPort }) =>
      controllerPort !== undefined && voters.every((voter) => voter.nodeId !== nodeId),
  );
  return mute.length > 0
    ? `controller ${mute.map(({ nodeId }) => nodeId).join(', ')} does not vote`
    : undefined;
}
