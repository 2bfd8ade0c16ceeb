import { userInfo } from 'node:os';
import t from 'tap';
import { AgentError } from '../../../lib/agent/errors.js';
import { groupId, userId } from '../../../lib/agent/executors/accounts.js';

t.test('names and numbers of users and groups', async (t) => {
  const { username, uid, gid } = userInfo();
  t.equal(await userId(username), uid);
  t.equal(await userId(String(uid)), uid);
  t.equal(await groupId(String(gid)), gid);
  t.equal(await groupId('root'), 0);
  for (const lookUp of [userId, groupId]) {
    await t.rejects(lookUp('no-such-account'), { constructor: AgentError, code: 'refused_resource' });
    await t.rejects(lookUp('--help'), { code: 'refused_resource' });
  }
});
