// Porcupine's verdict on a history of metadata operations.
import { Child } from '../../src/processes.ts';
import { goProgram } from '../../src/toolchain.ts';
import { formatHistory, type MetadataOperation } from './metadata-history.ts';

export interface LinearizabilityVerdict {
  readonly isLinearizable: boolean;
  /** What it says: the topics that are not, and how much was checked. */
  readonly text: string;
}

/** @throws when the checker cannot tell */
export async function checkLinearizability(
  operations: readonly MetadataOperation[],
): Promise<LinearizabilityVerdict> {
  const checker = new Child(goProgram('linearizability'), []);
  checker.feed(formatHistory(operations));
  const { code, stdout, stderr } = await checker.finished;
  if (code !== 0 && code !== 1) throw new Error(`the checker cannot tell: ${stdout}${stderr}`);
  return { isLinearizable: code === 0, text: stdout.trim() };
}
