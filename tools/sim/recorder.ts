// Where the load writes down what it does: into the checker, and to whoever listens.
import type { Simulation } from '@ottla/platform/simulated';
import { HistoryChecker } from '../history/history-checker.ts';
import type { Operation } from '../history/operation.ts';
import type { Verdict } from '../history/anomaly.ts';

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export class Recorder {
  readonly #simulation: Simulation;
  readonly #checker = new HistoryChecker();
  readonly #onOperation: (operation: Operation) => void;

  constructor(simulation: Simulation, onOperation: (operation: Operation) => void) {
    this.#simulation = simulation;
    this.#onOperation = onOperation;
  }

  /** Notes an operation that happens now. */
  note(operation: Without<Operation, 'at'>): void {
    const whole = { at: this.#simulation.elapsedMs, ...operation } as Operation;
    this.#onOperation(whole);
    this.#checker.add(whole);
  }

  get acknowledged(): number {
    return this.#checker.acknowledged;
  }

  finish(): Verdict {
    return this.#checker.finish();
  }
}
