// What a new active controller writes first: the bootstrap records when the log is empty, and the end
// of whatever transaction its predecessor left open.
// Kafka: org.apache.kafka.controller.ActivationRecordsGenerator.
import { ELR_FEATURE, METADATA_VERSION_FEATURE, metadataGates } from '../feature-levels.ts';
import { inconsistent } from '../errors.ts';
import { metadataRecord, type MetadataRecord } from '../metadata-record.ts';
import type { ControllerOptions } from './controller-options.ts';
import type { ControllerState } from './controller-state.ts';
import { clusterMinIsrRecord } from './elr-configs.ts';

/**
 * The records of an activation; often none.
 *
 * @throws MetadataError INCONSISTENT_METADATA when a transaction is open at a `metadata.version` without transactions
 */
export function activationRecords(
  state: ControllerState,
  { bootstrap, configs }: Pick<ControllerOptions, 'bootstrap' | 'configs'>,
): readonly MetadataRecord[] {
  // What an open transaction says is about to be taken back, a bootstrap that was cut off included.
  const { image } = state.transaction?.before ?? state;
  const finalized = image.features.get(METADATA_VERSION_FEATURE);
  const abort = abortRecords(state, finalized ?? bootstrap.metadataVersion);
  if (finalized !== undefined) return abort;
  if (!metadataGates(bootstrap.metadataVersion).isMetadataTransactionSupported) {
    return bootstrap.records;
  }
  const finalizesElr = bootstrap.records.some(
    ({ type, value }) =>
      type === 'FeatureLevelRecord' && value.name === ELR_FEATURE && value.featureLevel > 0,
  );
  return [
    ...abort,
    metadataRecord('BeginTransactionRecord', { name: 'Bootstrap records' }),
    ...bootstrap.records,
    ...(finalizesElr ? [clusterMinIsrRecord(configs)] : []),
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
