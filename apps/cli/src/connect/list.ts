// `ottla connect list`.
import type { CliIo } from '../io.ts';
import { print } from '../output/print.ts';
import type { ExpandedAnswer } from './entities.ts';
import { ConnectRest, type WorkerOptions } from './rest-client.ts';

/** Prints all connectors by name, with what they are doing. */
export async function listConnectors(io: CliIo, options: WorkerOptions): Promise<void> {
  const rest = new ConnectRest(io, options);
  const expanded = await rest.call<ExpandedAnswer>('GET', '/connectors?expand=status&expand=info');
  const json = Object.entries(expanded)
    .map(([name, { status, info }]) => ({
      name,
      type: info?.type ?? status?.type ?? 'unknown',
      class: info?.config['connector.class'] ?? null,
      state: status?.connector.state ?? 'UNASSIGNED',
      tasks: (status?.tasks ?? []).map(({ id, state }) => ({ id, state })),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  await print(io, options.json, {
    json,
    headings: ['CONNECTOR', 'TYPE', 'STATE', 'TASKS', 'CLASS'],
    rows: json.map((one) => [one.name, one.type, one.state, tasksOf(one.tasks), simple(one.class)]),
    whenEmpty: 'No connectors yet. Create one with `ottla connect create <file>`.',
  });
}

/** `2 RUNNING, 1 FAILED`. */
function tasksOf(tasks: readonly { readonly state: string }[]): string | null {
  const counts = new Map<string, number>();
  for (const { state } of tasks) counts.set(state, (counts.get(state) ?? 0) + 1);
  const texts = [...counts].map(([state, count]) => `${count} ${state}`);
  return texts.length === 0 ? null : texts.join(', ');
}

/** A class without its package. */
function simple(name: string | null): string | null {
  return name?.slice(name.lastIndexOf('.') + 1) ?? null;
}
