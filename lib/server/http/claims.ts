import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyRequest } from 'fastify';
import { type Claim, claimFromJson, VigoError } from '../../base/index.js';
import { ServerError } from '../errors.js';

/** A claim as JSON: which person a program says is behind a call. */
export const CLAIM_HEADER = 'vigo-claimed-by';
const MAX_CHARS = 200;

/** The claim of the call that is being answered, wherever its work goes on. */
export class Claims {
  readonly #current = new AsyncLocalStorage<Claim | undefined>();

  get(): Claim | undefined {
    return this.#current.getStore();
  }

  /**
   * Answers a call under its claim. The caller has proved that it holds a token: a stranger's claim isn't read.
   * @throws ServerError `bad_request` for a claim that can't be one
   */
  answer(request: FastifyRequest, work: () => void): void {
    this.#current.run(readClaim(request.headers[CLAIM_HEADER]), work);
  }
}

function readClaim(header: string | readonly string[] | undefined): Claim | undefined {
  if (header === undefined) return undefined;
  try {
    if (typeof header === 'string' && header.length <= MAX_CHARS) return claimFromJson(JSON.parse(header));
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof VigoError)) throw cause;
  }
  throw new ServerError('bad_request', `the header ${CLAIM_HEADER} is not a claim`);
}
