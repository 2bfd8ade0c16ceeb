import type { FileProblem } from '../../../vault/index.js';
import { plural } from '../../console/plural.js';
import { KEY_MADE_AT_START } from '../../host/server-keys.js';
import type { Check } from '../check.js';
import { type Finding, fail, ok, warn } from '../finding.js';

/** Whether every file of the vault opens and stands where it belongs. */
export const check: Check = {
  name: 'vault files',
  needsVault: true,
  async run(subject) {
    const { secrets, kept, serverKeys, problems, strays, move } = await subject.examination();
    const findings = [
      ...problems.map((problem) => fail(describe(problem), problem.hint)),
      ...strays.map((path) => warn(`${path} belongs to no secret`, 'the vault holds nothing else: remove it')),
    ];
    if (move !== undefined) findings.push(stoppedMove(move));
    if (await subject.isKeyToBeMade()) {
      const key = `${subject.layout.keysDir}/${KEY_MADE_AT_START}`;
      findings.push(warn(`${key} is missing`, 'the next start of vigosrv makes it'));
    }
    if (findings.length > 0) return findings;
    const kinds = [plural(secrets, 'secret'), plural(kept, 'earlier version'), plural(serverKeys, 'server key')];
    return [ok(`all open: ${kinds.join(', ')}`)];
  },
};

/** Of several versions the message names one name only. */
function describe({ path, message }: FileProblem): string {
  return message.includes(path) ? message : `${path}: ${message}`;
}

function stoppedMove({ from, to }: { from: string; to: string }): Finding {
  return warn(
    `the move of ${from} to ${to} is under way, or was stopped`,
    'the next verb that goes through the gate ends it, like: vigocli secrets list',
  );
}
