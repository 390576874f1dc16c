// A sink that writes down every call, so that a test can see which task had which partition when. The task whose number is in
// the file `<ledger>.failing` throws when it is given the value `poison`.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { TopicPartition } from '@ottla/client';
import { ConfigDef, type Plugin, SinkConnector, type SinkRecord, SinkTask } from '@ottla/connect';

type Properties = Readonly<Record<string, string>>;

class LedgerConnector extends SinkConnector {
  #config: Properties = {};
  override start(config: Properties): void {
    this.#config = config;
  }
  override stop(): void {}
  override taskConfigs(maxTasks: number): Properties[] {
    return Array.from({ length: maxTasks }, (_, task) => ({ ...this.#config, task: String(task) }));
  }
  override configDef(): ConfigDef {
    return new ConfigDef({ name: 'ledger', type: 'STRING' });
  }
}

class LedgerTask extends SinkTask {
  #ledger = '';
  #task = '';
  override start({ ledger = '', task = '' }: Properties): void {
    this.#ledger = ledger;
    this.#task = task;
  }
  override stop(): void {}
  override open(partitions: readonly TopicPartition[]): void {
    this.#write('open', partitions);
  }
  override close(partitions: readonly TopicPartition[]): void {
    this.#write('close', partitions);
  }
  override put(records: readonly SinkRecord[]): void {
    const failing = `${this.#ledger}.failing`;
    for (const { value, kafkaPartition } of records) {
      if (value === 'poison' && existsSync(failing) && readFileSync(failing, 'utf8') === this.#task)
        throw new Error('poisoned');
      appendFileSync(this.#ledger, `${this.#task} put ${kafkaPartition} ${String(value)}\n`);
    }
  }
  #write(what: string, partitions: readonly TopicPartition[]): void {
    for (const { partition } of partitions)
      appendFileSync(this.#ledger, `${this.#task} ${what} ${partition}\n`);
  }
}

export const plugins: readonly Plugin[] = [
  {
    type: 'sink',
    className: 'test.LedgerConnector',
    version: '1',
    create: () => new LedgerConnector(),
    createTask: () => new LedgerTask(),
  },
];
