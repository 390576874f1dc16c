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
  const { nodeId } = config;
  if (config.isGiven('broker.id') && config.number('broker.id') !== nodeId)
    throw broken('broker.id', `it must be equal to node.id (${nodeId})`);
  checkQuorum(config);
  if (config.logDirs.some((directory) => directory === ''))
    throw broken('log.dirs', 'a directory has no name');
}

/** Who votes is told by `controller.quorum.voters`, or by the log; then a broker has to be told where to ask. */
function checkQuorum(config: BrokerConfig): void {
  const { nodeId, roles, staticVoters, quorumBootstrapServers } = config;
  const isVoter = staticVoters.some(({ id }) => id === nodeId);
  if (!roles.has('controller')) {
    if (isVoter)
      throw broken(
        'controller.quorum.voters',
        `it names node ${nodeId}, which is no controller: process.roles is broker`,
      );
    if (staticVoters.length === 0 && quorumBootstrapServers.length === 0)
      throw broken(
        'controller.quorum.bootstrap.servers',
        'a broker without a controller must be told where the controllers are, as host:port',
      );
    return;
  }
  if (staticVoters.length > 0 && !isVoter)
    throw broken(
      'controller.quorum.voters',
      `it must name this controller, ${nodeId}@host:port, with this node's node.id`,
    );
  const unreachable = config.advertisedControllerListeners.find(({ port }) => port === 0);
  if (staticVoters.length > 1 && unreachable !== undefined)
    throw broken(
      'listeners',
      `controller listener ${unreachable.listenerName} must have the port that controller.quorum.voters names, not a free one`,
    );
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
