// The cluster that a worker works for.
import { Admin } from '@ottla/client';
import { type Platform, silentLogger } from '@ottla/platform';
import type { WorkerConfig } from '../config/worker-config.ts';
import { adminOptions } from '../host/client-settings.ts';

/** Asks the brokers. @throws KafkaError when none answers */
export async function kafkaClusterId(config: WorkerConfig, platform: Platform): Promise<string> {
  const sources = {
    workerProperties: config.properties,
    connectorProperties: {},
    platform,
    logger: silentLogger,
  };
  await using admin = new Admin(adminOptions(sources, 'connect-worker'));
  return (await admin.describeCluster()).clusterId;
}
