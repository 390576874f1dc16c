
import { array, message, standalone, string, struct } from './notation.ts';

const taskIds = struct('TaskIds', {
  subtopologyId: string(),
  partitions: array('0+', 'int32'),
});

export default standalone({
  name: 'StreamsGroupTargetAssignmentMemberValue',
  key: 21,
  message: message('0', { flexible: '0+' }, {
    activeTasks: array('0+', taskIds),
    standbyTasks: array('0+', taskIds),
    warmupTasks: array('0+', taskIds),
  }),
});
