// From the schemas to the text of every generated file, by file name.

import { readdir } from 'node:fs/promises';
import type { RemovedApis, Schema } from '../../packages/protocol/schemas/notation.ts';
import { emitFile } from './emit-file.ts';
import type { ApiModel } from './emit-tables.ts';
import { emitAllMessages, emitApiTable, emitLoaders } from './emit-tables.ts';
import type { MessageModel } from './model.ts';
import { resolveMessage } from './model.ts';
import { kebabCase } from './names.ts';

const NOTATION = 'notation.ts';

/** Reads all schemas of a folder, in the order of their file names. */
export async function readSchemas(folder: URL): Promise<Schema[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts') && name !== NOTATION);
  const schemas: Schema[] = [];
  for (const name of names.toSorted()) {
    const module = (await import(new URL(name, folder).href)) as { default: Schema };
    requireFileName(module.default, name);
    schemas.push(module.default);
  }
  return schemas;
}

function requireFileName(schema: Schema, file: string): void {
  const expected = schema.kind === 'removed' ? 'removed-apis.ts' : `${kebabCase(schema.name)}.ts`;
  if (file !== expected) throw new Error(`${file} should be called ${expected}`);
}

/** Text of each generated file by its name. */
export function generate(schemas: readonly Schema[]): Map<string, string> {
  const texts = new Map<string, string>();
  const apis: ApiModel[] = [];
  const files: { name: string; messages: readonly MessageModel[] }[] = [];
  let removed: RemovedApis['apis'] = [];
  for (const schema of schemas) {
    if (schema.kind === 'removed') {
      removed = schema.apis;
      continue;
    }
    const messages = messagesOf(schema, apis);
    files.push({ name: schema.name, messages });
    const file = `${kebabCase(schema.name)}.ts`;
    texts.set(file, emitFile(`packages/protocol/schemas/${file}`, messages));
  }
  apis.sort((a, b) => a.api.key - b.api.key);
  texts.set('api-table.ts', emitApiTable(apis, removed));
  texts.set('loaders.ts', emitLoaders(apis));
  texts.set('all-messages.ts', emitAllMessages(files));
  return texts;
}

function messagesOf(
  schema: Exclude<Schema, RemovedApis>,
  apis: ApiModel[],
): readonly MessageModel[] {
  if (schema.kind === 'standalone')
    return [resolveMessage(schema.name, schema.key, schema.message)];
  const request = resolveMessage(`${schema.name}Request`, schema.key, schema.request);
  const response = resolveMessage(`${schema.name}Response`, schema.key, schema.response);
  apis.push({ api: schema, request, response });
  return [request, response];
}
