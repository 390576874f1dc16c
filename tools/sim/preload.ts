// The server and the client load handlers, codecs and serialisers with the first request that wants them. That takes real
// time, which a simulated world refuses: so all of them are loaded before a world begins.
import { globSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const LAZY = [
  'apps/broker/src/{handlers,controller/handlers}/*.ts',
  'packages/protocol/src/gen/*.ts',
];

let loaded: Promise<unknown> | undefined;

/** Loads every module that the server and the client would load later. Idempotent. */
export function preload(): Promise<unknown> {
  loaded ??= Promise.all(
    LAZY.flatMap((pattern) => globSync(pattern, { cwd: root }))
      .filter((file) => !file.endsWith('.test.ts'))
      .map((file) => import(path.join(root, file)) as Promise<unknown>),
  );
  return loaded;
}
