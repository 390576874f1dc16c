// StreamsGroupDescribe: tells state, topology and members of streams groups.

import {
  api,
  array,
  bool,
  embed,
  int16,
  int32,
  int64,
  message,
  string,
  struct,
  structs,
  uint16,
} from './notation.ts';

const endpoint = struct('Endpoint', {
  host: string(),
  port: uint16(),
});

const taskOffset = struct('TaskOffset', {
  subtopologyId: string(),
  partition: int32(),
  offset: int64(),
});

const taskIds = struct('TaskIds', {
  subtopologyId: string(),
  partitions: array('0+', 'int32'),
});

const assignment = struct('Assignment', {
  activeTasks: structs('0+', taskIds),
  standbyTasks: structs('0+', taskIds),
  warmupTasks: structs('0+', taskIds),
});

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

export default api({
  key: 89,
  name: 'StreamsGroupDescribe',
  listeners: ['broker'],
  request: message('0', '0+', {
    groupIds: array('0+', 'string'),
    includeAuthorizedOperations: bool(),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    groups: structs('0+', 'DescribedGroup', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true, default: null }),
      groupId: string(),
      groupState: string(),
      groupEpoch: int32(),
      assignmentEpoch: int32(),
      topology: embed({ versions: '0+', nullable: true, default: null }, 'Topology', {
        epoch: int32(),
        subtopologies: structs({ versions: '0+', nullable: true, default: null }, 'Subtopology', {
          subtopologyId: string(),
          sourceTopics: array('0+', 'string'),
          repartitionSinkTopics: array('0+', 'string'),
          stateChangelogTopics: structs('0+', topicInfo),
          repartitionSourceTopics: structs('0+', topicInfo),
        }),
      }),
      members: structs('0+', 'Member', {
        memberId: string(),
        memberEpoch: int32(),
        instanceId: string('0+', { nullable: true, default: null }),
        rackId: string('0+', { nullable: true, default: null }),
        clientId: string(),
        clientHost: string(),
        topologyEpoch: int32(),
        processId: string(),
        userEndpoint: embed({ versions: '0+', nullable: true, default: null }, endpoint),
        clientTags: structs('0+', keyValue),
        taskOffsets: structs('0+', taskOffset),
        taskEndOffsets: structs('0+', taskOffset),
        assignment: embed('0+', assignment),
        targetAssignment: embed('0+', assignment),
        isClassic: bool(),
      }),
      authorizedOperations: int32('0+', { default: -2147483648 }),
    }),
  }),
});
