// What an end-of-transaction marker says. Kafka: EndTransactionMarker.
import {
  controlRecordType,
  ControlRecordType,
  decodeBatches,
  decodeEndTxnMarker,
} from '@ottla/protocol/records';

/** How a transaction ended. */
export interface EndMarker {
  readonly isCommit: boolean;
  readonly coordinatorEpoch: number;
}

/** Reads the first record of a control batch; undefined when it is another kind of control record. */
export function endMarkerOf(batchBytes: Buffer): EndMarker | undefined {
  for (const batch of decodeBatches(batchBytes))
    for (const record of batch.records()) {
      if (record.key === null || record.value === null) return undefined;
      const type = controlRecordType(record.key);
      if (type !== ControlRecordType.COMMIT && type !== ControlRecordType.ABORT) return undefined;
      const { coordinatorEpoch } = decodeEndTxnMarker(record.value);
      return { isCommit: type === ControlRecordType.COMMIT, coordinatorEpoch };
    }
  return undefined;
}
