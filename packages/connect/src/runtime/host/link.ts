// Calls and notes over a pair of ports: how the worker and the host of a connector (usually a thread) speak. An error of
// the other side arrives as a `RemoteError` that keeps name, code and stack.

/** One end of a message channel, such as a thread's. */
export interface MessagePort {
  post(message: unknown): void;
  listen(handler: (message: unknown) => void): void;
}

/** What one side answers to: by name, with the caller's one argument. */
export type LinkHandlers = Readonly<Record<string, (argument: never) => unknown>>;

/** An error that was thrown on the other side of a link. */
export class RemoteError extends Error {
  override readonly name: string;
  readonly code: string | undefined;
  /** The stack on the other side, with the stacks of its causes. */
  readonly trace: string;

  constructor(plain: PlainError) {
    super(plain.message);
    this.name = plain.name;
    this.code = plain.code;
    this.trace = plain.trace;
  }
}

interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly trace: string;
}

interface Envelope {
  readonly kind: 'call' | 'note' | 'result' | 'error';
  readonly id: number;
  readonly method: string;
  readonly value: unknown;
}

export class Link {
  readonly #port: MessagePort;
  readonly #handlers: LinkHandlers;
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;
  #closedBy: Error | undefined;

  constructor(port: MessagePort, handlers: LinkHandlers) {
    this.#port = port;
    this.#handlers = handlers;
    port.listen((message) => void this.#receive(message as Envelope));
  }

  /** Calls the other side and waits for what it returns. @throws RemoteError what it threw; the reason of `close` */
  call<T>(method: string, argument?: unknown): Promise<T> {
    if (this.#closedBy !== undefined) return Promise.reject(this.#closedBy);
    this.#lastId += 1;
    const outcome = Promise.withResolvers<unknown>();
    this.#calls.set(this.#lastId, outcome);
    this.#post('call', this.#lastId, method, argument);
    return outcome.promise as Promise<T>;
  }

  /** Tells the other side without an answer; after `close` nothing happens. */
  note(method: string, argument?: unknown): void {
    if (this.#closedBy === undefined) this.#post('note', 0, method, argument);
  }

  /** Ends the link: calls under way and later ones reject with the reason. */
  close(reason: Error): void {
    if (this.#closedBy !== undefined) return;
    this.#closedBy = reason;
    for (const { reject } of this.#calls.values()) reject(reason);
    this.#calls.clear();
  }

  #post(kind: Envelope['kind'], id: number, method: string, value: unknown): void {
    this.#port.post({ kind, id, method, value } satisfies Envelope);
  }

  async #receive({ kind, id, method, value }: Envelope): Promise<void> {
    if (this.#closedBy !== undefined) return;
    if (kind === 'result' || kind === 'error') {
      const outcome = this.#calls.get(id);
      this.#calls.delete(id);
      if (kind === 'result') outcome?.resolve(value);
      else outcome?.reject(new RemoteError(value as PlainError));
      return;
    }
    try {
      const handler = this.#handlers[method];
      if (handler === undefined) throw new Error(`nothing answers to ${method}`);
      const result = await handler(value as never);
      if (kind === 'call') this.#answer('result', id, method, result);
    } catch (error) {
      if (kind === 'call') this.#answer('error', id, method, plainError(error));
    }
  }

  #answer(kind: 'result' | 'error', id: number, method: string, value: unknown): void {
    if (this.#closedBy === undefined) this.#post(kind, id, method, value);
  }
}

function plainError(error: unknown): PlainError {
  const { name, message, code } =
    error instanceof Error
      ? (error as Error & { readonly code?: unknown })
      : { name: 'Error', message: String(error), code: undefined };
  return {
    name,
    message,
    code: typeof code === 'string' ? code : undefined,
    trace: traceOf(error),
  };
}

/** Causes form a chain, but nothing stops somebody from closing it into a circle. */
const CAUSES_MAX = 10;

/** An error's stack and those of its causes, as a status shows it. */
export function traceOf(error: unknown): string {
  const parts: string[] = [];
  for (let cause = error, depth = 0; cause !== undefined && depth < CAUSES_MAX; depth += 1) {
    parts.push(stackOf(cause));
    cause = cause instanceof Error && !(cause instanceof RemoteError) ? cause.cause : undefined;
  }
  return parts.join('\nCaused by: ');
}

function stackOf(error: unknown): string {
  if (error instanceof RemoteError) return error.trace;
  return error instanceof Error
    ? (error.stack ?? `${error.name}: ${error.message}`)
    : String(error);
}
