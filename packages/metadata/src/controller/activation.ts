// What a new active controller writes first: the bootstrap records when the log is empty, and the end
// of whatever transaction its predecessor left open.
// Kafka: org.apache.kafka.controller.ActivationRecordsGenerator.
import { METADATA_VERSION_FEATURE, metadataGates } from '../feature-levels.ts';
import { inconsistent } from '../errors.ts';
import { metadataRecord, type MetadataRecord } from '../metadata-record.ts';
import type { BootstrapMetadata } from './bootstrap.ts';
import type { ControllerState } from './controller-state.ts';

/**
 * The records of an activation; often none.
 *
 * @throws MetadataError INCONSISTENT_METADATA when a transaction is open at a `metadata.version` without transactions
 */
export function activationRecords(
  state: ControllerState,
  bootstrap: BootstrapMetadata,
): readonly MetadataRecord[] {
  // What an open transaction says is about to be taken back, a bootstrap that was cut off included.
  const { image } = state.transaction?.before ?? state;
  const finalized = image.features.get(METADATA_VERSION_FEATURE);
  const abort = abortRecords(state, finalized ?? bootstrap.metadataVersion);
  if (finalized !== undefined) return abort;
  if (!metadataGates(bootstrap.metadataVersion).isMetadataTransactionSupported) {
    return bootstrap.records;
  }
  return [
    ...abort,
    metadataRecord('BeginTransactionRecord', { name: 'Bootstrap records' }),
    ...bootstrap.records,
    metadataRecord('EndTransactionRecord', {}),
  ];
}

function abortRecords(state: ControllerState, metadataVersion: number): readonly MetadataRecord[] {
  if (state.transaction === undefined) return [];
  if (!metadataGates(metadataVersion).isMetadataTransactionSupported) {
    inconsistent(
      `a transaction is open since offset ${state.transaction.startOffset}, but metadata.version ` +
        `${metadataVersion} has no transactions`,
    );
  }
  return [metadataRecord('AbortTransactionRecord', { reason: 'Controller failover' })];
}
