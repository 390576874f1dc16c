// Plays a text of commands on a core and writes down what it does. A line that starts with `>` is a command, what follows
// it is the outcome: effects and answers, then the role when it changed. `#` starts a comment.
import { ZERO_UUID } from '@ottla/protocol';
import type { Answer, Effect, FetchDecision } from '../../src/messages.ts';
import { QuorumCore } from '../../src/quorum-core.ts';
import {
  type ElectionState,
  type LogPosition,
  type ReplicaKey,
  VoterSet,
} from '../../src/replica.ts';
import type { QuorumRecord } from '../../src/voter-history.ts';
import { SimulatedDisk } from '../simulation/simulated-log.ts';

type Words = Readonly<Record<string, string>>;

class Transcript {
  readonly #disk = new SimulatedDisk();
  #core: QuorumCore | undefined;
  #nowMs = 0;
  #role = '';

  /** The lines that follow the command. */
  play(command: string, words: Words): string[] {
    const outcome =
      command === 'node' ? this.#create(words) : this.#act(this.#core!, command, words);
    const core = this.#core!;
    const lines = core.takeEffects().map(effectLine);
    if (outcome !== undefined) lines.push(outcome);
    const role = `${core.role.role} of epoch ${core.epoch}`;
    if (role !== this.#role) lines.push(`is ${role}`);
    this.#role = role;
    return lines;
  }

  /** `node self=1 voters=1,2,3 epochs=1,1,2 epoch=2 leader=1 voted=1`: epochs of the records in its log, what it persisted. */
  #create(words: Words): undefined {
    const voters = words['voters']!.split(',').map((id) => ({ ...key(id), endpoints: [] }));
    const epochs = (words['epochs'] ?? '').split(',').filter((epoch) => epoch !== '');
    this.#disk.append(epochs.map((epoch, value) => ({ epoch: Number(epoch), value })));
    const election: ElectionState = {
      epoch: Number(words['epoch'] ?? 0),
      leaderId: words['leader'] === undefined ? undefined : Number(words['leader']),
      votedFor: words['voted'] === undefined ? undefined : key(words['voted']),
    };
    this.#core = new QuorumCore(
      {
        self: key(words['self']!),
        voters: new VoterSet(voters),
        election,
        log: this.#disk,
        random: () => 0,
      },
      this.#nowMs,
    );
    this.#core.start(this.#nowMs);
    return undefined;
  }

  #act(core: QuorumCore, command: string, words: Words): string | undefined {
    const from = Number(words['from']);
    const epoch = Number(words['epoch'] ?? core.epoch);
    switch (command) {
      case 'wait':
        this.#nowMs += Number(words['ms']);
        core.tick(this.#nowMs);
        return undefined;
      case 'append': {
        const start = this.#disk.endOffset;
        this.#disk.append([{ epoch, value: start }]);
        core.handleDurable(this.#disk.endOffset, this.#nowMs);
        return undefined;
      }
      case 'vote':
      case 'prevote': {
        const log = position(words['log']!);
        const message = {
          kind: 'vote',
          from: key(words['from']!),
          epoch,
          log,
          preVote: command === 'prevote',
        } as const;
        const answer = core.handleVote(message, this.#nowMs);
        return `answer ${answer.granted ? 'granted' : 'refused'} ${answerText(answer)}`;
      }
      case 'granted':
      case 'refused': {
        const preVote = core.role.role === 'prospective';
        const asked = {
          kind: 'vote',
          from: core.self,
          epoch,
          log: { offset: 0, epoch: 0 },
          preVote,
        } as const;
        const answer = {
          error: 'NONE',
          epoch,
          leaderId: undefined,
          granted: command === 'granted',
        } as const;
        core.handleVoteAnswer(from, asked, answer, this.#nowMs);
        return undefined;
      }
      case 'begin':
        return `answer ${answerText(core.handleBeginEpoch({ kind: 'beginEpoch', leaderId: from, epoch }, this.#nowMs))}`;
      case 'end': {
        const successors = words['successors']!.split(',').map(key);
        const message = { kind: 'endEpoch', leaderId: from, epoch, successors } as const;
        return `answer ${answerText(core.handleEndEpoch(message, this.#nowMs))}`;
      }
      case 'fetch': {
        const { offset, epoch: lastFetchedEpoch } = position(words['at']!);
        const message = {
          kind: 'fetch',
          from: key(words['from']!),
          epoch,
          fetchOffset: offset,
          lastFetchedEpoch,
        } as const;
        return decisionText(core.handleFetch(message, this.#nowMs));
      }
      case 'fetched':
        core.handleHeard(from, epoch, this.#nowMs);
        core.handleFetched(from, epoch, Number(words['highWatermark']), this.#nowMs);
        return undefined;
      case 'resign':
        core.resign(epoch, this.#nowMs);
        return undefined;
    }
    throw new Error(`no such command: ${command}`);
  }
}

/** The text again, with what its commands lead to now. */
export function replay(text: string): string {
  const transcript = new Transcript();
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || line === '') lines.push(line);
    if (!line.startsWith('>')) continue;
    const [command = '', ...pairs] = line.slice(1).trim().split(/\s+/);
    const words = Object.fromEntries(pairs.map((pair) => pair.split('=')));
    lines.push(line, ...transcript.play(command, words).map((outcome) => `  ${outcome}`));
  }
  return lines.join('\n');
}

function key(id: string): ReplicaKey {
  return { id: Number(id), directoryId: ZERO_UUID };
}

/** `5@2`: offset 5 behind a record of epoch 2. */
function position(text: string): LogPosition {
  const [offset = '', epoch = ''] = text.split('@');
  return { offset: Number(offset), epoch: Number(epoch) };
}

function effectLine(effect: Effect): string {
  switch (effect.kind) {
    case 'persist':
      return 'persist';
    case 'send': {
      const { message, to } = effect;
      if (message.kind !== 'vote') return `send ${message.kind} to ${to.id}`;
      const { offset, epoch } = message.log;
      return `send ${message.preVote ? 'prevote' : 'vote'} to ${to.id}, log ${offset}@${epoch}`;
    }
    case 'startEpoch':
      return `start epoch ${effect.epoch}, granted by ${effect.granted.join(' ')}`;
    case 'leaderChanged':
      return `leader of ${effect.epoch}: ${effect.leaderId ?? 'nobody'}`;
    case 'highWatermark':
      return `high watermark ${effect.offset}`;
    case 'askVersions':
      return `ask ${effect.voter.id} for its versions`;
    case 'appendQuorum':
      return `append ${quorumText(effect.record)}`;
    case 'voterChange': {
      const { error, message } = effect.answer;
      return `answer request ${effect.request}: ${error}${message === null ? '' : `, ${message}`}`;
    }
  }
}

function quorumText({ voters, kraftVersion }: QuorumRecord): string {
  const version = kraftVersion === undefined ? '' : `kraft.version ${kraftVersion} `;
  return `${version}voters ${voters?.ids.join(',') ?? 'as before'}`;
}

function answerText(answer: Answer): string {
  return `${answer.error}, epoch ${answer.epoch}, leader ${answer.leaderId ?? 'unknown'}`;
}

function decisionText(decision: FetchDecision): string {
  switch (decision.kind) {
    case 'error':
      return `answer ${answerText(decision)}`;
    case 'diverging':
      return `answer diverging at ${decision.diverging.offset}@${decision.diverging.epoch}`;
    case 'snapshot':
      return 'answer snapshot';
    case 'read':
      return `answer records from ${decision.offset}`;
  }
}
