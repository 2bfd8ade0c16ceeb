import type { Check } from '../check.js';
import { ok } from '../finding.js';

/** Whether the secrets that `server.yaml` refers to open and fit there. What else is wrong in it ends the doctor early. */
export const check: Check = {
  name: 'settings',
  needsVault: true,
  async run({ home, layout, settings }) {
    if (settings === undefined) return [ok(`there is no ${home.settings}, and everything has its default`)];
    const { length } = settings.refs;
    if (length === 0) return [ok(`${settings.name} is right`)];
    const { openSecretReader } = await import('../../../vault/index.js');
    const reader = await openSecretReader(layout);
    try {
      await settings.resolve(home, reader);
    } finally {
      reader.dispose();
    }
    return [
      ok(`${settings.name} is right, and so ${length === 1 ? 'is the secret' : `are the ${length} secrets`} in it`),
    ];
  },
};
