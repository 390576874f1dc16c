// Functions that the conformance suite runs in threads.
export function multiply(task: { input: Uint8Array; factor: number }): Uint8Array {
  return task.input.map((byte) => byte * task.factor);
}

export function fail(): never {
  throw new Error('as asked');
}

/** Ends the worker in the middle of its task. */
export function die(): never {
  process.exit(3);
}
