// What a broker demands of the header of a batch that a client sends, before it looks at the records. Source: the part of
// Kafka's LogValidator and UnifiedLog that handles AppendOrigin.CLIENT.

import { ProtocolError } from '../protocol-error.ts';
import {
  type BatchHeader,
  compressionOf,
  isControlBatch,
  isLogAppendTime,
  NONE,
} from './batch-header.ts';
import { isCompression } from '../compression/index.ts';
import { invalidRecord } from './record-cursor.ts';

/**
 * Checks the header of a produced batch: offsets from 0, a count that agrees with them, no control records, a
 * sequence where there is a producer id, a known codec, and no append time from a client.
 *
 * @param header of a complete batch whose CRC was verified
 * @param topicHasLogAppendTime the topic's `message.timestamp.type` is LogAppendTime; default false
 * @throws ProtocolError `INVALID_RECORD`, `INVALID_TIMESTAMP` or `UNSUPPORTED_COMPRESSION_TYPE`
 */
export function validateProducerBatch(header: BatchHeader, topicHasLogAppendTime = false): void {
  const { recordCount, lastOffsetDelta, attributes } = header;
  if (header.baseOffset !== 0)
    throw invalidRecord(`a produced batch starts at offset 0, not ${header.baseOffset}`);
  if (lastOffsetDelta < 0) throw invalidRecord(`last offset delta ${lastOffsetDelta} is negative`);
  if (recordCount <= 0) throw invalidRecord(`a batch cannot hold ${recordCount} records`);
  if (recordCount !== lastOffsetDelta + 1)
    throw invalidRecord(`${recordCount} records cannot end at offset delta ${lastOffsetDelta}`);
  if (isControlBatch(attributes)) throw invalidRecord('clients may not write control records');
  if (header.producerId > NONE && header.baseSequence < 0)
    throw invalidRecord(`sequence ${header.baseSequence} of producer ${header.producerId}`);
  const codec = compressionOf(attributes);
  if (!isCompression(codec))
    throw new ProtocolError(
      'UNSUPPORTED_COMPRESSION_TYPE',
      `no compression codec has the id ${codec}`,
    );
  // Kafka lets a claimed append time pass when it is checked as a create time is; all else is refused.
  const isCheckedAsCreateTime = !topicHasLogAppendTime && header.maxTimestamp !== NONE;
  if (isLogAppendTime(attributes) && !isCheckedAsCreateTime)
    throw new ProtocolError('INVALID_TIMESTAMP', 'clients may not set the log append time');
}
