// A task on this instance with its state: opened, filled, running, closed. Kafka: StreamTask and its ProcessorStateManager.
import type { TopicPartition } from '@ottla/client';
import { type TaskId, taskIdText } from '../processor/task-id.ts';
import type { CacheBudget } from '../store/cache-budget.ts';
import type { StateStore } from '../store/state-store.ts';
import { TaskDatabase } from '../store/task-database.ts';
import { StreamTask } from '../task/stream-task.ts';
import type { Subtopology } from '../topology/subtopologies.ts';
import type { TopologyGraph } from '../topology/topology-graph.ts';
import type { Restoring } from './changelog-reader.ts';
import type { ProducerCollector } from './producer-collector.ts';
import type { StateDirectory } from './state-directory.ts';
import type { StreamsSettings } from './streams-config.ts';
import { TaskState } from './task-state.ts';

/** What all tasks of an instance share. */
export interface TaskSurroundings {
  readonly graph: TopologyGraph;
  readonly settings: StreamsSettings;
  readonly directory: StateDirectory;
  readonly collector: ProducerCollector;
  readonly cache: CacheBudget | undefined;
  readonly globals: (name: string) => StateStore | undefined;
}

export class RunningTask implements Restoring {
  readonly id: TaskId;
  readonly name: string;
  readonly partition: number;
  readonly state: TaskState;
  readonly task: StreamTask;
  /** Whether its stores are filled and its processors ready. */
  isRestored = false;

  private constructor(id: TaskId, state: TaskState, task: StreamTask) {
    this.id = id;
    this.name = taskIdText(id);
    this.partition = id.partition;
    this.state = state;
    this.task = task;
  }

  /** Opens the task's stores. Its records are not to be processed before it is restored. */
  static async open(
    id: TaskId,
    part: Subtopology,
    partitions: readonly TopicPartition[],
    { graph, settings, directory, collector, cache, globals }: TaskSurroundings,
  ): Promise<RunningTask> {
    const isOnDisk = part.stores.some(({ builder }) => builder.build().isPersistent);
    const database = isOnDisk ? await TaskDatabase.open(await directory.folderOf(id)) : undefined;
    try {
      const acknowledged = (topic: string, partition: number): number | undefined =>
        collector.acknowledged(topic, partition);
      const state = new TaskState({ stores: part.stores, database, cache, globals, acknowledged });
      const task = new StreamTask({
        id,
        graph,
        nodes: part.nodes,
        partitions,
        stores: state,
        collector,
        settings: settings.task,
        nowMs: settings.platform.clock.nowMs(),
      });
      state.open(task);
      return new RunningTask(id, state, task);
    } catch (error) {
      await database?.close();
      throw error;
    }
  }

  /** After its output was acknowledged and its offsets were committed. */
  async committed(): Promise<void> {
    await this.state.checkpoint(this.partition);
    this.task.committed();
  }

  /** @param clean false: after an error; what was not committed is forgotten */
  async close(clean: boolean): Promise<void> {
    try {
      this.task.close(clean);
    } finally {
      await this.state.close();
    }
  }
}
