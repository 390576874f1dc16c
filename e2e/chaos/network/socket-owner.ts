// Which of some processes has opened a connection: Linux tells the inode of a socket by its port, and each process's inodes.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Local port in hexadecimal, behind an address of 4 or of 16 bytes. */
const LINE =
  /^\s*\d+: (?:[0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ \S+ \S+ \S+ \S+\s+\d+\s+\d+ (\d+)/;

/** @returns the pid among these that owns the local port of loopback; undefined when none does (any more) */
export function ownerOfPort(port: number, pids: readonly number[]): number | undefined {
  const inode = inodeOf(port, '/proc/net/tcp') ?? inodeOf(port, '/proc/net/tcp6');
  if (inode === undefined) return undefined;
  return pids.find((pid) => holds(pid, `socket:[${inode}]`));
}

function inodeOf(port: number, table: string): string | undefined {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  for (const line of readFileSync(table, 'utf8').split('\n')) {
    const match = LINE.exec(line);
    if (match !== null && match[1] === wanted && match[2] !== '0') return match[2];
  }
  return undefined;
}

function holds(pid: number, name: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === name);
  } catch {
    return false;
  }
}

function linkOf(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}
