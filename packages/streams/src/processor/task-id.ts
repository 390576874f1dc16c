// The name of a task: which part of the topology, for which partition of its topics. Kafka: processor.TaskId.
/** Written `<subtopology>_<partition>`. */
export interface TaskId {
  readonly subtopology: number;
  readonly partition: number;
}

/** Such as `0_3`; the name of its folder too. */
export function taskIdText(id: TaskId): string {
  return `${id.subtopology}_${id.partition}`;
}

/** The reverse of `taskIdText`; undefined when `text` is no task id. */
export function parseTaskId(text: string): TaskId | undefined {
  const match = /^(\d+)_(\d+)$/.exec(text);
  return match === null
    ? undefined
    : { subtopology: Number(match[1]), partition: Number(match[2]) };
}

/** By sub-topology, then partition. */
export function compareTaskIds(a: TaskId, b: TaskId): number {
  return a.subtopology - b.subtopology || a.partition - b.partition;
}
