#!/usr/bin/env node
// The `ottla` executable. Compiled code is kept in Node's cache from one run to the next, which spares a third of the start
// from source; so everything else is imported after the cache is on.
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { processIo } = await import('./process-io.ts');
const { run } = await import('./run.ts');

process.exitCode = await run(process.argv.slice(2), processIo());
