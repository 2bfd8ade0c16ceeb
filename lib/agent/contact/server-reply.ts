import { AgentError } from '../errors.js';
import type { Reply } from './https-exchange.js';

/** What the server says of an error: the words made fit for a terminal, and the object as it came. */
export interface ReplyError {
  readonly raw: unknown;
  readonly message: string;
  readonly hint: string | undefined;
}

/** What an answer holds; undefined where it isn't JSON. */
export function jsonOf({ text }: Reply): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @throws AgentError `bad_answer` where the answer is none of a vigosrv's errors */
export function errorOf(reply: Reply): ReplyError {
  const raw = (jsonOf(reply) as { error?: { message?: unknown; hint?: unknown } } | undefined)?.error;
  const message = line(raw?.message);
  if (message === undefined) throw unexpected(reply);
  return { raw, message, hint: line(raw?.hint) };
}

export function unexpected({ status }: Reply): AgentError {
  return new AgentError('bad_answer', `the server answers with HTTP ${status}`, {
    hint: 'is this the HTTPS address of a vigosrv, usually with port 8443?',
  });
}

function line(text: unknown): string | undefined {
  return typeof text === 'string' ? text.replace(/\p{Cc}+/gu, ' ').slice(0, 300) : undefined;
}
