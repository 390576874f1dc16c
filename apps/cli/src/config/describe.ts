// `ottla config describe`.
import { withAdmin } from '../cluster.ts';
import type { CliIo } from '../io.ts';
import type { ClusterOptions } from '../options.ts';
import { print } from '../output/print.ts';
import { checkResource } from './resource-check.ts';
import { type ResourceKind, resourceOf } from './resource.ts';

/** Options of the command. */
export interface DescribeConfigOptions extends ClusterOptions {
  readonly all?: boolean;
}

/** Prints the settings of a topic or broker. */
export async function describeConfig(
  io: CliIo,
  kind: ResourceKind,
  name: string,
  options: DescribeConfigOptions,
): Promise<void> {
  const resource = resourceOf(kind, name);
  const entries = await withAdmin(io, options, async (admin) => {
    await checkResource(admin, resource);
    return (await admin.describeConfigs(resource)).entries;
  });
  const json = entries
    .filter(({ source }) => options.all === true || source !== 'default')
    .map(({ name: key, value, source, isReadOnly, isSensitive }) => ({
      key,
      value,
      source,
      readOnly: isReadOnly,
      sensitive: isSensitive,
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  await print(io, options.json, {
    json,
    headings: ['KEY', 'VALUE', 'SOURCE'],
    rows: json.map(({ key, value, source, sensitive }) => [
      key,
      sensitive ? '******' : value,
      source,
    ]),
    whenEmpty: `Nothing but defaults on ${kind} ${name}; --all shows them.`,
  });
}
