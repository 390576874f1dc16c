// What is kept of a seed, and a thousand of them in one line: whoever runs the same seeds on the same commit gets the same
// digest.
import { createHash } from 'node:crypto';
import type { SeedResult } from './seed-run.ts';

export interface SeedSummary {
  readonly seed: number;
  readonly failure: string | undefined;
  readonly counts: boolean;
  readonly traceHash: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly realMs: number;
  readonly faults: number;
  readonly acknowledged: number;
}

const SEEDS_PER_LINE = 1_000;

export function summaryOf(result: SeedResult, realMs: number): SeedSummary {
  const { seed, failure, counts, traceHash, events, virtualMs, faults, acknowledged } = result;
  return { seed, failure, counts, traceHash, events, virtualMs, realMs, faults, acknowledged };
}

export function describeSummary(summary: SeedSummary, replay: string): string {
  const { seed, failure, events, virtualMs, realMs, faults, acknowledged, traceHash } = summary;
  const figures =
    `${(virtualMs / 1000).toFixed(0)} virtual s, ${events} events, ${faults} faults, ` +
    `${acknowledged} acknowledged, ${realMs.toFixed(0)} ms, trace ${traceHash}`;
  if (failure === undefined) return `seed ${seed} ok: ${figures}`;
  return `seed ${seed} FAILED: ${failure}\n  ${figures}\n  replay: ${replay}`;
}

/** Adds up seeds in any order; prints a line for each thousand that is complete, and one for the rest. */
export class Digest {
  failures = 0;
  readonly #first: number;
  readonly #print: (line: string) => void;
  readonly #blocks: Map<number, SeedSummary[]> = new Map();

  constructor(first: number, print: (line: string) => void) {
    this.#first = first;
    this.#print = print;
  }

  add(summary: SeedSummary): void {
    if (summary.failure !== undefined) this.failures++;
    const index = Math.floor((summary.seed - this.#first) / SEEDS_PER_LINE);
    const block = this.#blocks.get(index) ?? [];
    this.#blocks.set(index, block);
    if (block.push(summary) < SEEDS_PER_LINE) return;
    this.#blocks.delete(index);
    this.#printBlock(block);
  }

  /** What is not a whole thousand. */
  finish(): void {
    for (const block of this.#blocks.values()) this.#printBlock(block);
    this.#blocks.clear();
  }

  #printBlock(block: SeedSummary[]): void {
    block.sort((left, right) => left.seed - right.seed);
    const hash = createHash('sha256');
    for (const { seed, traceHash, failure } of block)
      hash.update(`${seed} ${traceHash} ${failure === undefined ? 'ok' : 'failed'}\n`);
    const sum = (of: (summary: SeedSummary) => number): number =>
      block.reduce((total, summary) => total + of(summary), 0);
    const counted = block.filter(({ counts }) => counts).length;
    const failed = block.filter(({ failure }) => failure !== undefined).length;
    this.#print(
      `seeds ${block[0]?.seed}–${block.at(-1)?.seed}: digest ${hash.digest('hex').slice(0, 16)}, ` +
        `${counted} count, ${failed} failed, ${sum(({ faults }) => faults)} faults, ` +
        `${sum(({ acknowledged }) => acknowledged)} acknowledged, ${sum(({ events }) => events)} events, ` +
        `${(sum(({ virtualMs }) => virtualMs) / 3_600_000).toFixed(1)} virtual hours in ` +
        `${(sum(({ realMs }) => realMs) / 60_000).toFixed(1)} real minutes`,
    );
  }
}
