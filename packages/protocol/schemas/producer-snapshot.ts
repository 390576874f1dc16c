// ProducerSnapshot: a log's .snapshot file: the state of its producers, after an int16 of version.

import { int16, int32, int64, message, standalone, structs, uint32 } from './notation.ts';

export default standalone({
  name: 'ProducerSnapshot',
  message: message('1', 'none', {
    crc: uint32('1'),
    producerEntries: structs('1', 'ProducerEntry', {
      producerId: int64('1'),
      epoch: int16('1'),
      lastSequence: int32('1'),
      lastOffset: int64('1'),
      offsetDelta: int32('1'),
      timestamp: int64('1'),
      coordinatorEpoch: int32('1'),
      currentTxnFirstOffset: int64('1'),
    }),
  }),
});
