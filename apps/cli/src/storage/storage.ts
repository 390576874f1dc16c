// What `ottla storage …` does: reads the configuration, and has the broker's code do the rest.
import type { FirstVoters } from '@ottla/broker';
import { CliError, usageError } from '../cli-error.ts';
import type { CliIo } from '../io.ts';
import { configSource } from '../server/server-options.ts';

export interface InfoCommandOptions {
  readonly config: string;
  readonly allowUnknown?: boolean;
}

export interface FormatCommandOptions extends InfoCommandOptions {
  readonly clusterId: string;
  readonly standalone?: boolean;
  /** False: `--no-initial-controllers`. */
  readonly initialControllers?: string | boolean;
  readonly ignoreFormatted?: boolean;
  readonly releaseVersion?: string;
  readonly feature?: readonly string[];
  readonly addScram?: readonly string[];
}

export async function format(io: CliIo, options: FormatCommandOptions): Promise<void> {
  if (options.addScram !== undefined)
    throw usageError('--add-scram: this version does not serve SCRAM yet');
  const { BrokerConfig, formatStorage, parseFeature } = await import('@ottla/broker');
  const voters = firstVoters(options);
  await formatStorage({
    platform: await io.platform(),
    config: BrokerConfig.load(await configSource(io, options)),
    clusterId: options.clusterId,
    ignoreFormatted: options.ignoreFormatted ?? false,
    features: Object.fromEntries((options.feature ?? []).map(parseFeature)),
    print: (line) => void io.stdout.write(`${line}\n`),
    ...(voters === undefined ? {} : { voters }),
    ...(options.releaseVersion === undefined ? {} : { release: options.releaseVersion }),
  });
}

function firstVoters({
  standalone,
  initialControllers,
}: FormatCommandOptions): FirstVoters | undefined {
  const isGiven = typeof initialControllers === 'string' || initialControllers === false;
  if (standalone === true && isGiven)
    throw usageError(
      '--standalone, --initial-controllers and --no-initial-controllers exclude each other',
    );
  if (typeof initialControllers === 'string') return { initialControllers };
  if (initialControllers === false) return 'none';
  return standalone === true ? 'standalone' : undefined;
}

export async function info(io: CliIo, options: InfoCommandOptions): Promise<void> {
  const { BrokerConfig, storageInfo } = await import('@ottla/broker');
  const config = BrokerConfig.load(await configSource(io, options));
  const { disk } = await io.platform();
  const { found, metadata, problems } = await storageInfo(disk, config.logDirs);
  const lines: string[] = [];
  if (found.length > 0)
    lines.push(`Found log director${found.length === 1 ? 'y' : 'ies'}:`, ...indented(found), '');
  if (metadata !== undefined) {
    const { clusterId, directoryId, nodeId } = metadata;
    const fields = `cluster.id=${clusterId}, directory.id=${directoryId}, node.id=${nodeId}, version=1`;
    lines.push(`Found metadata: {${fields}}`, '');
  }
  if (problems.length > 0)
    lines.push(`Found problem${problems.length === 1 ? '' : 's'}:`, ...indented(problems), '');
  void io.stdout.write(lines.map((line) => `${line}\n`).join(''));
  if (problems.length > 0)
    throw new CliError(`${problems.length} problem${problems.length === 1 ? '' : 's'} found`);
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

export async function uuid(io: CliIo): Promise<void> {
  const { randomUuid } = await import('@ottla/broker');
  void io.stdout.write(`${randomUuid((await io.platform()).random)}\n`);
}

export async function mapping(io: CliIo, release: string | undefined): Promise<void> {
  const { versionMapping } = await import('@ottla/broker');
  void io.stdout.write(`${versionMapping(release).join('\n')}\n`);
}

export async function dependencies(io: CliIo, features: readonly string[]): Promise<void> {
  const { featureDependencies } = await import('@ottla/broker');
  void io.stdout.write(`${features.flatMap(featureDependencies).join('\n')}\n`);
}
