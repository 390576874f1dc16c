// Emits the tables over all schemas: facts about APIs, how to load their modules, and the list of everything.

import type { Api } from '../../packages/protocol/schemas/notation.ts';
import { generatedHeader, importLine } from './emit-file.ts';
import type { MessageModel } from './model.ts';
import { kebabCase, valueName } from './names.ts';

const SOURCE = 'packages/protocol/schemas';

/** An API with its messages resolved. */
export interface ApiModel {
  readonly api: Api;
  readonly request: MessageModel;
  readonly response: MessageModel;
}

/** `api-table.ts`: numbers, versions, listeners, flags; small, and loaded at start. */
export function emitApiTable(
  apis: readonly ApiModel[],
  removed: readonly { key: number; name: string }[],
): string {
  const keys = [...apis.map(({ api }) => api), ...removed].toSorted((a, b) => a.key - b.key);
  return [
    generatedHeader(SOURCE),
    "import type { ApiFacts } from '../api/api-info.ts';",
    '',
    '/** Number of each API by its name, those without versions included. */',
    'export const ApiKey = {',
    ...keys.map(({ key, name }) => `  ${name}: ${key},`),
    '} as const;',
    '',
    '/** What the schemas say about each API that has versions, by its number. */',
    'export const API_FACTS: Readonly<Record<number, ApiFacts>> = {',
    ...apis.map(factsLine),
    '};',
    '',
  ].join('\n');
}

function factsLine({ api, request, response }: ApiModel): string {
  const { range, flexibleFrom } = request.struct;
  const maxStable = api.latestUnstable === true ? range.max - 1 : range.max;
  const facts = [
    `name: '${api.name}'`,
    `minVersion: ${range.min}`,
    `maxVersion: ${maxStable}`,
    `latestVersion: ${range.max}`,
    `flexibleFrom: ${flexibleFrom}`,
    `responseFlexibleFrom: ${response.struct.flexibleFrom}`,
    `listeners: [${api.listeners.map((listener) => `'${listener}'`).join(', ')}]`,
    `clusterAction: ${api.clusterAction ?? false}`,
    `forwardable: ${api.forwardable ?? false}`,
  ];
  return [`  ${api.key}: {`, ...facts.map((fact) => `    ${fact},`), '  },'].join('\n');
}

/** `loaders.ts`: one dynamic import for each API, so that a process only loads the codecs that it meets. */
export function emitLoaders(apis: readonly ApiModel[]): string {
  return [
    generatedHeader(SOURCE),
    "import type { ApiMessages } from '../api/load-messages.ts';",
    '',
    '/** Imports the module of an API, by its number. */',
    'export const LOADERS: Readonly<Record<number, () => Promise<ApiMessages>>> = {',
    ...apis.flatMap(({ api, request, response }) => [
      `  ${api.key}: async () => {`,
      `    const messages = await import('./${kebabCase(api.name)}.ts');`,
      '    return {',
      `      request: messages.${valueName(request.struct.name)},`,
      `      response: messages.${valueName(response.struct.name)},`,
      '    };',
      '  },',
    ]),
    '};',
    '',
  ].join('\n');
}

/** `all-messages.ts`: every codec there is, for tests and tools. */
export function emitAllMessages(
  files: readonly { name: string; messages: readonly MessageModel[] }[],
): string {
  const codecs = files.flatMap(({ name, messages }) =>
    messages.map(({ struct }) => ({ codec: valueName(struct.name), file: kebabCase(name) })),
  );
  const imports = files.map(({ name, messages }) => {
    const names = messages.map(({ struct }) => valueName(struct.name));
    return importLine(names, `./${kebabCase(name)}.ts`);
  });
  return [
    generatedHeader(SOURCE),
    ...imports,
    "import type { MessageCodec } from '../wire/message-codec.ts';",
    '',
    '/** Every codec of every schema. Importing this loads them all: for tests and tools. */',
    '// What a codec encodes differs from codec to codec; who walks over all of them holds values of any shape.',
    '// oxlint-disable-next-line typescript/no-explicit-any',
    'export const allMessages: readonly MessageCodec<any>[] = [',
    ...codecs.map(({ codec }) => `  ${codec},`),
    '];',
    '',
  ].join('\n');
}
