// A bit turns around on one of three disks, and is read: that copy is made anew from the others, with nobody's help and
// while clients work. No client sees a wrong record, none that was acknowledged is lost, and all copies are equal again. The
// only copy in sync is kept, damaged or not.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, Consumer, KafkaError, Producer } from '@ottla/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flipBitAt, segmentFiles } from './chaos/faults/segments.ts';
import { differingReplicas } from './chaos/replica-bytes.ts';
import type { Cluster, ClusterNode } from './src/cluster.ts';
import { ottlaCluster } from './src/ottla-cluster.ts';
import { until } from './src/processes.ts';

const LIMIT_MS = 120_000;
/** A few batches each, so that there are closed ones soon. */
const SMALL_SEGMENTS = { 'internal.segment.bytes': '32768' };
const RACK_AWARE = 'org.apache.kafka.common.replica.RackAwareReplicaSelector';

let cluster: Cluster;
let admin: Admin;
beforeAll(async () => {
  cluster = await ottlaCluster.start({
    // What is read comes from the disk, and a consumer reads where its rack is.
    settings: { 'ottla.log.tail.cache.bytes': '0', 'replica.selector.class': RACK_AWARE },
    node: (nodeId) => ({ settings: { 'broker.rack': rackOf(nodeId) } }),
  });
  await cluster.ready();
  admin = new Admin({ bootstrapServers: cluster.bootstrap });
});
afterAll(async () => {
  await admin?.close();
  await cluster?.stop();
});

function rackOf(nodeId: number): string {
  return `rack-${nodeId}`;
}

function node(nodeId: number): ClusterNode {
  return cluster.nodes.find((each) => each.nodeId === nodeId)!;
}

/** Sends one record after the other to the topic's only partition: record n has offset n. */
class Writer {
  readonly #producer: Producer;
  readonly #topic: string;
  readonly failures: unknown[] = [];
  acknowledged = 0;
  #sent = 0;
  #isOver = false;
  readonly #loop: Promise<void>;

  constructor(topic: string) {
    this.#topic = topic;
    this.#producer = new Producer({
      bootstrapServers: cluster.bootstrap,
      deliveryTimeoutMs: LIMIT_MS,
      compression: 'none',
      batchSizeBytes: 4_096,
    });
    this.#loop = this.#run();
  }

  /** Resolves when so many more are acknowledged. */
  async more(count: number): Promise<void> {
    const target = this.acknowledged + count;
    await until(`${count} more records`, () => this.acknowledged >= target, LIMIT_MS);
    expect(this.failures).toEqual([]);
  }

  /** Resolves when all that was sent has an answer. @returns how many records there are */
  async stop(): Promise<number> {
    this.#isOver = true;
    await this.#loop;
    await this.#producer.close();
    expect(this.failures).toEqual([]);
    expect(this.acknowledged).toBe(this.#sent);
    return this.#sent;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const record = { topic: this.#topic, partition: 0, value: valueOf(this.#sent++) };
      await this.#producer.enqueue(record, (error) => {
        if (error === undefined) this.acknowledged += 1;
        else this.failures.push(error);
      });
      // Slow enough for a copy that is filled to catch up on any machine: small segments are synced often.
      if (this.#sent % 5 === 0) await sleep(25);
    }
  }
}

function valueOf(offset: number): string {
  return `record ${offset} ${'.'.repeat(500)}`;
}

/** Reads from the beginning until it is stopped, over errors; notes each record that is not what was written there. */
class Reader {
  readonly wrong: string[] = [];
  /** Offset of the next record. */
  next = 0;
  readonly #consumer: Consumer;
  readonly #topic: string;
  #isOver = false;
  readonly #loop: Promise<void>;

  /** @param rackOfNode the node that it reads from, if it has the records; default: the leader */
  constructor(topic: string, rackOfNode?: number) {
    this.#topic = topic;
    this.#consumer = new Consumer({
      bootstrapServers: cluster.bootstrap,
      autoOffsetReset: 'earliest',
      ...(rackOfNode === undefined ? {} : { rackId: rackOf(rackOfNode) }),
    });
    this.#loop = this.#run();
  }

  async reaches(offset: number): Promise<void> {
    const what = (): string => `offset ${offset} is read, not only ${this.next}`;
    await until(what(), () => this.next >= offset, LIMIT_MS);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#loop;
    await this.#consumer.close();
    expect(this.wrong).toEqual([]);
  }

  async #run(): Promise<void> {
    await this.#consumer.assign([{ topic: this.#topic, partition: 0 }]);
    while (!this.#isOver)
      try {
        for (const { records } of await this.#consumer.poll({ timeoutMs: 200 }))
          for (const { offset, value } of records) this.#take(offset, String(value));
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
      }
  }

  #take(offset: number, value: string): void {
    if (offset !== this.next || value !== valueOf(offset))
      this.wrong.push(`@${offset} after @${this.next - 1}: ${value.slice(0, 20)}`);
    this.next = offset + 1;
  }
}

/** Turns a bit around in the value of a record, in a closed segment of a node's copy. @returns the offset */
function damage(topic: string, nodeId: number): number {
  const closed = segmentFiles(node(nodeId).dataDir, topic, 0).slice(0, -1);
  const file = closed[Math.floor(closed.length / 2)]!;
  const base = Number(path.basename(file, '.log'));
  const position = readFileSync(file).indexOf(`record ${base + 1} `);
  expect(position).toBeGreaterThan(0);
  flipBitAt(file, position, 3);
  return base + 1;
}

function folderOf(topic: string, nodeId: number): string {
  return path.join(node(nodeId).dataDir, `${topic}-0`);
}

async function partition(topic: string): Promise<{ leaderId: number; isr: readonly number[] }> {
  const [found] = await admin.describeTopics([topic]);
  return found!.partitions[0] ?? { leaderId: -1, isr: [] };
}

async function untilInSync(topic: string, nodes: readonly number[]): Promise<void> {
  const isInSync = async (): Promise<boolean> => {
    const { leaderId, isr } = await partition(topic);
    return (
      leaderId >= 0 && isr.length === nodes.length && nodes.every((each) => isr.includes(each))
    );
  };
  await until(`in sync: ${nodes.join()}`, isInSync, LIMIT_MS);
}

async function createTopic(
  name: string,
  replicas: readonly number[],
  minInSync: number,
): Promise<void> {
  const configs = { ...SMALL_SEGMENTS, 'min.insync.replicas': String(minInSync) };
  await admin.createTopics([{ name, assignments: [replicas], configs }]);
}

/** The copy was made anew: it is as the others are, in a folder of its own. */
async function untilMadeAnew(
  topic: string,
  nodeId: number,
  folderBefore: number,
  others: readonly number[],
): Promise<void> {
  const isNew = (): boolean =>
    statSync(folderOf(topic, nodeId), { throwIfNoEntry: false })?.ino !== folderBefore;
  await until(`the copy of node ${nodeId} is made anew`, isNew, LIMIT_MS);
  await untilInSync(topic, [nodeId, ...others]);
}

/** Ends the load and looks at everything: what was acknowledged is there once and in order, and all copies are equal. */
async function expectWhole(topic: string, writer: Writer, nodes: readonly number[]): Promise<void> {
  const count = await writer.stop();
  const reader = new Reader(topic);
  await reader.reaches(count);
  await reader.stop();
  expect(reader.next).toBe(count);
  await untilInSync(topic, nodes);
  expect(await differingReplicas(nodes.map(node), topic, 1)).toEqual([]);
}

describe('a copy in which a bit has turned around', () => {
  it('given a follower that runs, when somebody reads from it, then it is made anew', async () => {
    const topic = 'follower';
    await createTopic(topic, [1, 2, 3], 2);
    const writer = new Writer(topic);
    await writer.more(300);
    await untilInSync(topic, [1, 2, 3]);
    const before = statSync(folderOf(topic, 2)).ino;
    damage(topic, 2);
    const reader = new Reader(topic, 2);
    await untilMadeAnew(topic, 2, before, [1, 3]);
    await reader.reaches(writer.acknowledged);
    await reader.stop();
    await expectWhole(topic, writer, [1, 2, 3]);
  });

  it('given a leader that was down meanwhile, when it leads again and is read, then it is made anew', async () => {
    const topic = 'leader';
    await createTopic(topic, [1, 2, 3], 2);
    const writer = new Writer(topic);
    await writer.more(300);
    await untilInSync(topic, [1, 2, 3]);
    // In order: after a crash the start may find the damage itself.
    await node(1).stop();
    const before = statSync(folderOf(topic, 1)).ino;
    damage(topic, 1);
    await writer.more(50);
    node(1).start();
    await cluster.ready();
    await untilInSync(topic, [1, 2, 3]);
    await until(
      'node 1 has led, and its copy is made anew',
      async () => {
        await admin.electLeaders('preferred', [{ topic, partition: 0 }]);
        const reader = new Reader(topic);
        await reader.reaches(writer.acknowledged);
        await reader.stop();
        return statSync(folderOf(topic, 1), { throwIfNoEntry: false })?.ino !== before;
      },
      LIMIT_MS,
    );
    await expectWhole(topic, writer, [1, 2, 3]);
  });

  it('given the only copy in sync, then it is kept until another one is in sync', async () => {
    const topic = 'alone';
    await createTopic(topic, [1, 2], 1);
    const writer = new Writer(topic);
    await writer.more(300);
    await untilInSync(topic, [1, 2]);
    await node(2).kill();
    await untilInSync(topic, [1]);
    const before = statSync(folderOf(topic, 1)).ino;
    const damaged = damage(topic, 1);
    const reader = new Reader(topic);
    const isFound = (): boolean => node(1).output.includes('too few others are in sync');
    await until('the damage is found', isFound, LIMIT_MS);
    await writer.more(50);
    expect(reader.next).toBeLessThanOrEqual(damaged);
    expect(statSync(folderOf(topic, 1)).ino).toBe(before);
    const copies = readdirSync(node(1).dataDir).filter((name) => name.startsWith(topic));
    expect(copies).toEqual([`${topic}-0`]);
    expect(await partition(topic)).toMatchObject({ leaderId: 1, isr: [1] });

    node(2).start();
    await untilMadeAnew(topic, 1, before, [2]);
    await reader.reaches(writer.acknowledged);
    await reader.stop();
    await expectWhole(topic, writer, [1, 2]);
  });
});
