// StreamsGroupCurrentMemberAssignmentValue: the tasks that a streams group's member has, and still
// has to give up.

import { array, int32, int8, message, standalone, string, struct, structs } from './notation.ts';

const taskIds = struct('TaskIds', {
  subtopologyId: string(),
  partitions: array('0+', 'int32'),
  assignmentEpochs: array('0+', 'int32', { nullable: true, tag: 0 }),
});

export default standalone({
  name: 'StreamsGroupCurrentMemberAssignmentValue',
  key: 22,
  message: message('0', '0+', {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    activeTasks: structs('0+', taskIds),
    standbyTasks: structs('0+', taskIds),
    warmupTasks: structs('0+', taskIds),
    activeTasksPendingRevocation: structs('0+', taskIds),
    standbyTasksPendingRevocation: structs('0+', taskIds),
    warmupTasksPendingRevocation: structs('0+', taskIds),
  }),
});
