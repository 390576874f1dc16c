// Whole quorum nodes (core, driver, log and files) in one simulated world: their disks lose what was not synced, and the
// requests between them, encoded and decoded, are delayed, lost and cut off.
import { LogDirectory } from '@ottla/log';
import { type Platform, silentLogger } from '@ottla/platform';
import { createSimulation, type SimulatedNode, type Simulation } from '@ottla/platform/simulated';
import { encodeMessage, type MessageCodec, Reader } from '@ottla/protocol';
import { apiVersionsResponse } from '@ottla/protocol/messages/api-versions';
import {
  type CommittedBatch,
  drain,
  type LoadedSnapshot,
  METADATA_LOG_FOLDER,
  QuorumNode,
  QuorumRequests,
  type RaftTransport,
  type RequestKind,
  type Voter,
  type VoterRequests,
  VoterSet,
  writeSnapshotFile,
} from '../../src/index.ts';

const CLUSTER = 'AAAAAAAAAAAAAAAAAAAAZA';
const TIMES = { electionTimeoutMs: 500, fetchTimeoutMs: 700 };

export function directoryId(id: number): string {
  return `AAAAAAAAAAAAAAAAAAAA${String.fromCharCode(65 + id)}w`;
}

/** Where a member's controller is reached. */
export function endpointsOf(id: number): { name: string; host: string; port: number }[] {
  return [{ name: 'CONTROLLER', host: `node-${id}`, port: 9093 }];
}

/** One member and what its listener was told. */
export class Member {
  readonly id: number;
  readonly machine: SimulatedNode;
  node: QuorumNode | undefined;
  requests: QuorumRequests | undefined;
  /** Values told as committed, from the first on. */
  values: string[] = [];
  last = { offset: -1, epoch: 0 };
  leads = -1;
  life = 0;

  constructor(id: number, machine: SimulatedNode) {
    this.id = id;
    this.machine = machine;
  }
}

export class QuorumOfNodes {
  readonly simulation: Simulation;
  readonly members: readonly Member[];
  readonly committed: string[] = [];
  readonly failures: string[] = [];
  readonly #leaders = new Map<number, number>();
  readonly #voters: VoterSet;
  #cutOff: ReadonlySet<number> = new Set();
  loss = 0;

  constructor(seed: number, voterCount: number, observerCount: number) {
    this.simulation = createSimulation({ seed });
    const ids = Array.from({ length: voterCount + observerCount }, (_, index) => index + 1);
    this.members = ids.map((id) => new Member(id, this.simulation.node(`node-${id}`)));
    this.#voters = new VoterSet(
      ids.slice(0, voterCount).map((id) => ({
        id,
        directoryId: directoryId(id),
        endpoints: endpointsOf(id),
      })),
    );
  }

  get leader(): Member | undefined {
    return this.members
      .filter((member) => member.node?.core.role.role === 'leader' && member.leads >= 0)
      .sort((a, b) => b.leads - a.leads)[0];
  }

  /** Starts a member on what its disk kept. */
  start(member: Member): void {
    if (member.node !== undefined) return;
    const platform = member.life === 0 ? member.machine.platform : member.machine.restart();
    member.life += 1;
    const { life } = member;
    this.#open(member, platform).catch((error: unknown) => {
      if (member.life === life)
        this.failures.push(`node ${member.id} does not start: ${String(error)}`);
    });
  }

  crash(member: Member): void {
    if (member.node === undefined) return;
    member.node = undefined;
    member.requests = undefined;
    member.life += 1;
    member.leads = -1;
    member.machine.crash();
  }

  cutOff(members: readonly Member[]): void {
    this.#cutOff = new Set(members.map(({ id }) => id));
  }

  /** What must hold after every event. */
  check(): void {
    for (const { id, node } of this.members) {
      if (node === undefined) continue;
      const { leaderId, epoch } = node.core;
      if (leaderId === undefined) continue;
      const known = this.#leaders.get(epoch) ?? leaderId;
      this.#leaders.set(epoch, known);
      if (known !== leaderId)
        this.failures.push(`node ${id}: epoch ${epoch} has the leaders ${known} and ${leaderId}`);
    }
    if (this.failures.length > 0) throw new Error(this.failures[0]);
  }

  async run(durationMs: number): Promise<void> {
    let isOver = false;
    this.simulation.at(durationMs, () => {
      isOver = true;
    });
    await this.until(() => isOver, durationMs + 10);
  }

  async until(isDone: () => boolean, limitMs: number): Promise<void> {
    await this.simulation.runUntil(() => {
      this.check();
      return isDone();
    }, limitMs);
  }

  async #open(member: Member, platform: Platform): Promise<void> {
    const { id, life } = member;
    const self = { id, directoryId: directoryId(id) };
    const logs = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
    // The folder stands for a disk that was mounted there before.
    await platform.disk.syncDirectory('/');
    if (logs.meta === undefined) {
      if (life > 1) this.failures.push(`node ${id} lost its data directory`);
      await this.#format(platform);
      await logs.format({ clusterId: CLUSTER, nodeId: id, directoryId: self.directoryId });
    }
    const node = await QuorumNode.open({
      platform,
      logger: silentLogger,
      logs,
      clusterId: CLUSTER,
      self,
      times: TIMES,
      // Only the newest snapshot is kept: who is behind has to download it.
      log: { retentionBytes: 1 },
      transport: this.#transport(member, platform),
      endpoints: endpointsOf(id),
      onFailure: (error) => {
        if (member.life === life) this.failures.push(`node ${id} failed: ${String(error)}`);
      },
    });
    if (member.life !== life) return;
    member.node = node;
    member.requests = new QuorumRequests(node, platform, CLUSTER);
    this.#listen(member, node);
    node.start();
  }

  async #format({ disk, clock }: Platform): Promise<void> {
    const folder = `/data/${METADATA_LOG_FOLDER}`;
    await disk.mkdir(folder);
    await writeSnapshotFile(disk, `${folder}/00000000000000000000-0000000000.checkpoint`, {
      lastContainedLogTimestampMs: 0,
      values: [],
      quorum: { kraftVersion: 1, voters: this.#voters },
      epoch: 0,
      nowMs: clock.nowMs(),
    });
    await disk.syncDirectory('/data');
  }

  #listen(member: Member, node: QuorumNode): void {
    const { life } = member;
    member.values = [];
    member.last = { offset: -1, epoch: 0 };
    node.register({
      handleCommit: (batches) => {
        if (member.life === life) for (const batch of batches) this.#committed(member, batch);
      },
      handleSnapshot: (snapshot) => {
        if (member.life === life) this.#loaded(member, snapshot);
      },
      handleLeaderChange: ({ isLocal, epoch }) => {
        if (member.life === life) member.leads = isLocal ? epoch : -1;
      },
    });
  }

  #committed(member: Member, { values, baseOffset, epoch }: CommittedBatch): void {
    for (const value of values) this.#take(member, value.toString());
    member.last = { offset: baseOffset + values.length - 1, epoch };
  }

  #loaded(member: Member, { values, id }: LoadedSnapshot): void {
    member.values = [];
    for (const value of values) this.#take(member, value.toString());
    member.last = { offset: id.offset - 1, epoch: id.epoch };
  }

  #take(member: Member, value: string): void {
    const known = this.committed[member.values.length] ?? value;
    if (known !== value)
      this.failures.push(`node ${member.id} is told ${value} where ${known} is committed`);
    this.committed[member.values.length] = known;
    member.values.push(value);
  }

  // ---- requests ----

  #transport(from: Member, platform: Platform): RaftTransport {
    return {
      send: <Request, Response>(
        to: Voter,
        kind: RequestKind<Request, Response>,
        request: Request,
        timeoutMs: number,
      ) =>
        new Promise<Response>((resolve, reject) => {
          const timer = platform.timers.set(timeoutMs, () => reject(new Error('no answer')));
          const { life } = from;
          const answered = (bytes: Buffer): void => {
            if (from.life !== life) return;
            timer.cancel();
            resolve(kind.response.decode(new Reader(bytes), kind.response.maxVersion));
          };
          const bytes = encodeMessage(kind.request, request, kind.request.maxVersion);
          this.#deliver(from.id, to.id, () => {
            void this.#answer(this.members[to.id - 1]!, kind, bytes).then(
              (answer) => this.#deliver(to.id, from.id, () => answered(answer)),
              () => undefined, // down, or failed: no answer
            );
          });
        }),
    };
  }

  #deliver(from: number, to: number, action: () => void): void {
    const { random } = this.simulation;
    const isCut = (): boolean => this.#cutOff.has(from) !== this.#cutOff.has(to);
    if (isCut() || random.float() < this.loss) return;
    this.simulation.at(1 + random.below(10), () => {
      if (!isCut()) action();
    });
  }

  async #answer<Request, Response>(
    to: Member,
    kind: RequestKind<Request, Response>,
    bytes: Buffer,
  ): Promise<Buffer> {
    const { requests, life } = to;
    if (requests === undefined) throw new Error('down');
    const request = kind.request.decode(new Reader(bytes), kind.request.maxVersion);
    const response = await call(requests, kind.request.name, request);
    if (to.life !== life) throw new Error('down');
    const codec = kind.response as MessageCodec<unknown>;
    return encodeMessage(codec, response, codec.maxVersion);
  }
}

/** Calls what a request of that name is for; a fetch's region becomes its bytes. */
async function call(requests: QuorumRequests, name: string, request: unknown): Promise<unknown> {
  switch (name.replace(/Request$/, '')) {
    case 'Vote':
      return requests.vote(request as Parameters<QuorumRequests['vote']>[0]);
    case 'BeginQuorumEpoch':
      return requests.beginQuorumEpoch(
        request as Parameters<QuorumRequests['beginQuorumEpoch']>[0],
      );
    case 'EndQuorumEpoch':
      return requests.endQuorumEpoch(request as Parameters<QuorumRequests['endQuorumEpoch']>[0]);
    case 'AddRaftVoter':
      return requests.voters.add(request as Parameters<VoterRequests['add']>[0]);
    case 'UpdateRaftVoter':
      return requests.voters.update(request as Parameters<VoterRequests['update']>[0]);
    case 'ApiVersions':
      return apiVersionsResponse.create({
        supportedFeatures: [{ name: 'kraft.version', minVersion: 0, maxVersion: 1 }],
      });
    case 'FetchSnapshot':
      return requests.fetchSnapshot(request as Parameters<QuorumRequests['fetchSnapshot']>[0]);
    default: {
      const response = await requests.fetch(request as Parameters<QuorumRequests['fetch']>[0]);
      for (const topic of response.responses)
        for (const partition of topic.partitions)
          if (partition.records !== null)
            (partition as { records: unknown }).records = await drain(partition.records);
      return response;
    }
  }
}
