import { readFileSync } from 'node:fs';
import t from 'tap';
import { BaseError } from '../../lib/base/index.js';
import { toFailure } from '../../lib/cli/console/failure.js';

function thrown(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

t.test('what is meant for people stays as it is', (t) => {
  const error = new BaseError('bad_glob', 'no glob');
  t.equal(toFailure(error), error);
  t.end();
});

t.test('what the system refuses names the path', (t) => {
  const failure = toFailure(thrown(() => readFileSync('/nowhere/at/all')));
  t.match(failure, { room: 'files', code: 'not_found', message: /\/nowhere\/at\/all/ });
  t.end();
});

t.test('the message of a defect is not told', (t) => {
  for (const error of [thrown(() => JSON.parse('CANARY')), 'CANARY']) {
    const failure = toFailure(error);
    t.match(failure, { room: 'cli', code: 'defect', message: /^vigocli itself failed: / });
    t.notMatch(`${failure.message} ${failure.hint}`, /CANARY/);
  }
  t.end();
});
