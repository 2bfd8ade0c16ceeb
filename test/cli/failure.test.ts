import { readFileSync } from 'node:fs';
import t from 'tap';
import { BaseError } from '../../lib/base/index.js';
import { framesOf, toFailure } from '../../lib/cli/failure.js';

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

t.test('what a defect or a library says is not shown, only where it was', (t) => {
  for (const act of [() => JSON.parse('CANARY'), () => new URL('CANARY\nCANARY')]) {
    const error = thrown(act);
    t.match(String(error), /CANARY|Invalid/);
    const failure = toFailure(error);
    t.match(failure, { room: 'cli', code: 'defect' });
    const told = `${failure.message} ${failure.hint} ${framesOf(error)}`;
    t.notMatch(told, /CANARY/);
    t.match(told, /failure\.test/);
  }
  t.match(toFailure('CANARY').message, /string$/);
  t.end();
});
