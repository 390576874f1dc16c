// What several admins did to topics, for the linearizability checker (e2e/go/linearizability), one operation a line.

export interface MetadataOperation {
  readonly client: number;
  readonly topic: string;
  /** `create`: with `value` as its config; `set`: the config; `get`: reads the config. */
  readonly op: 'create' | 'delete' | 'set' | 'get';
  readonly value: string;
  /** `unknown`: it may have happened, may happen later, or never. */
  readonly outcome: 'ok' | 'exists' | 'missing' | 'unknown';
  /** Nanoseconds of one clock. */
  readonly call: number;
  readonly return: number;
}

export function formatHistory(operations: readonly MetadataOperation[]): string {
  return operations.map((operation) => `${JSON.stringify(operation)}\n`).join('');
}
