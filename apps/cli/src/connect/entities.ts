// What a worker answers, as far as commands read it.

/** Of a connector or a task. */
export interface StateAnswer {
  readonly state: string;
  readonly worker_id: string;
  readonly trace?: string;
}

export interface StatusAnswer {
  readonly name: string;
  readonly type: string;
  readonly connector: StateAnswer;
  readonly tasks: readonly (StateAnswer & { readonly id: number })[];
}

export interface ConnectorAnswer {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
  readonly tasks: readonly { readonly connector: string; readonly task: number }[];
  readonly type: string;
}

/** `GET /connectors?expand=status&expand=info`. */
export type ExpandedAnswer = Readonly<
  Record<string, { readonly status?: StatusAnswer; readonly info?: ConnectorAnswer }>
>;

export interface OffsetsAnswer {
  readonly offsets: readonly {
    readonly partition: Readonly<Record<string, unknown>> | null;
    readonly offset: Readonly<Record<string, unknown>> | null;
  }[];
}

export interface PluginAnswer {
  readonly class: string;
  readonly type: string;
  readonly version: string | null;
}

export interface PluginKeyAnswer {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly default_value: string | null;
  readonly documentation: string;
}

export interface ValidationAnswer {
  readonly error_count: number;
  readonly configs: readonly {
    readonly value: {
      readonly name: string;
      readonly value: string | null;
      readonly errors: readonly string[];
    } | null;
  }[];
}
