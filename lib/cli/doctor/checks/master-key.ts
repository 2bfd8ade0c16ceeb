import type { Check } from '../check.js';
import { ok, warn } from '../finding.js';

/** Which master keys there are, and whether a rekey was left unfinished. */
export const check: Check = {
  name: 'master key',
  needsVault: true,
  async run(subject) {
    const { masterKeys } = await subject.examination();
    const [current, ...earlier] = masterKeys;
    const files = (count = 0) => `${count} ${count === 1 ? 'file' : 'files'}`;
    return [
      ok(`${subject.layout.keyFile}: key ${current?.id} opens ${files(current?.files)}`),
      ...earlier.map((key) =>
        warn(
          `${subject.layout.keyFile}: the earlier key ${key.id} is kept, ${files(key.files)} under it: a rekey is under way, or was stopped`,
          'unless one is under way, finish it: vigocli secrets rekey',
        ),
      ),
    ];
  },
};
