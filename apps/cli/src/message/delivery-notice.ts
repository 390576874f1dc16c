// What `produce` says while it cannot deliver: what it waits for, why, and what to do; and when it goes on. Pure: the time and
// what is held go in, lines come out.
import type { HeldPartition } from '@ottla/client';
import { explainError } from '../explain-error.ts';

/** Shorter waits are part of an election. */
export const NOTICE_AFTER_MS = 3_000;
/** From one line to the next: what is wrong may change from second to second. */
const NOTICE_EVERY_MS = 10_000;

/** What is not delivered. */
export interface Undelivered {
  readonly held: readonly HeldPartition[];
  /** How long nobody has told which topics there are; undefined while nobody is asked. */
  readonly askingMs: number | undefined;
}

/** A reason, and what it holds. */
interface Reason {
  readonly why: string;
  readonly next: string | undefined;
  readonly partitions: string[];
}

const STATUS = '`ottla cluster status` shows which brokers are active.';

/** Remembers what was said. */
export class DeliveryNotice {
  readonly #giveUpMs: number;
  #said: { readonly sinceMs: number; readonly atMs: number; readonly key: string } | undefined;

  /** @param giveUpMs how long a message is tried */
  constructor(giveUpMs: number) {
    this.#giveUpMs = giveUpMs;
  }

  /** @returns what to say now, with the ends of its lines; empty when there is nothing new */
  look(nowMs: number, { held, askingMs = 0 }: Undelivered): string {
    const long = held.filter(({ heldMs }) => heldMs >= NOTICE_AFTER_MS);
    const longestMs = Math.max(askingMs, ...long.map(({ heldMs }) => heldMs));
    if (longestMs < NOTICE_AFTER_MS) return this.goesOn(nowMs);
    const reasons = long.length > 0 ? reasonsOf(long) : NOBODY;
    const key = [...reasons.keys()].toSorted().join();
    const said = this.#said;
    if (said !== undefined && (said.key === key || nowMs - said.atMs < NOTICE_EVERY_MS)) return '';
    this.#said = { sinceMs: said?.sinceMs ?? nowMs - longestMs, atMs: nowMs, key };
    const lines = [...reasons.values()].map(
      ({ why, next, partitions }) =>
        `waiting${more(partitions)}: ${why}\n${next === undefined ? '' : `${next}\n`}`,
    );
    const limit = said === undefined && long.length > 0 ? this.#limit() : '';
    return `${lines.join('')}${limit}`;
  }

  /** @returns that it goes on, when it was said that it does not; else empty */
  goesOn(nowMs: number): string {
    const said = this.#said;
    this.#said = undefined;
    return said === undefined
      ? ''
      : `going on after ${Math.round((nowMs - said.sinceMs) / 1000)} s\n`;
  }

  #limit(): string {
    return `It is tried again and again; a message that waits for ${this.#giveUpMs / 1000} s ends this command.\n`;
  }
}

const NOBODY = new Map<string, Reason>([
  ['nobody', { why: 'no broker answers', next: STATUS, partitions: [] }],
]);

/** By what has to be done. */
function reasonsOf(held: readonly HeldPartition[]): ReadonlyMap<string, Reason> {
  const reasons = new Map<string, Reason>();
  for (const one of held) {
    const [key, why, next] = reasonOf(one);
    const name = `${one.topic}-${one.partition}`;
    const known = reasons.get(key);
    if (known === undefined) reasons.set(key, { why, next, partitions: [name] });
    else known.partitions.push(name);
  }
  return reasons;
}

function reasonOf({
  topic,
  leaderId,
  error,
}: HeldPartition): [key: string, why: string, next: string | undefined] {
  if (leaderId < 0 || (error !== undefined && NOT_LED.has(error.code)))
    return [
      'no leader',
      'no broker leads it now',
      `Start the brokers that are down; \`ottla topic describe ${topic}\` shows who may lead.`,
    ];
  if (error === undefined)
    return [`silent ${leaderId}`, `broker ${leaderId} does not answer`, STATUS];
  const { message, next } = explainError(error);
  return [error.code, message, next ?? STATUS];
}

/** The last broker that was asked leads no more, and no other is known. */
const NOT_LED: ReadonlySet<string> = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
]);

/** In front of a reason that names its first partition or none. */
function more(partitions: readonly string[]): string {
  if (partitions.length === 0) return '';
  const others = partitions.length - 1;
  return ` with ${partitions[0]}${others === 0 ? '' : ` and ${others} more`}`;
}
