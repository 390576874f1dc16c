// How far long work is: a bar that is drawn over on a terminal, a line now and then anywhere else.
import type { Output } from '../io.ts';

const BAR_WIDTH = 24;
/** Anywhere else than on a terminal: a line whenever so much more is done. */
const LINE_EVERY = 0.1;

export class Progress {
  readonly #output: Output;
  readonly #what: string;
  #lineAt = 0;
  #last = '';

  /** @param what what is being done, as in "moving 12 replicas" */
  constructor(output: Output, what: string) {
    this.#output = output;
    this.#what = what;
  }

  /** @param share done, from 0 to 1 @param detail behind the bar, as in "8 of 12" */
  show(share: number, detail: string): void {
    const bounded = Math.min(1, Math.max(0, share));
    if (this.#output.isTty) this.#draw(`${bar(bounded)} ${this.#what}: ${detail}`);
    else if (bounded >= this.#lineAt) {
      this.#lineAt = bounded + LINE_EVERY;
      void this.#output.write(`${this.#what}: ${Math.round(bounded * 100)} %, ${detail}\n`);
    }
  }

  /** Leaves the last state on a line of its own. */
  end(): void {
    if (this.#output.isTty && this.#last !== '') void this.#output.write('\n');
    this.#last = '';
  }

  #draw(line: string): void {
    const fitting = line.slice(0, (this.#output.columns ?? 80) - 1);
    if (fitting === this.#last) return;
    void this.#output.write(`\r${fitting.padEnd(this.#last.length)}`);
    this.#last = fitting;
  }
}

function bar(share: number): string {
  const full = Math.round(share * BAR_WIDTH);
  return `[${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}] ${String(Math.round(share * 100)).padStart(3)} %`;
}
