
import { api, array, bool, embed, int16, int32, int64, int8, message, string, struct, uint16 } from './notation.ts';

const keyValue = struct('KeyValue', {
  key: string(),
  value: string(),
});

const topicInfo = struct('TopicInfo', {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: array('0+', keyValue),
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
  request: message('0', { flexible: '0+' }, {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    endpointInformationEpoch: int32(),
    instanceId: string('0+', { nullable: true, default: null }),
    rackId: string('0+', { nullable: true, default: null }),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    topology: embed('0+', struct('Topology', {
      epoch: int32(),
      subtopologies: array('0+', struct('Subtopology', {
        subtopologyId: string(),
        sourceTopics: array('0+', 'string'),
        sourceTopicRegex: array('0+', 'string'),
        stateChangelogTopics: array('0+', topicInfo),
        repartitionSinkTopics: array('0+', 'string'),
        repartitionSourceTopics: array('0+', topicInfo),
        copartitionGroups: array('0+', struct('CopartitionGroup', {
          sourceTopics: array('0+', 'int16'),
          sourceTopicRegex: array('0+', 'int16'),
          repartitionSourceTopics: array('0+', 'int16'),
        })),
      })),
    }), { nullable: true, default: null }),
    activeTasks: array('0+', requestTaskIds, { nullable: true, default: null }),
    standbyTasks: array('0+', requestTaskIds, { nullable: true, default: null }),
    warmupTasks: array('0+', requestTaskIds, { nullable: true, default: null }),
    processId: string('0+', { nullable: true, default: null }),
    userEndpoint: embed('0+', requestEndpoint, { nullable: true, default: null }),
    clientTags: array('0+', keyValue, { nullable: true, default: null }),
    taskOffsets: array('0+', taskOffset, { nullable: true, default: null }),
    taskEndOffsets: array('0+', taskOffset, { nullable: true, default: null }),
    shutdownApplication: bool(),
  }),
  response: message('0', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true, default: null }),
    memberId: string(),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    acceptableRecoveryLag: int32(),
    taskOffsetIntervalMs: int32(),
    status: array('0+', status, { nullable: true }),
    activeTasks: array('0+', responseTaskIds, { nullable: true, default: null }),
    standbyTasks: array('0+', responseTaskIds, { nullable: true, default: null }),
    warmupTasks: array('0+', responseTaskIds, { nullable: true, default: null }),
    endpointInformationEpoch: int32(),
    partitionsByUserEndpoint: array('0+', struct('EndpointToPartitions', {
      userEndpoint: embed('0+', responseEndpoint),
      activePartitions: array('0+', topicPartition),
      standbyPartitions: array('0+', topicPartition),
    }), { nullable: true, default: null }),
  }),
});
