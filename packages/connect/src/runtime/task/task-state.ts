// The states of connectors and tasks, by Kafka's names, and who is told of them. Kafka: AbstractStatus.State.

export type ConnectState =
  | 'UNASSIGNED'
  | 'RUNNING'
  | 'PAUSED'
  | 'STOPPED'
  | 'FAILED'
  | 'RESTARTING';

/** What somebody wants a connector to be. */
export type TargetState = 'STARTED' | 'PAUSED' | 'STOPPED';

/** A state with its reason where it is FAILED. */
export interface StateReport {
  readonly state: ConnectState;
  /** Stacks of the error and its causes. */
  readonly trace?: string;
}

/** What a running task tells its host. */
export interface TaskListener {
  onState(report: StateReport): void;
  /** A topic was read or written, for the first time or again. */
  onTopic(topic: string): void;
}

/** A task at work. */
export interface TaskRun {
  /** Settles when the task has ended; never rejects: a failure is a state. */
  readonly finished: Promise<void>;
  pause(): void;
  resume(): void;
  /** Asks it to end; `finished` tells when it has. */
  stop(): void;
}
