// All that a standalone worker knows of one connector.
import type { HostHandle } from '../worker/host-handle.ts';
import { Lock } from '../task/lock.ts';
import type { StateReport, TargetState } from '../task/task-state.ts';
import type { Conceal } from '../worker/config-providers.ts';
import type { ConnectorType, Properties } from './entities.ts';

export class ConnectorEntry {
  readonly name: string;
  /** One change of the connector at a time. */
  readonly lock: Lock = new Lock();
  /** As given, placeholders unresolved. */
  config: Properties;
  secrets: ReadonlySet<string>;
  /** Puts the placeholders of the values that it was last started with back into a text. */
  conceal: Conceal = (text) => text;
  target: TargetState;
  type: ConnectorType = 'unknown';
  version = 'unknown';
  /** Undefined until something was reported. */
  state: StateReport | undefined;
  taskConfigs: readonly Properties[] = [];
  readonly taskStates: Map<number, StateReport> = new Map();
  /** Topics in the order of first use. */
  readonly topics: Set<string> = new Set();
  /** Where its code runs now. */
  host: HostHandle | undefined;
  /** Whether the connector itself was started in that host. */
  isStarted = false;
  isDeleted = false;

  constructor(name: string, config: Properties, secrets: ReadonlySet<string>, target: TargetState) {
    this.name = name;
    this.config = config;
    this.secrets = secrets;
    this.target = target;
  }
}
