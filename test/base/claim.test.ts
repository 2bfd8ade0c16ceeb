import t from 'tap';
import { claimFromJson, claimOf, claimToJson, describeClaim } from '../../lib/base/index.js';

t.test('reads what sudo and the login session say, and nothing that they do not', async (t) => {
  t.same(claimOf('dan', '1000', 0), { sudoUser: 'dan', loginUid: 1000 });
  t.same(claimOf(undefined, '1000\n', 0), { loginUid: 1000 });
  t.same(claimOf('dan', '4294967295', 0), { sudoUser: 'dan' }, 'no login began this process');
  t.equal(claimOf(undefined, '4294967295', 0), undefined);
  t.equal(claimOf(undefined, '1000', 1000), undefined, 'the actor says as much');
  t.equal(claimOf('', '', 0), undefined);
  for (const name of ['a b', 'x\n', '\u001b[31m', 'x'.repeat(100), '-x', '"']) t.equal(claimOf(name, '', 0), undefined);
});

t.test('takes back what it wrote, and refuses anything else', async (t) => {
  for (const claim of [{ sudoUser: 'dan' }, { loginUid: 0 }, { sudoUser: 'EXAMPLE\\dan', loginUid: 1000 }]) {
    t.same(claimFromJson(claimToJson(claim)), claim);
  }
  t.equal(describeClaim({ sudoUser: 'dan', loginUid: 1000 }), 'sudo dan, login 1000');
  for (const wrong of [null, [], 'dan', {}, { sudo_user: 7 }, { login_uid: '7' }, { login_uid: 1.5 }, { other: 1 }]) {
    t.throws(() => claimFromJson(wrong), { name: 'BaseError', code: 'bad_claim' }, JSON.stringify(wrong));
  }
});
