// Prints the one line that continuous integration reads: `N passed, N failed, N skipped`.
import type { Reporter, TestModule } from 'vitest/node';

/** Counts every test of the run and prints the totals as the last line. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, errors: ReadonlyArray<unknown>): void {
    const totals = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      const states = [...module.children.allTests()].map((test) => test.result().state);
      for (const state of states) totals[state === 'pending' ? 'skipped' : state] += 1;
      if (module.state() === 'failed' && !states.includes('failed')) totals.failed += 1;
    }
    process.stdout.write(
      `\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`,
    );
  }
}
