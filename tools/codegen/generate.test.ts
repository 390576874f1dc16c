import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { int32, message, string, structs } from '../../packages/protocol/schemas/notation.ts';
import { emitFile } from './emit-file.ts';
import { foldLongLines } from './fold.ts';
import { generate, readSchemas } from './generate.ts';
import { parseVersions, resolveMessage } from './model.ts';
import { kebabCase, valueName } from './names.ts';

const protocol = new URL('../../packages/protocol/', import.meta.url);

describe('code generation', () => {
  it('given the committed schemas, then the committed code is what they generate', async () => {
    const texts = generate(await readSchemas(new URL('schemas/', protocol)));
    const target = new URL('src/gen/', protocol);
    const committed = new Map(
      readdirSync(target).map((name) => [name, readFileSync(new URL(name, target), 'utf8')]),
    );
    expect(new Set(committed.keys())).toEqual(new Set(texts.keys()));
    for (const [name, text] of texts)
      expect(committed.get(name) === text, `${name} is stale: npm run codegen`).toBe(true);
  });

  it('given a struct used in some versions, then conditions only say what is not known', () => {
    const model = resolveMessage(
      'X',
      undefined,
      message('1-5', '3+', {
        old: int32('0-2'),
        parts: structs('2+', 'Part', { name: string('0+'), late: int32('4+', { default: -1 }) }),
        gone: int32('6+'),
      }),
    );
    expect(model.struct.fields.map(({ name }) => name)).toEqual(['old', 'parts']);
    expect(model.structs[1]!.range).toEqual({ min: 2, max: 5 });
    expect(model.structs[1]!.bytesMin).toBe(2);
    const text = emitFile('x', [model]);
    expect(text).toContain('old: version <= 2 ? reader.int32() : 0,');
    expect(text).toContain('late: version >= 4 ? reader.int32() : -1,');
  });

  it('given two structs of one name in a message, then it is refused', () => {
    const part = (field: string) => structs('0+', 'Part', { [field]: int32() });
    expect(() =>
      resolveMessage('X', 1, message('0', 'none', { a: part('x'), b: part('y') })),
    ).toThrow(/two structs called Part/);
  });

  it('given ranges of versions, then both ends are inclusive', () => {
    expect(parseVersions('3')).toEqual({ min: 3, max: 3 });
    expect(parseVersions('4-7')).toEqual({ min: 4, max: 7 });
    expect(parseVersions('9+')).toEqual({ min: 9, max: Infinity });
    expect(() => parseVersions('x' as '1')).toThrow(/not a range/);
  });

  it('given names of schemas, then files and values are named after their words', () => {
    expect(kebabCase('OffsetForLeaderEpoch')).toBe('offset-for-leader-epoch');
    expect(kebabCase('KRaftVersionRecord')).toBe('kraft-version-record');
    expect(valueName('KRaftVersionRecord')).toBe('kraftVersionRecord');
    expect(valueName('FetchRequest')).toBe('fetchRequest');
  });

  it('given a long line, then it is broken where its shape allows', () => {
    const long = 'value.'.padEnd(60, 'x');
    expect(foldLongLines(`  name: version >= 3 ? ${long} : ${long},`)).toBe(
      `  name: version >= 3\n    ? ${long}\n    : ${long},`,
    );
    expect(foldLongLines(`  if (${long} > 0) refuse(${long});`)).toBe(
      `  if (${long} > 0)\n    refuse(${long});`,
    );
    expect(foldLongLines(`f(${long}, g(a, b), ${long});`)).toBe(
      `f(\n  ${long},\n  g(a, b),\n  ${long},\n);`,
    );
  });
});
