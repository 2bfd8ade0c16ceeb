import { readSwap, type SwapArea } from '../../../files/index.js';
import type { Check } from '../check.js';
import { type Finding, ok, warn } from '../finding.js';

/** Whether the kernel may write the memory of a program to a disk in the clear. */
export const check: Check = {
  name: 'swap',
  needsVault: false,
  run: async () => judgeSwap(readSwap()),
};

export function judgeSwap(areas: readonly SwapArea[] | undefined): Finding[] {
  const hint = 'encrypt it, with a key drawn at each boot (crypttab), or do without: swapoff -a';
  if (areas === undefined) return [warn("swap can't be seen on this system", hint)];
  if (areas.length === 0) return [ok('there is no swap')];
  return areas.map(({ path, lies }) =>
    lies === 'unknown' ? warn(`${path} is not known to be encrypted`, hint) : ok(`${path} is ${lies}`),
  );
}
