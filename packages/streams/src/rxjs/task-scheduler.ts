// An RxJS scheduler that follows a clock of the task: nothing runs by itself; the node that hosts the operators runs what is
// due when it has the task's turn. As with punctuations, what was due several times runs once.
import { type SchedulerAction, type Subscription, VirtualAction, VirtualTimeScheduler } from 'rxjs';

export class TaskScheduler extends VirtualTimeScheduler {
  readonly #clock: () => number;
  readonly #onUse: () => void;

  /**
   * @param clock milliseconds since 1970
   * @param onUse called when something is scheduled
   */
  constructor(clock: () => number, onUse: () => void) {
    super(VirtualAction);
    this.#clock = clock;
    this.#onUse = onUse;
  }

  override schedule<T>(
    work: (this: SchedulerAction<T>, state?: T) => void,
    delay?: number,
    state?: T,
  ): Subscription {
    this.#onUse();
    this.frame = this.#clock();
    return super.schedule(work, delay, state);
  }

  /** Runs what is due by now, in order of time. @throws what it throws */
  runDue(): void {
    const now = this.#clock();
    this.frame = now;
    for (let action = this.actions[0]; action !== undefined; action = this.actions[0]) {
      if (action.delay > now) return;
      this.actions.shift();
      // RxJS hands errors of an action back as its result.
      const error: unknown = action.execute(action.state, action.delay);
      if (error !== undefined) throw error;
    }
  }
}
