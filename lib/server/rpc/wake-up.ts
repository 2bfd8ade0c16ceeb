import type { HintStream } from '../../rpc/index.js';
import { WireError } from '../../wire/index.js';
import type { WakeUps } from '../agents/wake-ups.js';
import type { AuthenticatedRequest } from './authenticate.js';

/** Holds the stream open until the envoy leaves, opens another one, or is revoked. */
export async function wakeUp(
  wakeUps: WakeUps,
  { envoy, payload }: AuthenticatedRequest,
  stream: HintStream,
): Promise<void> {
  if (payload.length > 0) throw new WireError('malformed', 'a wake-up has no payload');
  wakeUps.add(envoy.id, stream);
  try {
    await new Promise<void>((resolve) => {
      if (stream.closed.aborted) resolve();
      stream.closed.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    wakeUps.remove(envoy.id, stream);
  }
}
