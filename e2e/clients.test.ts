// Unmodified clients of five kinds, against Ottla and against Apache Kafka: the same bodies, the same expectations.
import { Admin } from '@ottla/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ForeignClient, foreignClients, type GroupMember } from './src/foreign-clients.ts';
import { until } from './src/processes.ts';
import { serverKinds, type ServerUnderTest } from './src/servers.ts';
import { storedCodecs } from './src/stored-batches.ts';
import { missing } from './src/toolchain.ts';

describe.each(serverKinds)('$name', (kind) => {
  const whyNot = missing(kind.needs);
  let server: ServerUnderTest;
  let admin: Admin;

  beforeAll(async () => {
    if (whyNot !== undefined) return;
    server = await kind.start();
    admin = new Admin({ bootstrapServers: [server.bootstrap] });
  });

  afterAll(async () => {
    await admin?.close();
    await server?.stop();
  });

  async function readAll(
    client: ForeignClient,
    topic: string,
    count: number,
    group: string,
  ): Promise<string[]> {
    const member = await client.join(server.bootstrap, topic, group);
    try {
      await until(
        `${client.name} has read ${count} values of ${topic}`,
        () => new Set(member.values).size >= count,
      );
      // Not every client is idempotent: a request that it sent again may be there twice.
      return [...new Set(member.values)];
    } finally {
      await member.stop();
    }
  }

  /** Whether the group has committed the topic to its end, or does within 20 seconds. */
  async function allCommitted(group: string, topic: string): Promise<boolean> {
    const partitions = [0, 1, 2, 3].map((partition) => ({
      topic,
      partition,
      at: 'latest' as const,
    }));
    const isDone = async (): Promise<boolean> => {
      const ends = await admin.listOffsets(partitions);
      const committed = await admin.listGroupOffsets(group);
      return ends.every(({ offset }, partition) => {
        const found = committed.find((item) => item.partition === partition);
        return Math.max(found?.offset ?? 0, 0) === offset;
      });
    };
    return until('everything is committed', isDone, 20_000).then(
      () => true,
      () => false,
    );
  }

  describe.each(foreignClients)('$name', (client) => {
    const skip = whyNot ?? missing(client.needs);
    const slug = client.name.replaceAll(/\W+/g, '-');

    it.for(client.codecs)(
      'produces with %s, and the stored batch has that codec',
      async (codec, context) => {
        if (skip !== undefined) return context.skip(skip);
        const topic = `codec-${slug}-${codec}`;
        await admin.createTopics([{ name: topic, numPartitions: 1 }]);
        const values = Array.from({ length: 50 }, (_, i) => `v${i} ${'x'.repeat(100)}`);
        await client.produce(server.bootstrap, topic, codec, values);
        expect(storedCodecs(server.dataDir, topic)).toEqual([codec]);
        const [offset] = await admin.listOffsets([{ topic, partition: 0, at: 'latest' }]);
        expect(offset?.offset).toBe(50);
      },
    );

    it('reads back what every codec of another client left', async (context) => {
      if (skip !== undefined) return context.skip(skip);
      const other = foreignClients[(foreignClients.indexOf(client) + 1) % foreignClients.length]!;
      const otherSkip = missing(other.needs);
      if (otherSkip !== undefined) return context.skip(otherSkip);
      const topic = `cross-${slug}`;
      await admin.createTopics([{ name: topic, numPartitions: 2 }]);
      const readable = other.codecs.filter((codec) => client.codecs.includes(codec));
      for (const codec of readable)
        await other.produce(server.bootstrap, topic, codec, [`v-${codec}-1`, `v-${codec}-2`]);
      const wanted = readable.flatMap((codec) => [`v-${codec}-1`, `v-${codec}-2`]);
      const values = await readAll(client, topic, wanted.length, `cross-${slug}`);
      expect(values.toSorted()).toEqual(wanted.toSorted());
    });

    it('shares a topic between two members, over a rebalance and a restart of the server, and commits', async (context) => {
      if (skip !== undefined) return context.skip(skip);
      const topic = `group-${slug}`;
      const group = `g-${slug}`;
      await admin.createTopics([{ name: topic, numPartitions: 4 }]);
      const lines = (from: number): string[] =>
        Array.from({ length: 40 }, (_, i) => `v${from + i}`);
      const members: GroupMember[] = [];
      const seen = (): Set<string> => new Set(members.flatMap((member) => [...member.values]));
      try {
        members.push(await client.join(server.bootstrap, topic, group));
        await client.produce(server.bootstrap, topic, 'none', lines(0));
        await until('the first member has read the first half', () => seen().size === 40);
        members.push(await client.join(server.bootstrap, topic, group));
        await until('both members have partitions', async () => {
          const [description] = await admin.describeGroups([group]);
          return (
            description!.state === 'Stable' &&
            description!.members.length === 2 &&
            description!.members.every((member) => member.assignment.length > 0)
          );
        });
        await client.produce(server.bootstrap, topic, 'none', lines(40));
        await until('both halves have been read', () => seen().size === 80);
        await server.restart();
        await client.produce(server.bootstrap, topic, 'none', lines(80));
        await until(
          'what came after the restart has been read',
          () => seen().size === 120,
          120_000,
        );
        // A commit that a rebalance or the restart refused is made up for with the next record of its partition,
        // by some clients only then.
        for (let written = 120; !(await allCommitted(group, topic)); written += 16) {
          expect(
            written,
            'everything is committed, after further records at the latest',
          ).toBeLessThan(200);
          await client.produce(server.bootstrap, topic, 'none', lines(written).slice(0, 16));
        }
      } finally {
        for (const member of members) await member.stop();
      }
    });
  });
});
