// One clock for all processes of a run: the machine's monotonic one (Java's System.nanoTime reads the same).

/** Milliseconds since some moment that all processes of this machine share, with fractions. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
