// Connectors that misbehave: one throws, one never gives its thread back.
import { ConfigDef, type Plugin, SourceConnector, SourceTask } from '@ottla/connect';

class OneTask extends SourceConnector {
  override start(): void {}
  override stop(): void {}
  override taskConfigs(): Record<string, string>[] {
    return [{}];
  }
  override configDef(): ConfigDef {
    return new ConfigDef();
  }
}

class ThrowingTask extends SourceTask {
  override start(): void {}
  override stop(): void {}
  override poll(): never {
    throw new Error('as the test asks');
  }
}

class LoopingTask extends SourceTask {
  override start(): void {}
  override stop(): void {}
  override poll(): never {
    for (;;);
  }
}

export const plugins: readonly Plugin[] = [
  {
    type: 'source',
    className: 'test.ThrowingConnector',
    version: '1',
    create: () => new OneTask(),
    createTask: () => new ThrowingTask(),
  },
  {
    type: 'source',
    className: 'test.LoopingConnector',
    version: '1',
    create: () => new OneTask(),
    createTask: () => new LoopingTask(),
  },
];
