import type { z } from 'zod';
import { ServerError } from '../errors.js';

/** @throws ServerError `bad_request`, naming the member that is wrong. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') || 'the body';
  throw new ServerError('bad_request', `${where}: ${issue?.message.toLowerCase() ?? 'not what it should be'}`);
}
