// StreamsGroupHeartbeat: membership in a streams group: topology, tasks, endpoints (KIP-1071).

import {
  api,
  array,
  bool,
  embed,
  int16,
  int32,
  int64,
  int8,
  message,
  string,
  struct,
  structs,
  uint16,
} from './notation.ts';

const keyValue = struct('KeyValue', {
  key: string(),
  value: string(),
});

const topicInfo = struct('TopicInfo', {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: structs('0+', keyValue),
});

const requestEndpoint = struct('RequestEndpoint', {
  host: string(),
  port: uint16(),
});

const taskOffset = struct('TaskOffset', {
  subtopologyId: string(),
  partition: int32(),
  offset: int64(),
});

const requestTaskIds = struct('RequestTaskIds', {
  subtopologyId: string(),
  partitions: array('0+', 'int32'),
});

const status = struct('Status', {
  statusCode: int8(),
  statusDetail: string(),
});

const topicPartition = struct('TopicPartition', {
  topic: string(),
  partitions: array('0+', 'int32'),
});

const responseTaskIds = struct('ResponseTaskIds', {
  subtopologyId: string(),
  partitions: array('0+', 'int32'),
});

const responseEndpoint = struct('ResponseEndpoint', {
  host: string(),
  port: uint16(),
});

export default api({
  key: 88,
  name: 'StreamsGroupHeartbeat',
  listeners: ['broker'],
  request: message('0', '0+', {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    endpointInformationEpoch: int32(),
    instanceId: string('0+', { nullable: true, default: null }),
    rackId: string('0+', { nullable: true, default: null }),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    topology: embed({ versions: '0+', nullable: true, default: null }, 'Topology', {
      epoch: int32(),
      subtopologies: structs('0+', 'Subtopology', {
        subtopologyId: string(),
        sourceTopics: array('0+', 'string'),
        sourceTopicRegex: array('0+', 'string'),
        stateChangelogTopics: structs('0+', topicInfo),
        repartitionSinkTopics: array('0+', 'string'),
        repartitionSourceTopics: structs('0+', topicInfo),
        copartitionGroups: structs('0+', 'CopartitionGroup', {
          sourceTopics: array('0+', 'int16'),
          sourceTopicRegex: array('0+', 'int16'),
          repartitionSourceTopics: array('0+', 'int16'),
        }),
      }),
    }),
    activeTasks: structs({ versions: '0+', nullable: true, default: null }, requestTaskIds),
    standbyTasks: structs({ versions: '0+', nullable: true, default: null }, requestTaskIds),
    warmupTasks: structs({ versions: '0+', nullable: true, default: null }, requestTaskIds),
    processId: string('0+', { nullable: true, default: null }),
    userEndpoint: embed({ versions: '0+', nullable: true, default: null }, requestEndpoint),
    clientTags: structs({ versions: '0+', nullable: true, default: null }, keyValue),
    taskOffsets: structs({ versions: '0+', nullable: true, default: null }, taskOffset),
    taskEndOffsets: structs({ versions: '0+', nullable: true, default: null }, taskOffset),
    shutdownApplication: bool(),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true, default: null }),
    memberId: string(),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    acceptableRecoveryLag: int32(),
    taskOffsetIntervalMs: int32(),
    status: structs({ versions: '0+', nullable: true }, status),
    activeTasks: structs({ versions: '0+', nullable: true, default: null }, responseTaskIds),
    standbyTasks: structs({ versions: '0+', nullable: true, default: null }, responseTaskIds),
    warmupTasks: structs({ versions: '0+', nullable: true, default: null }, responseTaskIds),
    endpointInformationEpoch: int32(),
    partitionsByUserEndpoint: structs(
      { versions: '0+', nullable: true, default: null },
      'EndpointToPartitions',
      {
        userEndpoint: embed('0+', responseEndpoint),
        activePartitions: structs('0+', topicPartition),
        standbyPartitions: structs('0+', topicPartition),
      },
    ),
  }),
});
