// Values from elsewhere, against Kafka's ConfigTransformer and its three providers.
import { memoryDisk } from '@ottla/platform';
import { describe, expect, it } from 'vitest';
import { ConfigProviders } from '../../src/index.ts';

const PROVIDERS = 'org.apache.kafka.common.config.provider';
const ENV = { DB_USER: 'scott', DB_PASSWORD: 'tiger$&1', SECRET: 'not for you' };

async function providers(more: Record<string, string> = {}): Promise<ConfigProviders> {
  const disk = memoryDisk();
  await disk.mkdir('/secrets/deep');
  await disk.mkdir('/other');
  for (const [name, text] of [
    ['/secrets/db.properties', 'password=p\\u00e4ss\nempty=\n'],
    ['/secrets/token', 'line\n'],
    ['/other/token', 'forbidden'],
  ] as const) {
    const file = await disk.open(name, 'write');
    await file.write([Buffer.from(text)], 0);
    await file.close();
  }
  const properties = {
    'config.providers': 'file, dir,env',
    'config.providers.file.class': `${PROVIDERS}.FileConfigProvider`,
    'config.providers.dir.class': `${PROVIDERS}.DirectoryConfigProvider`,
    'config.providers.env.class': `${PROVIDERS}.EnvVarConfigProvider`,
    ...more,
  };
  return ConfigProviders.open(properties, disk, ENV);
}

async function resolved(value: string, more?: Record<string, string>): Promise<unknown> {
  return (await (await providers(more)).resolve({ value })).config.value;
}

describe('config providers', () => {
  it.each([
    ['${file:/secrets/db.properties:password}', 'päss'],
    ['${file:/secrets/db.properties:empty}', ''],
    ['${dir:/secrets:token}', 'line\n'],
    ['${env:DB_USER}', 'scott'],
    ['jdbc://${env:DB_USER}:${env:DB_PASSWORD}@host', 'jdbc://scott:tiger$&1@host'],
    ['${topic}-${timestamp}', '${topic}-${timestamp}'],
    ['${vault:a:b}', '${vault:a:b}'],
  ])('given %s, when resolved, then it is %j', async (value, expected) => {
    expect(await resolved(value)).toBe(expected);
  });

  it.each([
    ['${file:/secrets/db.properties:user}', 'there is no such key'],
    ['${file:/secrets/none:user}', 'Could not read properties from file /secrets/none'],
    ['${file::user}', 'there is no such key'],
    ['${dir:/secrets:deep}', 'there is no such key'],
    ['${dir:/secrets/deep:../token}', 'there is no such key'],
    [
      '${env:/path:DB_USER}',
      "Path is not supported for EnvVarConfigProvider, invalid value '/path'",
    ],
    ['${env:NOBODY}', 'Could not read the value of ${env:NOBODY} for value'],
  ])('given %s, when there is no such value, then an error says so', async (value, message) => {
    await expect(resolved(value)).rejects.toThrow(message);
  });

  it('given allowed.paths, when a path leads elsewhere, by dots or by a name that only begins alike, then it is refused', async () => {
    const allowed = { 'config.providers.dir.param.allowed.paths': '/secrets/deep/..' };
    expect(await resolved('${dir:/secrets/deep/..:token}', allowed)).toBe('line\n');
    for (const where of ['/other', '/secrets/../other', '/secretsx', '../secrets'])
      await expect(resolved(`\${dir:${where}:token}`, allowed)).rejects.toThrow(
        'is not in allowed.paths',
      );
  });

  it('given allowlist.pattern in Java’s syntax, when a variable does not match as a whole, then it is not there', async () => {
    const allowed = { 'config.providers.env.param.allowlist.pattern': '\\QDB_\\E\\p{Upper}+' };
    expect(await resolved('${env:DB_USER}', allowed)).toBe('scott');
    await expect(resolved('${env:SECRET}', allowed)).rejects.toThrow('there is no such key');
  });

  it.each([
    [{ 'config.providers': 'x' }, 'config.providers.x.class is missing'],
    [{ 'config.providers.env.class': 'com.example.Vault' }, 'com.example.Vault is not there'],
    [{ 'config.providers.dir.param.allowed.paths': 'secrets' }, 'Path secrets is not absolute'],
    [{ 'config.providers.dir.param.allowed.paths': '/none' }, 'Path /none does not exist'],
  ])('given %o, when opened, then it is refused', async (more, message) => {
    await expect(providers(more)).rejects.toThrow(message);
  });

  it('given a text that holds values, when concealed, then the placeholders stand there', async () => {
    const { conceal } = await (
      await providers()
    ).resolve({ url: '${env:DB_USER}', password: '${env:DB_PASSWORD}' });
    expect(conceal('login scott/tiger$&1 failed for scott')).toBe(
      'login ${env:DB_USER}/${env:DB_PASSWORD} failed for ${env:DB_USER}',
    );
  });
});
