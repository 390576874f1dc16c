// StreamsGroupTargetAssignmentMemberValue: the tasks that a streams group's member shall have.

import { array, message, standalone, string, struct, structs } from './notation.ts';

const taskIds = struct('TaskIds', {
  subtopologyId: string(),
  partitions: array('0+', 'int32'),
});

export default standalone({
  name: 'StreamsGroupTargetAssignmentMemberValue',
  key: 21,
  message: message('0', '0+', {
    activeTasks: structs('0+', taskIds),
    standbyTasks: structs('0+', taskIds),
    warmupTasks: structs('0+', taskIds),
  }),
});
