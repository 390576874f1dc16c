
import { api, array, bool, int16, int32, int64, message, string, struct, wideInt64 } from './notation.ts';

export default api({
  key: 35,
  name: 'DescribeLogDirs',
  listeners: ['broker'],
  request: message('1-5', { flexible: '2+' }, {
    topics: array('0+', struct('DescribableLogDirTopic', {
      topic: string(),
      partitions: array('0+', 'int32'),
    }), { nullable: true }),
  }),
  response: message('1-5', { flexible: '2+' }, {
    throttleTimeMs: int32(),
    errorCode: int16('3+', { ignorable: true }),
    results: array('0+', struct('DescribeLogDirsResult', {
      errorCode: int16(),
      logDir: string(),
      topics: array('0+', struct('DescribeLogDirsTopic', {
        name: string(),
        partitions: array('0+', struct('DescribeLogDirsPartition', {
          partitionIndex: int32(),
          partitionSize: int64(),
          offsetLag: int64(),
          isFutureKey: bool(),
        })),
      })),
      // Network file systems report up to 2^63-1 bytes.
      totalBytes: wideInt64('4+', { default: -1n, ignorable: true }),
      // As totalBytes.
      usableBytes: wideInt64('4+', { default: -1n, ignorable: true }),
      isCordoned: bool('5+', { ignorable: true }),
    })),
  }),
});
