// The wall clock of a node, put forward or back while it runs: libfaketime reads the shift from a file. The monotonic clock
// goes on as it should.
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  (machine) => `/usr/lib/${machine}/faketime/libfaketimeMT.so.1`,
);

function library(): string | undefined {
  return LIBRARIES.find((file) => existsSync(file));
}

/** Undefined when clocks can be shifted here, else the reason. */
export function whyNoClocks(): string | undefined {
  return library() === undefined ? 'not installed: libfaketime' : undefined;
}

/** Environment of a node whose clock can be shifted. */
export function clockEnvironment(folder: string, nodeId: number): Record<string, string> {
  shiftClock(folder, nodeId, 0);
  return {
    LD_PRELOAD: library() ?? '',
    FAKETIME_TIMESTAMP_FILE: clockFile(folder, nodeId),
    // The file is read once a second: a JVM asks for the time far more often than that.
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    // Waits of a JVM are on the monotonic clock already; "mended", they return at once, or never.
    FAKETIME_FORCE_MONOTONIC_FIX: '0',
    NO_FAKE_STAT: '1',
  };
}

/** Against the machine's clock. */
export function shiftClock(folder: string, nodeId: number, seconds: number): void {
  writeFileSync(clockFile(folder, nodeId), `${seconds < 0 ? '' : '+'}${seconds}\n`);
}

function clockFile(folder: string, nodeId: number): string {
  return path.join(folder, `clock-${nodeId}`);
}
