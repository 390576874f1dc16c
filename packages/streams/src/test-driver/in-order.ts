// Steps one after the other, at once as far as they are synchronous.

/** Calls each step when the one before is done; a promise only when one of them gave one. */
export function inOrder(steps: readonly (() => unknown)[], first = 0): void | Promise<void> {
  for (let index = first; index < steps.length; index += 1) {
    const done = steps[index]!();
    if (done instanceof Promise) return done.then(() => inOrder(steps, index + 1));
  }
}
