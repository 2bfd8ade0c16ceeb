import { timingSafeEqual } from 'node:crypto';
import { requireBytes } from './size.js';

/**
 * Compares secrets in a time that depends on their lengths only; different lengths are unequal at once.
 *
 * It is `node:crypto.timingSafeEqual`, compiled code whose authors promise this. The usual loop that ORs differences
 * together is faster in JavaScript, but there nothing obliges the optimizer to keep it free of an early exit.
 */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  const length = requireBytes('what is compared', a);
  return requireBytes('what is compared', b) === length && timingSafeEqual(a, b);
}
