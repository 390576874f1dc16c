import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PluginNotFoundError } from '../errors.ts';
import { BUILT_IN_PLUGINS, CONNECT_VERSION } from './built-in-plugins.ts';
import { packageForClass, PluginRegistry } from './plugin-registry.ts';

describe('PluginRegistry', () => {
  it.each(['org.apache.kafka.connect.json.JsonConverter', 'JsonConverter', 'Json'])(
    'given the converter %s, then it finds JsonConverter',
    (name) => {
      const found = new PluginRegistry(BUILT_IN_PLUGINS).find(['converter'], name);
      expect(found?.plugin.className).toBe('org.apache.kafka.connect.json.JsonConverter');
    },
  );

  it('given a transformation that is not there, then it is refused by name with those that are', () => {
    const registry = new PluginRegistry(BUILT_IN_PLUGINS);
    const name = 'com.example.Redact';
    expect(() => registry.require(['transformation'], name)).toThrow(PluginNotFoundError);
    expect(() => registry.require(['transformation'], name)).toThrow(
      /Redact, available are: .*InsertField\$Value/,
    );
  });

  it('given a package, then its plugins are found by class, short name and the package’s own name', async () => {
    const registry = new PluginRegistry();
    const plugins = [{ ...BUILT_IN_PLUGINS[0], className: 'com.acme.AcmeConverter' }];
    await registry.load('@acme/connect', () => Promise.resolve({ plugins }));
    await registry.load('@acme/connect', () => Promise.reject(new Error('loaded twice')));
    for (const name of ['com.acme.AcmeConverter', 'Acme', '@acme/connect'])
      expect(registry.find(['converter'], name)?.location).toBe('@acme/connect');
  });

  it('given a package that fails to load or is no plugin, then the error names it', async () => {
    const registry = new PluginRegistry();
    await expect(registry.load('x', () => Promise.reject(new Error('boom')))).rejects.toThrow(
      'The package x could not be loaded: boom',
    );
    await expect(registry.load('y', () => Promise.resolve({}))).rejects.toThrow('no `plugins`');
  });

  it('given Kafka’s file connectors, then it knows the package that brings them', () => {
    for (const name of [
      'FileStreamSource',
      'FileStreamSourceConnector',
      'org.apache.kafka.connect.file.FileStreamSinkConnector',
    ])
      expect(packageForClass(name)).toBe('@ottla/connector-file');
    expect(packageForClass('@acme/connector-ticker')).toBe('@acme/connector-ticker');
    expect(packageForClass('com.acme.TickerConnector')).toBeUndefined();
  });

  it('states the version of the package', () => {
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    expect(CONNECT_VERSION).toBe((JSON.parse(manifest) as { version: string }).version);
  });
});
