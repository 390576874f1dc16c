// The file of cases: inputs and what Kafka Streams 4.3.1 made of them, as its `form` describes it.
import { readFileSync } from 'node:fs';
import path from 'node:path';

export type FunctionSpec = string | { readonly fn: string; readonly arg?: string };

/** A node of a case's topology; which fields it has depends on `op`. */
export interface NodeSpec {
  readonly id?: string;
  readonly op: string;
  readonly from?: string;
  readonly with?: string;
  readonly name?: string;
  readonly store?: string;
  readonly stores?: readonly string[];
  readonly topic?: string;
  readonly topics?: readonly string[];
  readonly fn?: FunctionSpec;
  readonly predicate?: FunctionSpec;
  readonly aggregator?: FunctionSpec;
  readonly subtractor?: FunctionSpec;
  readonly joiner?: FunctionSpec;
  readonly keyFn?: FunctionSpec;
  readonly foreignKey?: FunctionSpec;
  readonly versionedHistoryMs?: number;
  readonly processor?: { readonly fn: string; readonly store?: string; readonly everyMs?: number };
  readonly branches?: readonly { readonly predicate: FunctionSpec; readonly name: string }[];
  readonly default?: string;
  readonly window?: {
    readonly type?: string;
    readonly sizeMs?: number;
    readonly advanceMs?: number;
    readonly graceMs?: number;
  };
}

export interface WindowedKey {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

export type Datum = string | number | WindowedKey | null;

export interface ExpectedRecord {
  readonly topic: string;
  readonly key: Datum;
  readonly value: Datum;
  readonly ts: number;
  readonly headers: readonly (readonly [string, string | null])[];
}

export interface Step {
  readonly in: {
    readonly topic?: string;
    readonly key?: string | null;
    readonly value?: string | null;
    readonly ts?: number;
    readonly headers?: readonly (readonly [string, string | null])[];
    readonly advanceWallClockMs?: number;
  };
  readonly out: readonly ExpectedRecord[];
}

export interface StreamsCase {
  readonly id: string;
  readonly about: string;
  readonly config?: Readonly<{ readonly [key: string]: string }>;
  readonly outputTopics: readonly string[];
  readonly topology: { readonly nodes: readonly NodeSpec[] };
  readonly steps: readonly Step[];
  readonly describe: readonly string[];
  readonly topicsWritten: readonly string[];
  readonly finalStores?: Readonly<{
    readonly [store: string]: readonly { readonly key: Datum; readonly entry: unknown }[];
  }>;
  readonly metrics?: Readonly<{ readonly [name: string]: number }>;
}

const file = path.join(import.meta.dirname, 'streams-cases.json');

export const streamsCases: readonly StreamsCase[] = (
  JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly StreamsCase[] }
).cases;
