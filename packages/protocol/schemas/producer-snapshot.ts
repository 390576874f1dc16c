
import { array, int16, int32, int64, message, standalone, struct, uint32 } from './notation.ts';

export default standalone({
  name: 'ProducerSnapshot',
  message: message('1', {}, {
    crc: uint32('1'),
    producerEntries: array('1', struct('ProducerEntry', {
      producerId: int64('1'),
      epoch: int16('1'),
      lastSequence: int32('1'),
      lastOffset: int64('1'),
      offsetDelta: int32('1'),
      timestamp: int64('1'),
      coordinatorEpoch: int32('1'),
      currentTxnFirstOffset: int64('1'),
    })),
  }),
});
