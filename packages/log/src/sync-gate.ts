// How many files are being made durable at once is bounded for the device: more only queue in the system, in front of
// everything else that wants the disk. DESIGN §4.3.
import type { DiskFile } from '@ottla/platform';

const SYNCS_MAX_DEFAULT = 4;

/** Lets a few `datasync` calls through at a time, first come first served. */
export class SyncGate {
  readonly #max: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(max: number = SYNCS_MAX_DEFAULT) {
    this.#max = max;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  async datasync(file: DiskFile): Promise<void> {
    if (this.#running >= this.#max)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      await file.datasync();
    } finally {
      // The place is handed on, so that nobody slips in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
