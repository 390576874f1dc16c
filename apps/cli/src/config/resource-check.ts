// Is there what somebody asks the settings of? Asked first: a client would try a broker again and again, as it may come back.
import type { Admin, ConfigResource } from '@ottla/client';
import { CliError } from '../cli-error.ts';
import { describeTopicsByName } from '../topic/partition-offsets.ts';

/** @throws CliError when the topic is not there, or the broker is not there or does not serve */
export async function checkResource(admin: Admin, { type, name }: ConfigResource): Promise<void> {
  if (type === 'topic') await describeTopicsByName(admin, [name]);
  else if (name !== '') await checkBroker(admin, Number(name));
}

async function checkBroker(admin: Admin, nodeId: number): Promise<void> {
  const { brokers } = await admin.describeCluster({ includeFencedBrokers: true });
  const broker = brokers.find((one) => one.nodeId === nodeId);
  if (broker === undefined) {
    const ids = brokers.map((one) => one.nodeId).toSorted((a, b) => a - b);
    throw new CliError(
      `there is no broker ${nodeId} in this cluster`,
      `There ${ids.length === 1 ? 'is' : 'are'} ${ids.join(', ')}; see \`ottla cluster status\`.`,
    );
  }
  if (broker.isFenced)
    throw new CliError(
      `broker ${nodeId} is not active, and only it answers for its settings`,
      'Start it, and see with `ottla cluster status` when it is.',
    );
}
