// DescribeLogDirs: the data directories, their volumes and what lies in them. Kafka: ReplicaManager.describeLogDirs.
import type { LogDirectory, PartitionLog } from '@ottla/log';
import { ErrorCode } from '@ottla/protocol';
import {
  type DescribeLogDirsRequest,
  describeLogDirsRequest,
  type DescribeLogDirsResponse,
  describeLogDirsResponse,
  type DescribeLogDirsResult,
  type DescribeLogDirsTopic,
} from '@ottla/protocol/messages/describe-log-dirs';
import { METADATA_TOPIC } from '@ottla/raft';
import type { ApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { errorCodeOf } from './error-code.ts';

/** What describing needs of the broker. */
export type DescribeLogDirsServices = Pick<BrokerServices, 'platform' | 'replicas'>;

type IsAsked = (log: PartitionLog) => boolean;
const UNKNOWN_BYTES = -1n;

/** Serves DescribeLogDirs 1 to 5. */
export const createHandler = ({
  platform,
  replicas,
}: DescribeLogDirsServices): ApiHandler<DescribeLogDirsRequest, DescribeLogDirsResponse> => ({
  request: describeLogDirsRequest,
  response: describeLogDirsResponse,
  async handle(_context, request) {
    const isAsked = asked(request);
    const results: DescribeLogDirsResult[] = [];
    for (const directory of replicas.directories) {
      try {
        results.push(await describe(directory, platform, isAsked));
      } catch (error) {
        results.push(unavailable(directory.path, errorCodeOf(error)));
      }
    }
    for (const path of replicas.lostPaths)
      results.push(unavailable(path, ErrorCode.KAFKA_STORAGE_ERROR));
    return describeLogDirsResponse.create({ results });
  },
  errorResponse: (_request, _version, code) => describeLogDirsResponse.create({ errorCode: code }),
});

function asked({ topics }: DescribeLogDirsRequest): IsAsked {
  if (topics === null) return () => true;
  const wanted = new Map<string, Set<number>>();
  for (const { topic, partitions } of topics)
    wanted.set(topic, new Set([...(wanted.get(topic) ?? []), ...partitions]));
  return ({ topic, partition }) => wanted.get(topic)?.has(partition) === true;
}

function unavailable(logDir: string, errorCode: number): DescribeLogDirsResult {
  return {
    errorCode,
    logDir,
    topics: [],
    totalBytes: UNKNOWN_BYTES,
    usableBytes: UNKNOWN_BYTES,
    isCordoned: false,
  };
}

async function describe(
  directory: LogDirectory,
  platform: DescribeLogDirsServices['platform'],
  isAsked: IsAsked,
): Promise<DescribeLogDirsResult> {
  if (directory.failure !== undefined)
    return unavailable(directory.path, ErrorCode.KAFKA_STORAGE_ERROR);
  const { totalBytes, usableBytes } = await platform.disk.space(directory.path);
  const topics = new Map<string, DescribeLogDirsTopic>();
  for (const log of directory.logs.values()) {
    // The metadata log belongs to the quorum, not to the partitions.
    if (log.topic === METADATA_TOPIC || !isAsked(log)) continue;
    const topic = topics.get(log.topic) ?? { name: log.topic, partitions: [] };
    topics.set(log.topic, topic);
    topic.partitions.push({
      partitionIndex: log.partition,
      partitionSize: log.sizeBytes,
      offsetLag: log.logEndOffset - log.highWatermark,
      isFutureKey: false,
    });
  }
  return {
    errorCode: ErrorCode.NONE,
    logDir: directory.path,
    topics: [...topics.values()],
    totalBytes: BigInt(totalBytes),
    usableBytes: BigInt(usableBytes),
    isCordoned: false,
  };
}
