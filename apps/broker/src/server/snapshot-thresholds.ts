// When a node sums its metadata log up, whether it is a controller or not.
import type { SnapshotThresholds } from '@ottla/metadata';
import type { BrokerConfig } from '../config/broker-config.ts';

/** As the configuration has it. */
export function snapshotThresholds(config: BrokerConfig): SnapshotThresholds {
  return {
    bytesMax: config.number('metadata.log.max.record.bytes.between.snapshots'),
    intervalMsMax: config.number('metadata.log.max.snapshot.interval.ms'),
  };
}
