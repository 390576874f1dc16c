// DescribeLogDirs: tells the sizes of replicas in each log directory, and the space on its file
// system.

import {
  api,
  array,
  bool,
  int16,
  int32,
  int64,
  message,
  string,
  structs,
  wideInt64,
} from './notation.ts';

export default api({
  key: 35,
  name: 'DescribeLogDirs',
  listeners: ['broker'],
  request: message('1-5', '2+', {
    topics: structs({ versions: '0+', nullable: true }, 'DescribableLogDirTopic', {
      topic: string(),
      partitions: array('0+', 'int32'),
    }),
  }),
  response: message('1-5', '2+', {
    throttleTimeMs: int32(),
    errorCode: int16('3+', { ignorable: true }),
    results: structs('0+', 'DescribeLogDirsResult', {
      errorCode: int16(),
      logDir: string(),
      topics: structs('0+', 'DescribeLogDirsTopic', {
        name: string(),
        partitions: structs('0+', 'DescribeLogDirsPartition', {
          partitionIndex: int32(),
          partitionSize: int64(),
          offsetLag: int64(),
          isFutureKey: bool(),
        }),
      }),
      // Network file systems report up to 2^63-1 bytes.
      totalBytes: wideInt64('4+', { default: -1n, ignorable: true }),
      // As totalBytes.
      usableBytes: wideInt64('4+', { default: -1n, ignorable: true }),
      isCordoned: bool('5+', { ignorable: true }),
    }),
  }),
});
