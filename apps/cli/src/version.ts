// The version of this package, as its package.json says.
import { createRequire } from 'node:module';

const manifest = createRequire(import.meta.url)('../package.json') as { readonly version: string };

/** For example `0.1.0`. */
export const version: string = manifest.version;
