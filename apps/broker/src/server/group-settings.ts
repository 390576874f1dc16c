// The group coordinator's settings, read from the broker's keys.

import { defaultGroupCoordinatorConfig } from '@ottla/coordinator';
import type { GroupCoordinatorConfig } from '@ottla/coordinator';
import type { BrokerConfig } from '../config/broker-config.ts';

/** Values at the start; none of these keys is dynamic. */
export function groupSettings(config: BrokerConfig): GroupCoordinatorConfig {
  return {
    ...defaultGroupCoordinatorConfig,
    initialRebalanceDelayMs: config.number('group.initial.rebalance.delay.ms'),
    sessionTimeoutMsMin: config.number('group.min.session.timeout.ms'),
    sessionTimeoutMsMax: config.number('group.max.session.timeout.ms'),
    groupSizeMax: config.number('group.max.size'),
    offsetMetadataSizeMax: config.number('offset.metadata.max.bytes'),
    offsetsRetentionMs: config.number('offsets.retention.minutes') * 60_000,
    offsetsRetentionCheckIntervalMs: config.number('offsets.retention.check.interval.ms'),
    loadBufferBytes: config.number('offsets.load.buffer.size'),
    commitTimeoutMs: config.number('offsets.commit.timeout.ms'),
    compressionCodec: config.number('offsets.topic.compression.codec'),
    appendLingerMs: config.number('group.coordinator.append.linger.ms'),
  };
}
