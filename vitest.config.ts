// One vitest run for the whole workspace, from source: the condition `@ottla/source` makes every
// package resolve to its TypeScript, so no build is needed before a test.
import path from 'node:path';
import { defineConfig } from 'vitest/config';
import TotalsReporter from './tools/totals-reporter.ts';

const conditions = ['@ottla/source'];

function project(name: string, root: string, include: readonly string[], extra: object = {}) {
  return { extends: true as const, test: { name, root, include: [...include], ...extra } };
}

const unit = ['src/**/*.test.ts', 'test/**/*.test.ts'];
const pure = { isolate: false };

const PROPERTIES = path.resolve(import.meta.dirname, 'tools/properties.ts');
/** Gives tests that import fast-check the one with our seed and number of runs. */
const properties = {
  name: 'ottla:properties',
  enforce: 'pre' as const,
  resolveId: (source: string, importer: string | undefined) =>
    source === 'fast-check' && importer !== PROPERTIES ? PROPERTIES : undefined,
};

export default defineConfig({
  plugins: [properties],
  resolve: { conditions },
  ssr: {
    resolve: {
      conditions: [...conditions, 'node', 'import', 'module', 'default'],
      externalConditions: conditions,
    },
  },
  test: {
    execArgv: ['--conditions=@ottla/source'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
    reporters: ['default', new TotalsReporter()],
    projects: [
      project('@ottla/platform', 'packages/platform', unit),
      project('@ottla/protocol', 'packages/protocol', unit, pure),
      project('@ottla/log', 'packages/log', unit),
      project('@ottla/raft', 'packages/raft', unit),
      project('@ottla/metadata', 'packages/metadata', unit, pure),
      project('@ottla/coordinator', 'packages/coordinator', unit),
      project('@ottla/client', 'packages/client', unit),
      project('@ottla/serdes', 'packages/serdes', unit, pure),
      project('@ottla/streams', 'packages/streams', unit),
      project('@ottla/connect', 'packages/connect', unit),
      project('@ottla/connector-file', 'packages/connectors/file', unit),
      project('@ottla/connect-worker', 'apps/connect-worker', unit),
      project('@ottla/testing', 'packages/testing', unit),
      project('@ottla/broker', 'apps/broker', unit),
      project('ottla', 'apps/cli', unit),
      project('@ottla/tools', 'tools', ['**/*.test.ts']),
      project('@ottla/examples', 'examples', ['**/*.test.ts']),
      project('@ottla/e2e', 'e2e', ['**/*.test.ts'], {
        testTimeout: 300_000,
        hookTimeout: 600_000,
        fileParallelism: false,
      }),
    ],
  },
});
