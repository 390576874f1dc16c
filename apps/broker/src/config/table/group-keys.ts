// Group keys of Kafka 4.3 (resource type GROUP); none has an effect on classic groups.

import { accepted, int, bool, string, clusterWide } from '../config-key.ts';
import type { ConfigKey } from '../config-key.ts';
import { NO_CONSUMER_GROUPS, NO_SHARE_GROUPS, NO_STREAMS_GROUPS } from './reasons.ts';

/** Group keys of Kafka 4. */
export const GROUP_KEYS: readonly ConfigKey[] = [
  accepted(
    'consumer.assignment.interval.ms',
    clusterWide,
    int('1000', { min: 0 }),
    NO_CONSUMER_GROUPS,
  ),
  accepted(
    'consumer.heartbeat.interval.ms',
    clusterWide,
    int('5000', { min: 1 }),
    NO_CONSUMER_GROUPS,
  ),
  accepted(
    'consumer.session.timeout.ms',
    clusterWide,
    int('45000', { min: 1 }),
    NO_CONSUMER_GROUPS,
  ),
  accepted('share.assignment.interval.ms', clusterWide, int('1000', { min: 0 }), NO_SHARE_GROUPS),
  accepted('share.auto.offset.reset', clusterWide, string('latest'), NO_SHARE_GROUPS),
  accepted('share.delivery.count.limit', clusterWide, int('5', { min: 2 }), NO_SHARE_GROUPS),
  accepted('share.heartbeat.interval.ms', clusterWide, int('5000', { min: 1 }), NO_SHARE_GROUPS),
  accepted(
    'share.isolation.level',
    clusterWide,
    string('read_uncommitted', { oneOf: ['read_committed', 'read_uncommitted'] }),
    NO_SHARE_GROUPS,
  ),
  accepted(
    'share.partition.max.record.locks',
    clusterWide,
    int('2000', { min: 100 }),
    NO_SHARE_GROUPS,
  ),
  accepted(
    'share.record.lock.duration.ms',
    clusterWide,
    int('30000', { min: 1000 }),
    NO_SHARE_GROUPS,
  ),
  accepted('share.renew.acknowledge.enable', clusterWide, bool('true'), NO_SHARE_GROUPS),
  accepted('share.session.timeout.ms', clusterWide, int('45000', { min: 1 }), NO_SHARE_GROUPS),
  accepted(
    'streams.assignment.interval.ms',
    clusterWide,
    int('1000', { min: 0 }),
    NO_STREAMS_GROUPS,
  ),
  accepted(
    'streams.heartbeat.interval.ms',
    clusterWide,
    int('5000', { min: 1 }),
    NO_STREAMS_GROUPS,
  ),
  accepted(
    'streams.initial.rebalance.delay.ms',
    clusterWide,
    int('3000', { min: 0 }),
    NO_STREAMS_GROUPS,
  ),
  accepted('streams.num.standby.replicas', clusterWide, int('0', { min: 0 }), NO_STREAMS_GROUPS),
  accepted('streams.session.timeout.ms', clusterWide, int('45000', { min: 1 }), NO_STREAMS_GROUPS),
];
