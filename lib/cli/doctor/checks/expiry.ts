import { plural } from '../../console/plural.js';
import { formatTime } from '../../console/table.js';
import type { Check } from '../check.js';
import { fail, ok, warn } from '../finding.js';

const SOON_MS = 14 * 86_400_000;

/** Secrets that should have been replaced (`--expires`), or should be within 14 days. */
export const check: Check = {
  name: 'expiry',
  needsVault: true,
  async run(subject) {
    const nowMs = subject.clock.nowMs();
    const { expiring } = await subject.examination();
    const due = expiring.filter(({ expiresMs }) => expiresMs - SOON_MS <= nowMs);
    const findings = due.map(({ name, expiresMs }) => {
      const hint = `replace it: vigocli secrets edit ${name}`;
      return expiresMs <= nowMs
        ? fail(`${name} expired ${formatTime(expiresMs)}`, hint)
        : warn(`${name} expires ${formatTime(expiresMs)}`, hint);
    });
    if (findings.length > 0) return findings;
    if (expiring.length === 0) return [ok('no secret has an expiry')];
    return [ok(`none of ${plural(expiring.length, 'secret')} with an expiry is due within 14 days`)];
  },
};
