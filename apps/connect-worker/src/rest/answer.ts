// Answers as Kafka's REST API gives them: JSON without a charset, errors as `{"error_code", "message"}`.
import type { FastifyReply } from 'fastify';

/** An error with a status of its own. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Statuses of the errors that a herder raises, by their codes, which cross threads. Any other is 500. */
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  BAD_REQUEST: 400,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
};

/** Sends a value as JSON. */
export function sendJson(reply: FastifyReply, status: number, value: unknown): FastifyReply {
  return reply.code(status).header('content-type', 'application/json').send(JSON.stringify(value));
}

export function sendEmpty(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).send();
}

/** Sends what went wrong. */
export function sendError(reply: FastifyReply, error: unknown): FastifyReply {
  const { message } = error as Error;
  const status = statusOf(error);
  return sendJson(reply, status, { error_code: status, message });
}

function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.status;
  const { code } = error as { readonly code?: unknown };
  return (typeof code === 'string' ? STATUS_BY_CODE[code] : undefined) ?? 500;
}
