// Puts a mutant into the sources while they load. In this process only, and only before they are loaded.
import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Mutant, MUTANTS } from './mutants.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** @throws Error when there is no such mutant, or its place has changed */
export function plant(name: string): Mutant {
  const mutant = MUTANTS.find((each) => each.name === name);
  if (mutant === undefined) throw new Error(`no mutant "${name}"`);
  const place = pathToFileURL(path.join(root, mutant.file)).href;
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (url !== place) return loaded;
      const { source: text = '' } = loaded;
      const source = typeof text === 'string' ? text : Buffer.from(text as Uint8Array).toString();
      if (source.split(mutant.find).length !== 2)
        throw new Error(`${mutant.file} does not contain exactly once: ${mutant.find}`);
      return { ...loaded, source: source.replace(mutant.find, () => mutant.replace) };
    },
  });
  return mutant;
}
