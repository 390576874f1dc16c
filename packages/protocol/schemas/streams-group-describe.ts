
import { api, array, bool, embed, int16, int32, int64, message, string, struct, uint16 } from './notation.ts';

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
  activeTasks: array('0+', taskIds),
  standbyTasks: array('0+', taskIds),
  warmupTasks: array('0+', taskIds),
});

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

export default api({
  key: 89,
  name: 'StreamsGroupDescribe',
  listeners: ['broker'],
  request: message('0', { flexible: '0+' }, {
    groupIds: array('0+', 'string'),
    includeAuthorizedOperations: bool(),
  }),
  response: message('0', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    groups: array('0+', struct('DescribedGroup', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true, default: null }),
      groupId: string(),
      groupState: string(),
      groupEpoch: int32(),
      assignmentEpoch: int32(),
      topology: embed('0+', struct('Topology', {
        epoch: int32(),
        subtopologies: array('0+', struct('Subtopology', {
          subtopologyId: string(),
          sourceTopics: array('0+', 'string'),
          repartitionSinkTopics: array('0+', 'string'),
          stateChangelogTopics: array('0+', topicInfo),
          repartitionSourceTopics: array('0+', topicInfo),
        }), { nullable: true, default: null }),
      }), { nullable: true, default: null }),
      members: array('0+', struct('Member', {
        memberId: string(),
        memberEpoch: int32(),
        instanceId: string('0+', { nullable: true, default: null }),
        rackId: string('0+', { nullable: true, default: null }),
        clientId: string(),
        clientHost: string(),
        topologyEpoch: int32(),
        processId: string(),
        userEndpoint: embed('0+', endpoint, { nullable: true, default: null }),
        clientTags: array('0+', keyValue),
        taskOffsets: array('0+', taskOffset),
        taskEndOffsets: array('0+', taskOffset),
        assignment: embed('0+', assignment),
        targetAssignment: embed('0+', assignment),
        isClassic: bool(),
      })),
      authorizedOperations: int32('0+', { default: -2147483648 }),
    })),
  }),
});
