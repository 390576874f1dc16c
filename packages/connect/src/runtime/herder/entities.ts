// What the REST API answers, in its own field names. Kafka: org.apache.kafka.connect.runtime.rest.entities.
import type { ConnectState } from '../task/task-state.ts';

export type ConnectorType = 'source' | 'sink' | 'unknown';
export type Properties = Readonly<Record<string, string>>;

export interface TaskId {
  readonly connector: string;
  readonly task: number;
}

export interface ConnectorInfo {
  readonly name: string;
  readonly config: Properties;
  readonly tasks: readonly TaskId[];
  readonly type: ConnectorType;
}

export interface TaskInfo {
  readonly id: TaskId;
  readonly config: Properties;
}

export interface ConnectorState {
  readonly state: ConnectState;
  readonly worker_id: string;
  readonly trace?: string;
  readonly version: string;
}

export interface TaskState extends ConnectorState {
  readonly id: number;
}

export interface ConnectorStateInfo {
  readonly name: string;
  readonly connector: ConnectorState;
  readonly tasks: readonly TaskState[];
  readonly type: ConnectorType;
}

export interface ConnectorOffset {
  readonly partition: Readonly<Record<string, unknown>>;
  readonly offset: Readonly<Record<string, unknown>> | null;
}

export interface ConnectorOffsets {
  readonly offsets: readonly ConnectorOffset[];
}
