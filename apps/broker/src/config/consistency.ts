// What must hold between several broker keys. Kafka: KafkaConfig.validateValues, QuorumConfig.

import type { BrokerConfig } from './broker-config.ts';
import { LARGE_FRAMES_SHARE } from '../network/request-memory.ts';
import { ConfigError } from './config-error.ts';

/** @throws ConfigError in one line */
export function checkConsistency(config: BrokerConfig): void {
  checkNode(config);
  checkTimes(config);
  checkNetwork(config);
}

function checkNode(config: BrokerConfig): void {
  const { nodeId, roles } = config;
  if (config.isGiven('broker.id') && config.number('broker.id') !== nodeId)
    throw broken('broker.id', `it must be equal to node.id (${nodeId})`);
  if (!roles.has('broker') || !roles.has('controller'))
    throw broken(
      'process.roles',
      'this version runs both roles in one process; use broker,controller',
    );
  const voters = config.list('controller.quorum.voters');
  if (voters.length > 1)
    throw broken(
      'controller.quorum.voters',
      'this version runs a quorum of one; name this node only, or remove it',
    );
  if (voters[0] !== undefined && !new RegExp(`^${nodeId}@[^:]+:\\d+$`).test(voters[0]))
    throw broken(
      'controller.quorum.voters',
      `it must be ${nodeId}@host:port, with this node's node.id`,
    );
  if (config.logDirs.some((directory) => directory === ''))
    throw broken('log.dirs', 'a directory has no name');
}

function checkTimes(config: BrokerConfig): void {
  const heartbeat = config.number('broker.heartbeat.interval.ms');
  const session = config.number('broker.session.timeout.ms');
  if (heartbeat * 2 > session)
    throw broken(
      'broker.heartbeat.interval.ms',
      `${heartbeat} must be at most half of broker.session.timeout.ms (${session})`,
    );
  const shortest = config.number('group.min.session.timeout.ms');
  if (shortest > config.number('group.max.session.timeout.ms'))
    throw broken(
      'group.min.session.timeout.ms',
      'it must not be above group.max.session.timeout.ms',
    );
  const { retentionMs, segmentMs } = config.topicDefaults();
  if (retentionMs === 0 || retentionMs < -1)
    throw broken('log.retention.ms', 'it must be -1 (no limit) or at least 1');
  if (segmentMs < 1) throw broken('log.roll.ms', 'it must be at least 1');
}

function checkNetwork(config: BrokerConfig): void {
  const largest = config.number('socket.request.max.bytes');
  const memory = config.number('queued.max.request.bytes');
  if (
    config.isGiven('queued.max.request.bytes') &&
    memory > 0 &&
    memory * LARGE_FRAMES_SHARE < largest
  )
    throw broken(
      'queued.max.request.bytes',
      `it must be at least ${Math.ceil(largest / LARGE_FRAMES_SHARE)}: socket.request.max.bytes (${largest}) and five sixteenths for small ones`,
    );
  for (const pair of config.string('max.connections.per.ip.overrides').split(','))
    if (pair.trim() !== '' && !/^.+:\d+$/.test(pair.trim()))
      throw broken('max.connections.per.ip.overrides', `"${pair.trim()}" is not host:count`);
  const http = config.string('ottla.http.listener');
  if (http !== '' && !/^.+:\d+$/.test(http))
    throw broken('ottla.http.listener', `"${http}" is not host:port`);
}

function broken(key: string, reason: string): ConfigError {
  return new ConfigError(`Invalid configuration ${key}: ${reason}`, key);
}
