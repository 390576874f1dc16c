// A connector's transformations in their order, each with its predicate. Kafka: TransformationChain, TransformationStage.
import type { ConnectRecord } from '../../record/connect-record.ts';
import type { Predicate, Transformation } from '../../transform/transformation.ts';
import type { Step } from './error-handling.ts';

/** One transformation of the chain. */
export interface TransformationStage {
  /** By the name that Kafka gives its class. */
  readonly className: string;
  readonly transformation: Transformation;
  readonly predicate: Predicate | undefined;
  /** Apply where the predicate does not hold. */
  readonly isNegated: boolean;
}

export class TransformationChain {
  readonly #stages: readonly TransformationStage[];

  constructor(stages: readonly TransformationStage[]) {
    this.#stages = stages;
  }

  /** The transformed record, or null when one of the stages dropped it. Sets the step before each stage. */
  apply<R extends ConnectRecord>(record: R, step: Step): R | null {
    let current: R = record;
    for (const { transformation, predicate, isNegated, className } of this.#stages) {
      step.stage = 'TRANSFORMATION';
      step.className = className;
      if (predicate !== undefined && predicate.test(current) === isNegated) continue;
      const next = transformation.apply(current);
      if (next === null) return null;
      current = next;
    }
    return current;
  }

  close(): void {
    for (const { transformation, predicate } of this.#stages) {
      transformation.close?.();
      predicate?.close?.();
    }
  }
}
